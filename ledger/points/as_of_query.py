"""The balance at an effective time T as known at a posted time K (semantics 2.5).

What counts are the entries with effective ≤ T and posted ≤ K. What had died or activated by T counts as such though its
entry came after K: due events are facts at their instants (semantics 2.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ledger.book.units import NEVER
from ledger.engine.reader import Reader, Record, Snapshot
from ledger.engine.sql_query import SqlQuery
from ledger.points.wallet import WalletIds, wallet_ids
from ledger.programme.calendar import local_date
from ledger.programme.expiry import expires_at, inactive_at

WRITE_TIME_MAX = timedelta(minutes=5)
"""A batch is at most ten statements of thirty seconds (`engine/database.py`): so late may an entry become visible after
its posted time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceAsOf:
    """balance = posted + matured - overdue. `is_final`: no entry to come can change it; else AS_OF_NOT_FINAL.

    An answer is final where K lies before everything that is still being written, or where T lies in a closed period
    (which closes only after everything due in it was posted). Without K and inside the open period, a backdated earn or
    refund may still come.
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


_KNOWN = """
    WITH known AS MATERIALIZED (
        SELECT e.id, e.kind, e.effective_at, e.posted_at, e.original_entry_id
        FROM (SELECT DISTINCT entry_id FROM {book}.statement_lines
              WHERE account_id IN (CAST(:wallet AS uuid), CAST(:pending AS uuid), CAST(:owed AS uuid))) touched
        JOIN {book}.journal_entries e ON e.id = touched.entry_id
        WHERE e.effective_at <= CAST(:effective_at AS timestamptz) AND e.posted_at <= CAST(:known_at AS timestamptz)
    ), active AS MATERIALIZED (
        SELECT h.id, h.amount FROM known JOIN {book}.holds h ON h.id = known.id
        WHERE h.account_id = CAST(:wallet AS uuid) AND h.deadline > CAST(:effective_at AS timestamptz)
          AND NOT EXISTS (SELECT FROM known ended WHERE ended.original_entry_id = h.id
                          AND ended.kind IN ('capture', 'release', 'lapse'))
    )
"""
_TERMS = SqlQuery(
    """
    SELECT p.time_zone, p.open_from, a.expiry,
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
_BALANCES = SqlQuery(
    _KNOWN  # noqa: S608
    + """
    SELECT coalesce(sum(line.posted_after - coalesce(earlier.posted_after, 0))
                    FILTER (WHERE line.account_id = CAST(:wallet AS uuid)), 0)::bigint AS posted,
           coalesce(sum(line.posted_after - coalesce(earlier.posted_after, 0))
                    FILTER (WHERE line.account_id = CAST(:pending AS uuid)), 0)::bigint AS pending,
           coalesce(sum(coalesce(earlier.posted_after, 0) - line.posted_after)
                    FILTER (WHERE line.account_id = CAST(:owed AS uuid)), 0)::bigint AS owed,
           (SELECT coalesce(sum(amount), 0)::bigint FROM active) AS held,
           (SELECT max(CASE WHEN kind = 'earn' THEN effective_at ELSE posted_at END) FROM known
            WHERE kind IN ('earn', 'spend', 'capture', 'opening', 'voucher_claim') AND (kind <> 'earn' OR EXISTS (
                SELECT FROM {book}.postings p WHERE p.entry_id = known.id
                AND p.destination_id <> CAST(:pending AS uuid)))) AS active_at
    FROM {book}.statement_lines line
    JOIN known ON known.id = line.entry_id
    LEFT JOIN {book}.statement_lines earlier
        ON earlier.account_id = line.account_id AND earlier.version = line.version - 1
    WHERE line.account_id IN (CAST(:wallet AS uuid), CAST(:pending AS uuid), CAST(:owed AS uuid))
    """
)
_LOTS = SqlQuery(
    _KNOWN  # noqa: S608
    + """
    SELECT lot.account_id, lot.expires_at, lot.activates_at, lot.expiry, lot.granted - coalesce(drawn.taken, 0) AS remaining,
           coalesce(drawn.held, 0) AS held
    FROM known
    JOIN {book}.lots lot ON lot.entry_id = known.id
    LEFT JOIN (
        SELECT d.lot_id,
               sum(CASE d.kind WHEN 'take' THEN d.amount WHEN 'give_back' THEN -d.amount ELSE 0 END)::bigint AS taken,
               sum(d.amount) FILTER (WHERE d.kind = 'set_aside' AND d.entry_id IN (SELECT id FROM active))::bigint AS held
        FROM known JOIN {book}.draws d ON d.entry_id = known.id GROUP BY d.lot_id
    ) drawn ON drawn.lot_id = lot.id
    WHERE lot.account_id IN (CAST(:wallet AS uuid), CAST(:pending AS uuid))
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
        terms = await snapshot.rows(
            _TERMS, {"wallet": ids.wallet, "programme_id": programme_id, "write_time_max": WRITE_TIME_MAX}
        )
        if not terms:
            return None
        at = effective_at or known_at or terms[0]["now"]
        return await _balance(snapshot, ids, terms[0], at, known_at)


async def _balance(
    snapshot: Snapshot, ids: WalletIds, terms: Record, at: datetime, known_at: datetime | None
) -> BalanceAsOf:
    asked = {
        "wallet": ids.wallet,
        "pending": ids.pending,
        "owed": ids.owed,
        "effective_at": at,
        "known_at": known_at or NEVER,
    }
    sums = (await snapshot.rows(_BALANCES, asked))[0]
    lots = await snapshot.rows(_LOTS, asked)
    active_at = sums["active_at"]
    day = None if active_at is None else local_date(active_at, terms["time_zone"])
    inactive = None if day is None else inactive_at(terms["expiry"], day, terms["time_zone"])
    overdue = sum(
        max(0, lot["remaining"] - lot["held"])
        for lot in lots
        if lot["account_id"] == ids.wallet and min(lot["expires_at"], inactive or NEVER) <= at
    )
    activated, living = _matured(ids, lots, terms, at, inactive)
    repaid = min(sums["owed"], activated)
    matured = max(0, living - repaid)
    return BalanceAsOf(
        effective_at=at,
        known_at=known_at,
        posted=sums["posted"],
        matured=matured,
        overdue=overdue,
        balance=sums["posted"] + matured - overdue,
        held=sums["held"],
        pending=sums["pending"] - activated,
        owed=sums["owed"] - repaid,
        is_final=_is_final(terms, at, known_at),
    )


def _matured(
    ids: WalletIds, lots: Iterable[Record], terms: Record, at: datetime, inactive: datetime | None
) -> tuple[int, int]:
    """What had activated by `at` and no known entry says so: all of it, and what of it was still alive."""
    activated = living = 0
    zone = terms["time_zone"]
    for lot in lots:
        start = lot["activates_at"]
        if lot["account_id"] != ids.pending or start is None or start > at:
            continue
        activated += lot["remaining"]
        death = expires_at(lot["expiry"] or "never", local_date(start, zone), zone)
        if min(death, inactive or NEVER) > at:
            living += lot["remaining"]
    return activated, living


def _is_final(terms: Record, at: datetime, known_at: datetime | None) -> bool:
    if at < terms["open_from"]:
        return True
    return known_at is not None and known_at <= terms["settled_until"]
