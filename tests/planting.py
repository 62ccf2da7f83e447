"""Faults planted behind the ledger's back, one at a time, for the rule of the checker that watches for it to find."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import asyncpg

from ledger.engine.check_rule import Rule
from ledger.reports.check import check_book


async def unfound(url: str, planted: Iterable[tuple[str, str]], rules: Sequence[Rule]) -> list[str]:
    """The statements of which the rule named beside them found nothing; each is undone before the next."""
    by_name, missed = {rule.name: rule for rule in rules}, []
    connection = await asyncpg.connect(url)
    try:
        for name, statement in planted:
            async with _spoilt(connection, statement):
                report = await check_book(url, book_schema="book", book_number=1, rules=[by_name[name]])
            if report.is_clean:
                missed.append(f"{name}: {statement}")
    finally:
        await connection.close()
    return missed


@asynccontextmanager
async def _spoilt(connection: "asyncpg.Connection[asyncpg.Record]", statement: str) -> AsyncIterator[None]:
    """The table that the statement changes is as it leaves it, until the end."""
    table = statement.removeprefix("DELETE ").split()[1]
    await _unwatched(connection, f"CREATE TABLE public.kept AS SELECT * FROM {table}", statement)
    yield
    restored = f"INSERT INTO {table} SELECT * FROM public.kept"
    await _unwatched(connection, f"DELETE FROM {table}", restored, "DROP TABLE public.kept")


async def _unwatched(connection: "asyncpg.Connection[asyncpg.Record]", *statements: str) -> None:
    """Without triggers and foreign keys."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)
