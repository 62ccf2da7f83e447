"""Comparing the audit log with the ledger, on one snapshot of both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from audit.progress import Progress, unwatched
from audit.reconcile import Connection, LedgerBalance, LedgerBalances, Reconciliation, reconcile
from graphql_api.audit_log.desk import AUDITOR_ROLE
from ledger.engine.database import Database
from ledger.engine.reader import Snapshot
from ledger.reports.balances import account_balances

# Whole tables are sorted, and joined as the checker's are (ledger/reports/check.py).
_SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off"


async def reconcile_log(url: str, *, book_schema: str, on_progress: Progress = unwatched) -> Reconciliation:
    """Reads the log and the book from end to end and compares them; records nothing."""
    async with auditing(url, book_schema=book_schema) as connection:
        await connection.execute(_SETTINGS)
        return await reconcile(connection, balances_of(book_schema), on_progress)


@asynccontextmanager
async def auditing(url: str, *, book_schema: str) -> "AsyncIterator[PoolConnectionProxy[asyncpg.Record]]":
    """A snapshot of everything, in the auditor's role."""
    database = Database(url, book_schema=book_schema, pool_size=1, role=AUDITOR_ROLE, answer_s=None)
    await database.open()
    try:
        async with (
            database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection
    finally:
        await database.close()


def balances_of(book_schema: str) -> LedgerBalances:
    """How the balances of that book are read."""

    async def balances(connection: Connection) -> AsyncIterator[LedgerBalance]:
        async for account in account_balances(Snapshot(connection, book_schema)):
            yield LedgerBalance(str(account.id), account.is_guarded, account.version, account.posted, account.held)

    return balances
