"""Transactions: the only module that begins and commits. Batches run in one; registry changes are plain units of work.

Both tell the audit in their own transaction: a batch in its write statement, a unit of work in its last one. Batches
share the present; whoever changes what instants decide has it alone (docs/decisions/0027).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.units import InvariantViolated
from ledger.engine.command import Actor
from ledger.engine.database import Database
from ledger.engine.ids import IdSource
from ledger.engine.ports import Event, EventSink
from ledger.engine.reader import NOW, Query, Record, instant_in
from ledger.engine.sql_query import SqlQuery
from ledger.engine.wire.pipeline import Pipeline, Rows, Statement

PRESENT_LOCK = 0x5C21_9005
"""Key of the advisory lock that is the present; any fixed number that nothing else in the database uses."""
_BEGIN = Statement("BEGIN")
_SHARE_PRESENT = Statement(f"SELECT pg_advisory_xact_lock_shared({PRESENT_LOCK}) IS NULL")
# Meanwhile every batch waits, also for a process that stands still.
_WAIT_BRIEFLY = SqlQuery(
    "SELECT set_config('lock_timeout', '2s', true), set_config('idle_in_transaction_session_timeout', '2s', true)"
)
_TAKE_PRESENT = SqlQuery(f"SELECT pg_advisory_xact_lock({PRESENT_LOCK})")
_COMMIT = Statement("COMMIT")
_ROLLBACK = Statement("ROLLBACK")


class Tx:
    """The transactions of one connection, one after the other; each call is one round trip."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def begin(self, statements: Sequence[Statement]) -> list[Rows]:
        """Opens a transaction that shares the present and runs these in it; the rows of each."""
        return (await self._pipeline.run([_BEGIN, _SHARE_PRESENT, *statements]))[2:]

    async def ask(self, statements: Sequence[Statement]) -> list[Rows]:
        """Runs these in the transaction; the rows of each."""
        return await self._pipeline.run(statements)

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Runs these and makes everything durable, or nothing where one fails. An error of the connection leaves the
        outcome unknown until asked by key.
        """
        await self._pipeline.run([*statements, _COMMIT])
        if self._pipeline.tag != b"COMMIT":
            raise InvariantViolated("a transaction that was undone by its commit")

    async def rollback(self) -> None:
        """Undoes it; silent where the connection is gone, since the server then does so itself."""
        if not self._pipeline.is_closed:
            await self._pipeline.run([_ROLLBACK])


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

    async def take_present(self) -> datetime:
        """The ledger's instant, later than that of every batch before it; the next one begins after this is committed.

        To be taken before any lock: batches share it before theirs. LockNotAvailableError where they, or what is locked
        afterwards, take longer than two seconds; whoever does nothing for as long loses the connection.
        """
        await self.run(_WAIT_BRIEFLY)
        await self.run(_TAKE_PRESENT)
        return await self.now()

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
