"""Payloads as text: read once, though input, fingerprint, rules and row each ask for what is in them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

PAYLOAD_BYTES_MAX: Final = 4096
_KEPT: Final = 256


class Payload(NamedTuple):
    """A JSON object, never changed; `canonical`: with sorted names and no blanks."""

    fields: Mapping[str, Any]
    canonical: str


def read_payload(text: str) -> Payload | None:
    """What the text says; None where it is no JSON object, or longer than 4 KiB."""
    # Before it is remembered, so that nobody fills the memory with what is refused.
    return None if len(text) > PAYLOAD_BYTES_MAX else _read(text)


@lru_cache(maxsize=_KEPT)
def _read(text: str) -> Payload | None:
    try:
        read: object = orjson.loads(text)
        canonical = orjson.dumps(read, option=orjson.OPT_SORT_KEYS).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    if not isinstance(read, dict) or len(text.encode()) > PAYLOAD_BYTES_MAX:
        return None
    return Payload(read, canonical)


def payload_of(text: str) -> Payload:
    """What a text that was read before says; ValueError where it is no payload."""
    payload = read_payload(text)
    if payload is None:
        raise ValueError("no payload")
    return payload
