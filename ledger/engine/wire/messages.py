"""PostgreSQL's extended query protocol, as far as pipelines need it (its manual, 54.2.4 and 54.7)."""

import asyncio
from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

import asyncpg

from ledger.engine.wire.arrays import with_lengths

SYNC: Final = b"S\0\0\0\x04"
_EXECUTE: Final = b"E\0\0\0\x09\0\0\0\0\0"
"""All rows of the portal that was bound last."""
_BINARY: Final = b"\0\1\0\1"
"""One format for all values: the binary one."""
_HEAD: Final = Struct("!ci")
_LENGTH: Final = Struct("!i")
_COUNT: Final = Struct("!h")
_TYPE: Final = Struct("!I")
_OF_COLUMN: Final = Struct("!IhI8x")
"""What stands behind a column's name."""


class Answered(NamedTuple):
    """A column of an answer: the object id of the table that it is of and its number there, 0 for none, and its type."""

    table: int
    number: int
    type: int


class Described(NamedTuple):
    """The types of a statement's parameters, as their object ids, and the columns of its answer."""

    parameters: Sequence[int]
    columns: Sequence[Answered]


def prepare(name: bytes, sql: str) -> bytes:
    """Asks to parse a statement and to describe it, in place of what the name stood for in an attempt that failed."""
    known = b"S" + name + b"\0"
    parse = name + b"\0" + sql.encode() + b"\0\0\0"
    return _message(b"C", known) + _message(b"P", parse) + _message(b"D", known)


def _message(kind: bytes, body: bytes) -> bytes:
    return _HEAD.pack(kind, len(body) + _LENGTH.size) + body


class Execution:
    """The messages that run one prepared statement: Bind and Execute."""

    __slots__ = ("_head", "_tail", "whole")

    def __init__(self, name: bytes, parameters: int) -> None:
        self._head = b"\0" + name + b"\0" + _BINARY + _COUNT.pack(parameters)
        self._tail = _BINARY + _EXECUTE
        self.whole = self.with_arguments([]) if parameters == 0 else b""
        """The messages of a statement without parameters."""

    def with_arguments(self, packed: Sequence[bytes | None]) -> bytes:
        """The messages with these arguments; None is NULL."""
        values = with_lengths(packed)
        size = _LENGTH.size + len(self._head) + len(values) + len(_BINARY)
        return b"".join((_HEAD.pack(b"B", size), self._head, values, self._tail))


class Answers:
    """What the server answers to one pipeline, up to where it is ready for the next.

    whole:     done when it is ready; an exception where a statement failed or the connection is gone
    rows:      of each statement that was run, the rows, each without the head of its message
    tag:       what the server says of the last one that was run, as `COMMIT`
    described: of each statement that was prepared, what the server says of it
    """

    def __init__(self) -> None:
        self.whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.rows: list[list[bytes]] = []
        self.tag = b""
        self.described: list[Described] = []
        self._rows: list[bytes] = []
        self._parameters: Sequence[int] = ()
        self._failure: Exception | None = None
        self._rest = b""

    def read(self, data: bytes) -> None:
        """Takes in what came; messages may come in pieces."""
        if self._rest:
            data = self._rest + data
        at, length = 0, len(data)
        while at + _HEAD.size <= length:
            kind, size = _HEAD.unpack_from(data, at)
            if size < _LENGTH.size:
                raise asyncpg.InternalClientError("no message of PostgreSQL's")
            end = at + 1 + size
            if end > length:
                break
            if kind == b"D":
                self._rows.append(data[at + _HEAD.size : end])
            elif kind == b"C":
                self.rows.append(self._rows)
                self._rows = []
                self.tag = data[at + _HEAD.size : end - 1]
            elif kind != b"2":  # that it is bound says nothing
                self._take(kind, data[at + _HEAD.size : end])
            at = end
        self._rest = data[at:]

    def lose(self, why: Exception | None) -> None:
        """Nothing more will come."""
        if not self.whole.done():
            gone = asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
            gone.__cause__ = self._failure or why
            self.whole.set_exception(gone)

    def _take(self, kind: bytes, body: bytes) -> None:
        match kind:
            case b"t":
                self._parameters = [oid for (oid,) in _TYPE.iter_unpack(body[_COUNT.size :])]
            case b"T":
                self.described.append(Described(self._parameters, _columns(body)))
            case b"n":
                self.described.append(Described(self._parameters, ()))
            case b"E":
                self._failure = asyncpg.PostgresError.new(_fields(body))
            case b"Z":
                self._end()

    def _end(self) -> None:
        if self.whole.done():
            return  # nobody waits any more
        if self._failure is None:
            self.whole.set_result(None)
        else:
            self.whole.set_exception(self._failure)


def _columns(body: bytes) -> list[Answered]:
    columns: list[Answered] = []
    at = _COUNT.size
    while at < len(body):
        at = body.index(b"\0", at) + 1
        columns.append(Answered._make(_OF_COLUMN.unpack_from(body, at)))
        at += _OF_COLUMN.size
    return columns


def _fields(body: bytes) -> dict[str, str]:
    """What an error says, by the letter of each field."""
    texts = (field.decode(errors="replace") for field in body.split(b"\0") if field)
    return {text[0]: text[1:] for text in texts}
