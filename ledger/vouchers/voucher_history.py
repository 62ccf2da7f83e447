"""What happened to one voucher: the entries that brought, took or gave back something of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.engine.reader import PAGE_ROWS_MAX, Reader
from ledger.engine.sql_query import SqlQuery


class VoucherEvent(NamedTuple):
    """What one entry did to a voucher: `units` came or, negative, went. `version` is its place in the history."""

    entry_id: UUID
    kind: str
    effective_at: datetime
    posted_at: datetime
    units: int
    merchant_id: UUID | None
    version: int


# The account's statement lines lead to the entries, so that no index on the draws of a lot is needed.
_HISTORY = SqlQuery(
    """
    SELECT e.id, e.kind, e.effective_at, e.posted_at, moved.units, e.merchant_id, line.version
    FROM {book}.vouchers v
    JOIN {book}.statement_lines line ON line.account_id = v.account_id AND line.version > CAST(:after AS bigint)
    JOIN {book}.journal_entries e ON e.id = line.entry_id
    CROSS JOIN LATERAL (
        SELECT sum(units)::bigint AS units FROM (
            SELECT CASE d.kind WHEN 'take' THEN -d.amount ELSE d.amount END AS units
            FROM {book}.draws d WHERE d.entry_id = e.id AND d.lot_id = v.lot_id
            UNION ALL SELECT v.units WHERE e.id = v.entry_id) parts) moved
    WHERE v.id = CAST(:voucher_id AS uuid) AND v.programme_id = CAST(:programme_id AS uuid) AND moved.units IS NOT NULL
    ORDER BY line.version LIMIT CAST(:rows_max AS bigint)
    """
)


async def voucher_history(
    reader: Reader, programme_id: UUID, voucher_id: UUID, *, first: int, after: int = 0
) -> Sequence[VoucherEvent]:
    """The entries that touched the voucher, oldest first, at most `first` (up to 101), after the version `after`."""
    asked = {
        "programme_id": programme_id,
        "voucher_id": voucher_id,
        "rows_max": min(max(first, 1), PAGE_ROWS_MAX),
        "after": after,
    }
    return [VoucherEvent(*row) for row in await reader.rows(_HISTORY, asked)]
