"""Several statements in one round trip, on a connection that the driver has opened (docs/decisions/0024).

The driver sends a statement and waits for its answer before it sends the next. A pipeline sends a batch's statements
together and reads their answers together. PostgreSQL runs them one after the other, each with a snapshot of its own,
and none after the first that fails.
"""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import asyncpg

from ledger.engine.shelf import AnyShelf
from ledger.engine.wire.catalogue import Catalogue, Encode
from ledger.engine.wire.messages import SYNC, Answers, Described, Execution, prepare
from ledger.engine.wire.row_packer import Column, UnknownTypeError
from ledger.engine.wire.row_unpacker import NOT_SO, Make, row_unpacker

Rows = list[Any]


class Statement(NamedTuple):
    """What is sent: its text and arguments, and the shelf whose rows it answers; None: it answers plain tuples."""

    sql: str
    arguments: Sequence[object] = ()
    shelf: AnyShelf | None = None


class _Prepared(NamedTuple):
    """A statement that the server has under a name."""

    execution: Execution
    encoders: Sequence[Encode]
    unpack: Callable[[list[bytes]], Rows]


class Pipeline(asyncio.Protocol):
    """One connection's. It stands between transport and driver: what answers no pipeline is the driver's."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", catalogue: Catalogue) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._names: dict[tuple[str, AnyShelf | None], bytes] = {}
        self._prepared: dict[tuple[str, AnyShelf | None], _Prepared] = {}
        self._answers: Answers | None = None
        # The driver shows neither to anybody.
        self._driver: asyncio.Protocol = connection._protocol  # type: ignore[attr-defined]  # noqa: SLF001
        self._transport: asyncio.Transport = connection._transport  # type: ignore[attr-defined]  # noqa: SLF001
        self._transport.set_protocol(self)
        self.round_trips = 0
        self.tag = b""
        """What the server said of the last statement."""

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """The rows of each statement's answer. Raises what the driver raises; nothing after the failed one has run."""
        prepared = self._known(statements)
        if prepared is None:
            prepared = await self._prepare(statements)
        messages = [
            execution.with_arguments(
                [None if a is None else encode(a) for encode, a in zip(encoders, arguments, strict=True)]
            )
            if encoders
            else execution.whole
            for (execution, encoders, _), (_, arguments, _) in zip(prepared, statements, strict=True)
        ]
        answers = await self._exchange(messages)
        return [one.unpack(rows) for one, rows in zip(prepared, answers.rows, strict=True)]

    @property
    def is_closed(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.is_closed()

    def close(self) -> None:
        """Disconnects at once; what was open is undone by the server."""
        self._connection.terminate()

    def _known(self, statements: Sequence[Statement]) -> list[_Prepared] | None:
        """As the server has them; None where it has not all of them."""
        try:
            return [self._prepared[sql, shelf] for sql, _, shelf in statements]
        except KeyError:
            return None

    async def _prepare(self, statements: Sequence[Statement]) -> list[_Prepared]:
        asked = dict.fromkeys((sql, shelf) for sql, _, shelf in statements)
        new = [one for one in asked if one not in self._prepared]
        names = [self._names.setdefault(one, b"scrip_%d" % len(self._names)) for one in new]
        answers = await self._exchange([prepare(name, sql) for name, (sql, _) in zip(names, new, strict=True)])
        for name, one, described in zip(names, new, answers.described, strict=True):
            encoders = [self._encoder(oid) for oid in described.parameters]
            shelf = one[1]
            unpack = _rows_unpacker(described, self._catalogue.required, tuple if shelf is None else shelf.make)
            self._prepared[one] = _Prepared(Execution(name, len(encoders)), encoders, unpack)
        return [self._prepared[sql, shelf] for sql, _, shelf in statements]

    def _encoder(self, oid: int) -> Encode:
        encode = self._catalogue.encoders.get(oid)
        if encode is None:
            raise UnknownTypeError(f"no form for arguments of the type {oid}")
        return encode

    async def _exchange(self, messages: list[bytes]) -> Answers:
        if self._connection.is_closed():
            raise asyncpg.InterfaceError("connection is closed")
        if self._answers is not None:
            raise asyncpg.InterfaceError("another pipeline is in flight")
        self.round_trips += 1
        answers = self._answers = Answers()
        messages.append(SYNC)
        try:
            self._transport.write(b"".join(messages))
            await answers.whole
        except BaseException as error:
            del answers  # it holds the error, whose traceback holds this frame
            if isinstance(error, asyncio.CancelledError):
                self.close()  # what is still to come would pass for the answers to something else
            raise
        finally:
            self._answers = None
        self.tag = answers.tag
        return answers

    # -- the transport's calls -----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self._answers is None:
            self._driver.data_received(data)
        else:
            self._answers.read(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        if self._answers is not None:
            self._answers.lose(exc)
        self._driver.connection_lost(exc)

    def pause_writing(self) -> None:
        """More is waiting to be sent than should be."""
        self._driver.pause_writing()

    def resume_writing(self) -> None:
        """It has been sent."""
        self._driver.resume_writing()


def _rows_unpacker(
    described: Described, required: AbstractSet[tuple[int, int]], make: Make[Any]
) -> Callable[[list[bytes]], Rows]:
    columns = [Column(type_, (table, number) in required) for table, number, type_ in described.columns]
    unpack = row_unpacker(columns, make)

    def unpack_rows(rows: list[bytes]) -> Rows:
        try:
            return list(map(unpack, rows))
        except NOT_SO:
            # A column may be NULL since the connection was opened.
            return list(map(row_unpacker([column._replace(is_required=False) for column in columns], make), rows))

    return unpack_rows
