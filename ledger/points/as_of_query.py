"""The balance at an effective time T as known at a posted time K (semantics 2.5).

What counts are the entries with effective ≤ T and posted ≤ K. What had died or activated by T counts as such though its
entry came after K: due events are facts at their instants (semantics 2.2).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ledger.book.units import NEVER
from ledger.engine.reader import Reader, Record, Snapshot
from ledger.engine.sql_query import SqlQuery
from ledger.points.as_of_entries import Holdings, Terms, earlier_holdings, projected_holdings
from ledger.points.settled import settled_at
from ledger.points.wallet import WalletIds, wallet_ids
from ledger.points.wallet_query import view_of
from ledger.programme.expiry import parse_expiry

WRITE_TIME_MAX = timedelta(minutes=5)
"""A batch is at most ten statements of thirty seconds (`engine/database.py`): so late may an entry become visible after
its posted time."""

_LAST = NEVER - timedelta(microseconds=1)
"""The last instant there is: what never dies does not die at NEVER either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceAsOf:
    """balance = posted + matured - overdue. `is_final`: no entry to come can change it.

    An answer is final where K lies before everything that is still being written, or where T lies in a closed period
    (which closes only after everything due in it was posted). Without K and inside the open period, a backdated earn or
    refund may still come; and what K says of a later T, it says by the terms of an inactivity asset as they are today.
    """

    effective_at: datetime
    known_at: datetime | None
    posted: int
    matured: int
    overdue: int
    balance: int
    held: int
    pending: int
    owed: int
    is_final: bool


_TERMS = SqlQuery(
    """
    SELECT p.time_zone, p.open_from, a.expiry,
           (SELECT max(newest.posted_at) FROM {book}.accounts mine
            CROSS JOIN LATERAL (SELECT e.posted_at FROM {book}.statement_lines line
                                JOIN {book}.journal_entries e ON e.id = line.entry_id
                                WHERE line.account_id = mine.id AND e.kind NOT IN ('freeze', 'unfreeze')
                                ORDER BY line.version DESC LIMIT 1) newest
            WHERE mine.id IN (w.id, CAST(:pending AS uuid), CAST(:owed AS uuid))) AS newest_at,
           clock_timestamp() + i.clock_offset_us * interval '1 microsecond' AS now,
           CASE WHEN EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()))
                THEN transaction_timestamp() - CAST(:write_time_max AS interval) ELSE transaction_timestamp() END
               + i.clock_offset_us * interval '1 microsecond' AS settled_until
    FROM registry.instance i
    CROSS JOIN {book}.accounts w
    JOIN registry.assets a ON a.id = w.asset_id
    JOIN registry.programmes p ON p.id = w.programme_id
    WHERE w.id = CAST(:wallet AS uuid) AND w.programme_id = CAST(:programme_id AS uuid)
    """
)


async def balance_as_of(
    reader: Reader,
    programme_id: UUID,
    member_id: UUID,
    asset_id: UUID,
    *,
    effective_at: datetime | None = None,
    known_at: datetime | None = None,
) -> BalanceAsOf | None:
    """The wallet's balance at `effective_at` (default: `known_at`, else now) as known at `known_at` (default: now); None
    where the programme has no such wallet.
    """
    ids = wallet_ids(member_id, asset_id)
    async with reader.snapshot() as snapshot:
        asked = {"wallet": ids.wallet, "pending": ids.pending, "owed": ids.owed, "programme_id": programme_id}
        rows = await snapshot.rows(_TERMS, {**asked, "write_time_max": WRITE_TIME_MAX})
        if not rows:
            return None
        terms, at = rows[0], min(effective_at or known_at or rows[0]["now"], _LAST)
        held = await _holdings(snapshot, programme_id, ids, terms, at, known_at or NEVER)
    return BalanceAsOf(
        effective_at=at,
        known_at=known_at,
        posted=held.posted,
        matured=held.matured,
        overdue=held.overdue,
        balance=held.posted + held.matured - held.overdue,
        held=held.held,
        pending=held.pending,
        owed=held.owed,
        is_final=_is_final(terms, at, known_at),
    )


async def _holdings(
    snapshot: Snapshot, programme_id: UUID, ids: WalletIds, terms: Record, at: datetime, known_at: datetime
) -> Holdings:
    """From the rows as they stand where nothing happened since; else from the entries. The write after an instant has
    posted all that was due at it; only freezing and unfreezing post nothing, and move nothing either.
    """
    newest_at = terms["newest_at"]
    if newest_at is None or newest_at <= min(at, known_at):
        view = view_of((await settled_at(snapshot, programme_id, [ids], at))[ids.wallet])
        return Holdings(view.posted, view.matured, view.overdue, view.held, view.pending, view.owed)
    if at <= known_at:
        return await earlier_holdings(snapshot, ids, at, known_at)
    return await projected_holdings(snapshot, ids, Terms(terms["time_zone"], terms["expiry"]), at, known_at)


def _is_final(terms: Record, at: datetime, known_at: datetime | None) -> bool:
    if known_at is not None and known_at < at and parse_expiry(terms["expiry"]).by_inactivity:
        return False
    if at < terms["open_from"]:
        return True
    return known_at is not None and known_at <= terms["settled_until"]
