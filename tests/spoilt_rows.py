"""One row changed behind the ledger's back, for a rule of the checker to find, and then as it was again.

`planting.py` plants whole statements; here it is the row that matters, also in a table with columns that are computed.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from ledger.engine.check_rule import Rule
from ledger.reports.check import check_book


async def rules_that_find(
    url: str, rules: Sequence[Rule], *, table: str, row: UUID, change: Mapping[str, str]
) -> list[str]:
    """The names of the rules that name the row while its columns hold the values of these SQL expressions."""
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    try:
        kept = await connection.fetchrow(f"SELECT {', '.join(change)} FROM {table} WHERE id = $1", row)
        assert kept is not None
        told = ", ".join(f"{column} = {value}" for column, value in change.items())
        assert await connection.execute(f"UPDATE {table} SET {told} WHERE id = $1", row) == "UPDATE 1"
        report = await check_book(url, book_schema="book", book_number=1, rules=rules)
        restored = ", ".join(f"{column} = ${number}" for number, column in enumerate(change, 2))
        await connection.execute(f"UPDATE {table} SET {restored} WHERE id = $1", row, *kept)
    finally:
        await connection.close()
    return [each.rule.name for each in report.rules if str(row) in {found.subject for found in each.differences}]
