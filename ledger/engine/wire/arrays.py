"""Arrays of one dimension in PostgreSQL's binary form: the ids, bytes, texts and numbers that statements take.

A spend sends six of them (its lock, what it reads, its request, its event): 1.27 µs by the driver, which asks of every
element whether it is an array itself, and 0.45 by these functions.
"""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from struct import Struct
from typing import Final
from uuid import UUID

_BYTEA: Final = 17
_SMALLINT: Final = 21
_TEXT: Final = 25
_UUID: Final = 2950
_HEAD: Final = Struct("!iiIii")
_SHAPE: Final = Struct("!iiI")
_LENGTH: Final = Struct("!i")
_SHORT: Final = Struct("!ih")
_NULL: Final = _LENGTH.pack(-1)
_UUID_LENGTH: Final = _LENGTH.pack(16)


def array_head(element: int, count: int) -> bytes:
    """What stands before so many elements, of the type with that object id."""
    return _HEAD.pack(1, 0, element, count, 1)


def encode_uuids(ids: Collection[UUID | None]) -> bytes:
    """uuid[]; None is NULL."""
    head = array_head(_UUID, len(ids))
    if not ids:
        return head
    try:
        # Each id stands behind its length, which is the same for all.
        return head + _UUID_LENGTH + _UUID_LENGTH.join([one.bytes for one in ids])  # type: ignore[union-attr]
    except AttributeError:
        return head + b"".join([_NULL if one is None else _UUID_LENGTH + one.bytes for one in ids])


def encode_bytes(values: Collection[bytes | None]) -> bytes:
    """bytea[]; None is NULL."""
    return array_head(_BYTEA, len(values)) + with_lengths(values)


def encode_texts(values: Collection[str | None]) -> bytes:
    """text[]; None is NULL."""
    return array_head(_TEXT, len(values)) + with_lengths(None if value is None else value.encode() for value in values)


def encode_smallints(values: Collection[int]) -> bytes:
    """smallint[]."""
    return array_head(_SMALLINT, len(values)) + b"".join([_SHORT.pack(2, value) for value in values])


def decode_texts(data: bytes) -> list[str | None]:
    """Of text[]."""
    return [None if value is None else value.decode() for value in _elements(data)]


def decode_networks(data: bytes) -> list[IPv4Network | IPv6Network | None]:
    """Of cidr[]. A network is its family, its prefix, that it is one, the length of its address, and the address."""
    return [None if value is None else ip_network((value[4:], value[1])) for value in _elements(data)]


def with_lengths(values: Iterable[bytes | None]) -> bytes:
    """Each value behind its length; NULL is the length -1."""
    parts: list[bytes] = []
    for value in values:
        parts += (_NULL,) if value is None else (_LENGTH.pack(len(value)), value)
    return b"".join(parts)


def _elements(data: bytes) -> list[bytes | None]:
    """ValueError for an array of more dimensions."""
    dimensions, _, _ = _SHAPE.unpack_from(data)
    if dimensions > 1:
        raise ValueError(f"an array of {dimensions} dimensions")
    values: list[bytes | None] = []
    at = _HEAD.size
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        values.append(None if length < 0 else data[at : at + length])
        at += max(length, 0)
    return values
