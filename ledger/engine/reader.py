"""Reading: queries built with Core, compiled once, run unlocked on the readers' pool."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import asyncpg
from sqlalchemy import select
from sqlalchemy.sql.elements import ClauseElement

from ledger.engine.shelf import Asked
from ledger.engine.statements import Compiled, compile_statement, instant_now

Record = asyncpg.Record
PAGE_ROWS_MAX: Final = 101
"""The most rows that a page reads: the 100 that it shows, and one that tells whether others follow."""
_Waiting = dict[Asked, list["asyncio.Future[Sequence[Record]]"]]


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
        self._waiting: dict[Query, _Waiting] = {}
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

    async def look_up(self, query: Query, value: Asked) -> Record | None:
        """The first row of `look_up_rows`, or None."""
        rows = await self.look_up_rows(query, value)
        return rows[0] if rows else None

    def look_up_rows(self, query: Query, value: Asked) -> Awaitable[Sequence[Record]]:
        """The rows whose first column is `value`, in the query's order. Look-ups of one moment share one statement.

        The query's one parameter `asked` is the array of the values.
        """
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(query)
        if waiting is None:
            waiting = self._waiting[query] = {}
            loop.call_soon(self._start, query)
        found: asyncio.Future[Sequence[Record]] = loop.create_future()
        waiting.setdefault(value, []).append(found)
        return found

    async def look_up_all(self, query: Query, values: Sequence[Asked]) -> list[Record | None]:
        """`look_up` for each of the values, by the same one statement."""
        found = await asyncio.gather(*[self.look_up_rows(query, value) for value in values])
        return [rows[0] if rows else None for rows in found]

    def _start(self, query: Query) -> None:
        """Whoever was woken in this pass of the loop has asked by now."""
        task = asyncio.create_task(self._answer(query, self._waiting.pop(query)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, query: Query, waiting: _Waiting) -> None:
        try:
            rows = await self.rows(query, {"asked": list(waiting)})
        except Exception as error:  # noqa: BLE001 - handed to everybody who asked
            for _, found in _who_waits(waiting):
                found.set_exception(error)
            return
        by_value = defaultdict[Asked, list[Record]](list)
        for row in rows:
            by_value[row[0]].append(row)
        for value, found in _who_waits(waiting):
            found.set_result(by_value[value])

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator["Snapshot"]:
        """Several queries at one instant: a read-only REPEATABLE READ transaction."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Snapshot(connection, self.book_schema)


def _who_waits(waiting: _Waiting) -> "Iterator[tuple[Asked, asyncio.Future[Sequence[Record]]]]":
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
