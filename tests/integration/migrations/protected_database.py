"""The database as its protection is tried: which table is kept how, connections to it, and an event to write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


def tables(schema: str, names: str) -> tuple[str, ...]:
    """The named tables of the schema."""
    return tuple(f"{schema}.{name}" for name in names.split())


APPEND_ONLY = (
    *tables("audit", "checkpoints events leaves reconciliations tiles"),
    *tables("book", "activities awards campaign_figure_cuts draws journal_entries listed_members postings requests"),
    *tables("book", "roll_up_cuts statement_lines tier_credits tier_grants tier_steps"),
    *tables("registry", "activity_types campaign_steps campaign_versions member_attributes"),
    *tables("registry", "tier_ladder_versions voucher_template_versions"),
)
KEPT = (
    *tables("audit", "erasures legal_holds tree"),
    *tables(
        "book", "accounts campaign_counts campaign_grants campaign_lots campaign_reach holders holds imported_codes"
    ),
    *tables("book", "lots member_facts members payment_codes redemptions roll_ups tier_packs tier_standings"),
    *tables("book", "transfer_totals voucher_counts voucher_stocks vouchers"),
    *tables("keys", "roots subjects"),
    *tables("registry", "adjustment_limits api_keys approvals assets campaigns instance member_lists merchants"),
    *tables("registry", "partners programmes rates terminals tier_ladders voucher_templates"),
)
UNCHANGED = ("audit.bundles", "audit.parts", "audit.pending")
"""What is deleted once it has served, and never changed before."""
FREE = ("keys.branches", "registry.alembic_version")
"""Tables that no trigger keeps whole: a rule of their own or none protects them."""

TABLES = "schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('audit', 'book', 'keys', 'registry')"
EVENT = "INSERT INTO audit.events (id, resource_id, record) VALUES ($1, $2, 'x')"


@asynccontextmanager
async def connected(url: str, role: str = "scrip_app") -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection in one of the product's roles."""
    connection = await asyncpg.connect(url, server_settings={"role": role})
    try:
        yield connection
    finally:
        await connection.close()


async def owners_connection(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection in the role of the database's owner, a superuser."""
    return await asyncpg.connect(url)


async def first_column(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> str:
    """The name of the table's first column."""
    return str(
        await connection.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", table
        )
    )
