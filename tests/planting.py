"""Faults planted behind the ledger's back, one at a time, for the rules of the checker to find; afterwards nothing of them is
left, because each stays within a transaction that is undone.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from ledger.engine.check_rule import Rule
from ledger.engine.reader import Snapshot
from ledger.reports.check import differences_of


async def unfound(url: str, planted: Iterable[tuple[str, str]], rules: Sequence[Rule]) -> list[str]:
    """The statements of which the rule named beside them found nothing."""
    by_name, missed = {rule.name: rule for rule in rules}, []
    for name, statement in planted:
        async with _spoilt(url, statement) as snapshot:
            if not await _subjects(by_name[name], snapshot):
                missed.append(f"{name}: {statement}")
    return missed


async def rules_that_find(
    url: str, rules: Sequence[Rule], *, table: str, row: UUID, change: Mapping[str, str]
) -> list[str]:
    """The names of the rules that name the row while its columns hold the values of these SQL expressions."""
    told = ", ".join(f"{column} = {value}" for column, value in change.items())
    async with _spoilt(url, f"UPDATE {table} SET {told} WHERE id = '{row}'") as snapshot:
        return [rule.name for rule in rules if str(row) in await _subjects(rule, snapshot)]


async def _subjects(rule: Rule, snapshot: Snapshot) -> set[str]:
    return {difference.subject async for difference in differences_of(rule, snapshot, 1)}


@asynccontextmanager
async def _spoilt(url: str, statement: str) -> AsyncIterator[Snapshot]:
    """The book as the statement leaves it, without triggers and foreign keys; until the end."""
    unwatched = {"session_replication_role": "replica"}
    async with (
        asyncpg.create_pool(url, min_size=1, max_size=1, server_settings=unwatched) as pool,
        pool.acquire() as here,
    ):
        spoiling = here.transaction()
        await spoiling.start()
        assert not (await here.execute(statement)).endswith(" 0"), statement
        yield Snapshot(here, "book")
        await spoiling.rollback()
