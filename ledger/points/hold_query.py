"""Holds of a wallet: those that stand and those that ended, true at the instant of the read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.engine.reader import PAGE_ROWS_MAX, Reader
from ledger.engine.sql_query import SqlQuery
from ledger.points.wallet import wallet_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A hold. state: open, captured, released or lapsed; at its deadline it is lapsed, whether an entry says so or not.

    ended_at: when it ended, for one that lapsed its deadline · ended_by: the entry that says so, None before there is one
    """

    id: UUID
    member_id: UUID
    asset_id: UUID
    amount: int
    captured: int
    deadline: datetime
    state: str
    merchant_id: UUID | None
    opened_at: datetime
    ended_by: UUID | None
    ended_at: datetime | None


_COLUMNS = """
    SELECT h.id, a.holder_id AS member_id, a.asset_id, h.amount, h.captured, h.deadline,
           CASE WHEN h.state = 'open' AND h.deadline <= i.now THEN 'lapsed' ELSE h.state END AS state, h.merchant_id,
           opened.effective_at AS opened_at, ended.id AS ended_by,
           coalesce(ended.effective_at, CASE WHEN h.deadline <= i.now THEN h.deadline END) AS ended_at
    FROM {now} i
    CROSS JOIN {book}.holds h
    JOIN {book}.accounts a ON a.id = h.account_id AND a.programme_id = CAST(:programme_id AS uuid)
    JOIN {book}.journal_entries opened ON opened.id = h.id
    LEFT JOIN {book}.journal_entries ended
        ON ended.original_entry_id = h.id AND ended.kind IN ('capture', 'release', 'lapse')
    WHERE """
_OF_WALLET = SqlQuery(
    _COLUMNS
    + """ h.account_id = CAST(:account_id AS uuid) AND h.id < CAST(:before AS uuid)
    ORDER BY h.id DESC LIMIT CAST(:rows_max AS bigint)
    """
)
_BY_ID = SqlQuery(_COLUMNS + " h.id = CAST(:id AS uuid)")
_LAST = UUID(int=2**128 - 1)


async def holds_of_wallet(
    reader: Reader, programme_id: UUID, member_id: UUID, asset_id: UUID, *, first: int, before: UUID | None = None
) -> list[HoldView]:
    """The wallet's holds, newest first, at most `first` (up to 101), older than the hold `before`."""
    rows = await reader.rows(
        _OF_WALLET,
        {
            "programme_id": programme_id,
            "account_id": wallet_ids(member_id, asset_id).wallet,
            "before": before or _LAST,
            "rows_max": min(max(first, 1), PAGE_ROWS_MAX),
        },
    )
    return [HoldView(**dict(row)) for row in rows]


async def hold_by_id(reader: Reader, programme_id: UUID, hold_id: UUID) -> HoldView | None:
    """The programme's hold; None where it has none of that id."""
    row = await reader.row(_BY_ID, {"programme_id": programme_id, "id": hold_id})
    return None if row is None else HoldView(**dict(row))
