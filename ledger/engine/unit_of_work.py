"""Transactions: the only module that begins and commits. Batches run in one; registry changes are plain units of work.

Both tell the audit in their own transaction: a batch in its write statement, a unit of work in its last one.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ledger.engine.command import Actor
from ledger.engine.database import Database
from ledger.engine.ids import IdSource
from ledger.engine.ports import Event, EventSink
from ledger.engine.reader import NOW, Query, Record, instant_in


class Tx:
    """The transactions of one connection, one after the other; statements are prepared once per connection.

    A commit opens the next one in the same round trip (docs/decisions/0021). Until its first statement that one has no
    snapshot, no id and no lock, so it keeps nobody from anything; the writer ends it where nothing comes.
    """

    __slots__ = ("_connection", "_prepared", "is_open", "round_trips")

    def __init__(self, connection: "asyncpg.Connection[Record]") -> None:
        self._connection = connection
        self._prepared: dict[str, asyncpg.prepared_stmt.PreparedStatement[Record]] = {}
        self.is_open = False
        self.round_trips = 0

    async def run(self, sql: str, *arguments: object) -> Sequence[Record]:
        """Runs one prepared statement and returns its rows."""
        statement = self._prepared.get(sql)
        if statement is None:
            statement = self._prepared[sql] = await self._connection.prepare(sql)
            self.round_trips += 1
        self.round_trips += 1
        return await statement.fetch(*arguments)

    async def begin(self) -> None:
        """Opens the transaction, where the last commit did not."""
        if not self.is_open:
            self.round_trips += 1
            await self._connection.execute("BEGIN")
            self.is_open = True

    async def commit(self) -> None:
        """Makes it durable and opens the next. An error here leaves the outcome unknown until asked by key."""
        self.is_open = False
        self.round_trips += 1
        await self._connection.execute("COMMIT AND CHAIN")
        self.is_open = True

    async def rollback(self) -> None:
        """Undoes it; silent where the connection is gone, since the server then does so itself."""
        self.is_open = False
        if not self._connection.is_closed():
            self.round_trips += 1
            await self._connection.execute("ROLLBACK")


class Work:
    """A registry change being made: statements and the events that tell of them."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[Record]", book_schema: str, ids: IdSource) -> None:
        self._connection = connection
        self._book_schema = book_schema
        self.ids = ids
        self.events: list[Event] = []

    async def run(self, query: Query, parameters: dict[str, Any] | None = None) -> Sequence[Record]:
        """Runs one Core statement with its parameters and returns its rows."""
        text, names = query.compiled(self._book_schema)
        given = parameters or {}
        return await self._connection.fetch(text, *(given[name] for name in names))

    async def now(self) -> datetime:
        """The ledger's instant (semantics 10)."""
        return instant_in(await self.run(NOW))

    def emit(self, event: Event) -> None:
        """Adds an audit event; a registry row without one cannot be committed."""
        self.events.append(event)


class _PlainTx:
    """The sink's view of a unit of work."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[Record]") -> None:
        self._connection = connection

    async def run(self, sql: str, *arguments: object) -> Sequence[Record]:
        return await self._connection.fetch(sql, *arguments)


class UnitsOfWork:
    """Opens units of work for what does not move value: merchants, programmes, keys, payment codes, recorded reads."""

    def __init__(self, database: Database, sink: EventSink, ids: IdSource) -> None:
        self._database = database
        self._sink = sink
        self._ids = ids

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """A transaction that commits at the end of the block, with its events, and is undone by any exception."""
        async with self._database.pool.acquire() as connection, connection.transaction():
            self._ids.tick()
            work = Work(connection, self._database.book_schema, self._ids)
            yield work
            await self._sink.append(_PlainTx(connection), work.events)


def event_for(
    work: Work,
    actor: Actor,
    kind: str,
    *,
    at: datetime,
    resource_id: UUID | None = None,
    subject_id: UUID | None = None,
) -> Event:
    """An accepted event of what `actor` did in its programme, which changed no row that has versions."""
    return Event(
        id=work.ids.new(),
        at=at,
        type=kind,
        accepted=True,
        code=None,
        actor=actor.client,
        client=actor.client,
        resource_id=resource_id,
        subject_id=subject_id,
        streams=(),
        request_id=None,
        facts={},
        programme_id=actor.programme_id,
    )
