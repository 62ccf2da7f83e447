"""Every account's balance on one snapshot, for whoever compares the ledger with something else."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from ledger.engine.reader import Snapshot
from ledger.engine.sql_query import SqlQuery

_BALANCES = SqlQuery(
    """
    WITH moved AS (
        SELECT account_id, sum(amount)::bigint AS posted FROM (
            SELECT destination_id AS account_id, sum(amount) AS amount FROM {book}.postings GROUP BY 1
            UNION ALL
            SELECT source_id, -sum(amount) FROM {book}.postings GROUP BY 1) sides
        GROUP BY account_id
    )
    SELECT a.id, a.floor IS NOT NULL OR a.ceiling IS NOT NULL AS is_guarded, a.version,
           CASE WHEN a.floor IS NULL AND a.ceiling IS NULL THEN coalesce(moved.posted, 0) ELSE a.posted END AS posted,
           a.held
    FROM {book}.accounts a LEFT JOIN moved ON moved.account_id = a.id
    WHERE a.version > 0 OR moved.posted IS NOT NULL
    """
)


class AccountBalance(NamedTuple):
    """An account's row; an open account's balance is the sum of all its postings, not of its roll-up."""

    id: UUID
    is_guarded: bool
    version: int
    posted: int
    held: int


async def account_balances(snapshot: Snapshot) -> AsyncIterator[AccountBalance]:
    """Every account that has ever moved, one by one."""
    async for row in snapshot.stream(_BALANCES, {}):
        yield AccountBalance(*row)
