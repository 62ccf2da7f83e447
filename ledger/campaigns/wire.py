"""Messages of Protocol Buffers, read field by field: so much of the wire format as a compiled condition needs.

https://protobuf.dev/programming-guides/encoding; what is read was written by the library in this process.
"""

from collections.abc import Iterator, Sequence
from typing import Final

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5
_WIDTHS: Final = {_I64: 8, _I32: 4}


class Message:
    """The fields of a message, in their order."""

    __slots__ = ("_fields",)

    def __init__(self, text: bytes) -> None:
        self._fields = list(_read(text))

    def number(self, field: int) -> int:
        """A whole number; 0 where the field is absent."""
        return next((value for name, value in self._fields if name == field and isinstance(value, int)), 0)

    def text(self, field: int) -> str | None:
        """A text; None where the field is absent."""
        found = self._bytes(field)
        return found[0].decode() if found else None

    def part(self, field: int) -> "Message":
        """The message in the field; an empty one where it is absent."""
        return next(iter(self.parts(field)), Message(b""))

    def parts(self, field: int) -> Sequence["Message"]:
        """Each message of a repeated field."""
        return [Message(text) for text in self._bytes(field)]

    def _bytes(self, field: int) -> list[bytes]:
        return [value for name, value in self._fields if name == field and isinstance(value, bytes)]


def _read(text: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field's number and value."""
    place = 0
    while place < len(text):
        tag, place = _varint(text, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(text, place)
            yield tag >> 3, value
            continue
        length, place = (_WIDTHS[kind], place) if kind in _WIDTHS else _varint(text, place)
        yield tag >> 3, text[place : place + length]
        place += length


def _varint(text: bytes, place: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; and where it ends."""
    value, shift = 0, 0
    while text[place] & 0x80:
        value |= (text[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
    return value | text[place] << shift, place + 1
