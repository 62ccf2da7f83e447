"""Reading: queries built with Core, compiled once, run unlocked on the readers' pool."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import select
from sqlalchemy.sql.elements import ClauseElement

from ledger.engine.shelf import Asked
from ledger.engine.statements import Compiled, compile_statement, instant_now

Record = asyncpg.Record
PAGE_ROWS_MAX: Final = 101
"""The most rows that a page reads: the 100 that it shows, and one that tells whether others follow."""
_Waiting = dict[Asked, list["asyncio.Future[Any]"]]
_Answers = Callable[[Sequence[Record]], Callable[[Asked], Any]]


class Query:
    """A Core statement with named parameters; its text is compiled once per book schema."""

    __slots__ = ("_compiled", "statement")

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, book_schema: str) -> Compiled:
        """Text and parameter order for the schema."""
        found = self._compiled.get(book_schema)
        if found is None:
            found = self._compiled[book_schema] = compile_statement(self.statement, book_schema)
        return found


NOW = Query(select(instant_now()))
"""The ledger's instant (semantics 10), in one row."""


class Reader:
    """Runs queries on a pool of its own; never inside a write transaction.

    standing_version: of the standing rows, as the last batch of this process found it; looks that are derived from
                      those rows may be kept as long as it stays
    """

    def __init__(self, pool: "asyncpg.Pool[Record]", book_schema: str) -> None:
        self._pool = pool
        self.book_schema = book_schema
        self.standing_version = -1
        self._waiting: dict[tuple[Query, UUID | None], _Waiting] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Record]:
        """Every row of the query; a query without a limit of its own does not belong here."""
        text, names = query.compiled(self.book_schema)
        async with self._pool.acquire() as connection:
            return await connection.fetch(text, *(parameters[name] for name in names))

    async def row(self, query: Query, parameters: Mapping[str, Any]) -> Record | None:
        """The first row, or None."""
        rows = await self.rows(query, parameters)
        return rows[0] if rows else None

    async def now(self) -> datetime:
        """The ledger's instant (semantics 10)."""
        return instant_in(await self.rows(NOW, {}))

    def look_up(self, query: Query, value: Asked, *, programme_id: UUID | None = None) -> Awaitable[Record | None]:
        """The row whose first column is `value`, or None. Look-ups of one moment share one statement.

        The query's parameters are the array `asked` of the values and, where it asks of one programme, `programme_id`.
        """
        return self._ask(query, value, programme_id, _row_of_each)

    def look_up_rows(self, query: Query, value: Asked, *, programme_id: UUID) -> Awaitable[Sequence[Record]]:
        """The same where there may be several, in the query's order."""
        return self._ask(query, value, programme_id, _rows_of_each)

    async def look_up_all(self, query: Query, values: Sequence[Asked]) -> list[Record | None]:
        """`look_up` for each of the values, by the same one statement."""
        return await asyncio.gather(*[self.look_up(query, value) for value in values])

    def _ask(self, query: Query, value: Asked, programme_id: UUID | None, answers: _Answers) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get((query, programme_id))
        if waiting is None:
            waiting = self._waiting[query, programme_id] = {}
            loop.call_soon(self._start, query, programme_id, answers)
        found: asyncio.Future[Any] = loop.create_future()
        waiting.setdefault(value, []).append(found)
        return found

    def _start(self, query: Query, programme_id: UUID | None, answers: _Answers) -> None:
        """Whoever was woken in this pass of the loop has asked by now."""
        waiting = self._waiting.pop((query, programme_id))
        task = asyncio.create_task(self._answer(query, programme_id, answers, waiting))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, query: Query, programme_id: UUID | None, answers: _Answers, waiting: _Waiting) -> None:
        try:
            answer_to = answers(await self.rows(query, {"asked": list(waiting), "programme_id": programme_id}))
        except Exception as error:  # noqa: BLE001 - handed to everybody who asked
            for _, found in _who_waits(waiting):
                found.set_exception(error)
            return
        for value, found in _who_waits(waiting):
            found.set_result(answer_to(value))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["Snapshot"]:
        """Several queries at one instant: a read-only REPEATABLE READ transaction."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Snapshot(connection, self.book_schema)


def _row_of_each(rows: Sequence[Record]) -> Callable[[Asked], Record | None]:
    return {row[0]: row for row in rows}.get


def _rows_of_each(rows: Sequence[Record]) -> Callable[[Asked], Sequence[Record]]:
    found = defaultdict[Asked, list[Record]](list)
    for row in rows:
        found[row[0]].append(row)
    return found.__getitem__


def _who_waits(waiting: _Waiting) -> "Iterator[tuple[Asked, asyncio.Future[Any]]]":
    """Everybody who asked and has not given up."""
    return ((value, found) for value, asked in waiting.items() for found in asked if not found.done())


class Snapshot:
    """Queries in one read-only transaction; `stream` keeps memory flat."""

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[Record]", book_schema: str) -> None:
        self._connection = connection
        self._book_schema = book_schema

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Record]:
        """Every row of the query."""
        text, names = query.compiled(self._book_schema)
        return await self._connection.fetch(text, *(parameters[name] for name in names))

    async def now(self) -> datetime:
        """The ledger's instant (semantics 10)."""
        return instant_in(await self.rows(NOW, {}))

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Whatever fails in the block, what is asked after it still sees the same instant."""
        async with self._connection.transaction():
            yield

    async def stream(self, query: Query, parameters: Mapping[str, Any]) -> AsyncIterator[Record]:
        """The rows one by one from a cursor."""
        text, names = query.compiled(self._book_schema)
        async for record in self._connection.cursor(text, *(parameters[name] for name in names), prefetch=1000):
            yield record


def instant_in(rows: Sequence[Record]) -> datetime:
    """What `NOW` found."""
    now: datetime = rows[0][0]
    return now
