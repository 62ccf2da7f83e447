"""What a wallet held at an earlier time, reckoned from its entries because the rows have moved on.

`as_of_query` says when; T is the effective time, K the posted time up to which entries are known.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.book.units import NEVER
from ledger.engine.reader import Record, Snapshot
from ledger.engine.sql_query import SqlQuery
from ledger.points.life import Life, Move
from ledger.points.wallet import WalletIds
from ledger.programme.calendar import local_date
from ledger.programme.expiry import expires_at, inactive_at, parse_expiry


class Holdings(NamedTuple):
    """The numbers of a wallet, as `WalletView` tells them."""

    posted: int
    matured: int
    overdue: int
    held: int
    pending: int
    owed: int


class Terms(NamedTuple):
    """What lots die by: the programme's zone and the asset's policy."""

    time_zone: str
    expiry: str


_EARLIER = SqlQuery(
    """
    WITH happened AS MATERIALIZED (
        SELECT e.id, e.kind, e.original_entry_id, e.posted_at <= CAST(:known_at AS timestamptz) AS is_known
        FROM (SELECT DISTINCT entry_id FROM {book}.statement_lines
              WHERE account_id IN (CAST(:wallet AS uuid), CAST(:pending AS uuid), CAST(:owed AS uuid))) touched
        JOIN {book}.journal_entries e ON e.id = touched.entry_id
        WHERE e.effective_at <= CAST(:effective_at AS timestamptz)
          AND (e.posted_at <= CAST(:known_at AS timestamptz) OR e.kind IN ('activation', 'lapse', 'expiry'))
    ), moved AS (
        SELECT line.account_id, happened.kind, happened.is_known,
               line.posted_after - coalesce(earlier.posted_after, 0) AS amount
        FROM {book}.statement_lines line
        JOIN happened ON happened.id = line.entry_id
        LEFT JOIN {book}.statement_lines earlier
            ON earlier.account_id = line.account_id AND earlier.version = line.version - 1
        WHERE line.account_id IN (CAST(:wallet AS uuid), CAST(:pending AS uuid), CAST(:owed AS uuid))
    )
    SELECT coalesce(sum(amount) FILTER (WHERE account_id = CAST(:wallet AS uuid) AND is_known), 0)::bigint AS posted,
           coalesce(sum(amount) FILTER (WHERE account_id = CAST(:wallet AS uuid) AND NOT is_known
                                        AND kind = 'activation'), 0)::bigint AS matured,
           coalesce(-sum(amount) FILTER (WHERE account_id = CAST(:wallet AS uuid) AND NOT is_known
                                         AND kind = 'expiry'), 0)::bigint AS overdue,
           (SELECT coalesce(sum(h.amount), 0)::bigint FROM happened JOIN {book}.holds h ON h.id = happened.id
            WHERE h.account_id = CAST(:wallet AS uuid) AND h.deadline > CAST(:effective_at AS timestamptz)
              AND NOT EXISTS (SELECT FROM happened ended WHERE ended.original_entry_id = h.id
                              AND ended.kind IN ('capture', 'release'))) AS held,
           coalesce(sum(amount) FILTER (WHERE account_id = CAST(:pending AS uuid)), 0)::bigint AS pending,
           greatest(-sum(amount) FILTER (WHERE account_id = CAST(:owed AS uuid)), 0)::bigint AS owed
    FROM moved
    """
)
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
_BALANCES = SqlQuery(
    _KNOWN  # noqa: S608
    + """
    SELECT coalesce(sum(line.posted_after - coalesce(earlier.posted_after, 0))
                    FILTER (WHERE line.account_id = CAST(:wallet AS uuid)), 0)::bigint AS posted,
           coalesce(sum(line.posted_after - coalesce(earlier.posted_after, 0))
                    FILTER (WHERE line.account_id = CAST(:pending AS uuid)), 0)::bigint AS pending,
           greatest(sum(coalesce(earlier.posted_after, 0) - line.posted_after)
                    FILTER (WHERE line.account_id = CAST(:owed AS uuid)), 0)::bigint AS owed,
           (SELECT coalesce(sum(amount), 0)::bigint FROM active) AS held
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
    SELECT lot.id, lot.account_id, lot.account_version, lot.expires_at, lot.activates_at, lot.expiry,
           lot.granted - coalesce(drawn.taken, 0) AS remaining, coalesce(drawn.held, 0) AS held
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
_MOVES = SqlQuery(
    _KNOWN  # noqa: S608
    + """
    SELECT * FROM (
        SELECT line.version, known.kind, known.posted_at, known.effective_at, coalesce(earlier.posted_after, 0) AS before,
               kind IN ('spend', 'capture', 'voucher_claim') OR (kind IN ('earn', 'activity') AND EXISTS (
                   SELECT FROM {book}.postings p WHERE p.entry_id = known.id
                   AND p.destination_id IN (CAST(:wallet AS uuid), CAST(:owed AS uuid)))) AS is_activity,
               granted.good_until, granted.policy
        FROM known
        JOIN {book}.statement_lines line ON line.entry_id = known.id AND line.account_id = CAST(:wallet AS uuid)
        LEFT JOIN {book}.statement_lines earlier
            ON earlier.account_id = line.account_id AND earlier.version = line.version - 1
        LEFT JOIN LATERAL (
            SELECT max(lot.expires_at) AS good_until, max(source.expiry) FILTER (WHERE source.expiry ~ 'inactive ') AS policy
            FROM {book}.lots lot LEFT JOIN {book}.lots source ON source.id = lot.source_lot_id
            WHERE lot.entry_id = known.id AND lot.account_id = CAST(:wallet AS uuid)) granted ON true
    ) moved
    WHERE is_activity OR good_until IS NOT NULL
    ORDER BY version
    """
)


async def earlier_holdings(snapshot: Snapshot, ids: WalletIds, at: datetime, known_at: datetime) -> Holdings:
    """The holdings at T, not later than K, of a wallet whose due events up to T are all posted, before K or after."""
    return Holdings._make((await snapshot.rows(_EARLIER, _asked(ids, at, known_at)))[0])


async def projected_holdings(
    snapshot: Snapshot, ids: WalletIds, terms: Terms, at: datetime, known_at: datetime
) -> Holdings:
    """What one would have said at K of a later T, though more has happened since. Inactivity is reckoned from what had
    arrived and from the member's own activity, by today's policy.
    """
    asked = _asked(ids, at, known_at)
    sums = (await snapshot.rows(_BALANCES, asked))[0]
    lots = await snapshot.rows(_LOTS, asked)
    dies_inactive = parse_expiry(terms.expiry).by_inactivity
    life = _life(await snapshot.rows(_MOVES, asked), terms) if dies_inactive else Life()
    dead = [lot for lot in lots if lot["account_id"] == ids.wallet and _is_over(lot, life, at)]
    waiting = [lot for lot in lots if lot["account_id"] == ids.pending and (lot["activates_at"] or NEVER) <= at]
    activated = sum(lot["remaining"] for lot in waiting)
    repaid = min(sums["owed"], activated)
    matured = _matured(waiting, terms, life.inactive_at, owed=sums["owed"], is_empty=sums["held"] == 0)
    return Holdings(
        posted=sums["posted"],
        matured=activated - repaid,
        overdue=sum(max(0, lot["remaining"] - lot["held"]) for lot in dead)
        + sum(amount for death, amount in matured if death <= at),
        held=sums["held"],
        pending=sums["pending"] - activated,
        owed=sums["owed"] - repaid,
    )


def _asked(ids: WalletIds, at: datetime, known_at: datetime) -> dict[str, object]:
    return {
        "wallet": ids.wallet,
        "pending": ids.pending,
        "owed": ids.owed,
        "effective_at": at,
        "known_at": known_at,
    }


def _life(moves: Iterable[Record], terms: Terms) -> Life:
    """When the wallet dies for inactivity by what these entries did."""
    life = Life()
    for row in moves:
        day = local_date(row["effective_at"], terms.time_zone)
        move = Move(row["version"], row["posted_at"], day)
        if not row["is_activity"]:
            grace = row["good_until"] if row["kind"] == "reverse" else None
            move = move._replace(arrived_at=row["effective_at"], was_empty=row["before"] == 0, grace_until=grace)
        life = life.after(move, row["policy"] or terms.expiry, terms.time_zone)
    return life


def _is_over(lot: Record, life: Life, at: datetime) -> bool:
    """As `lot.dies_at`, which needs rows."""
    is_gone: bool = life.died_version is not None and lot["account_version"] <= life.died_version
    return is_gone or min(lot["expires_at"], life.inactive_at or NEVER) <= at


def _matured(
    waiting: Iterable[Record], terms: Terms, inactive: datetime | None, *, owed: int, is_empty: bool
) -> Iterator[tuple[datetime, int]]:
    """When what these pending lots became dies, which activated though no known entry says so. What is owed is repaid by
    each in turn, whether or not the rest of it has died since.
    """
    for lot in sorted(waiting, key=lambda lot: (lot["activates_at"], lot["id"])):
        start, repaid = lot["activates_at"], min(owed, lot["remaining"])
        owed -= repaid
        if repaid == lot["remaining"]:
            continue
        policy, day = lot["expiry"] or terms.expiry, local_date(start, terms.time_zone)
        if parse_expiry(terms.expiry).by_inactivity and (inactive is None or (inactive <= start and is_empty)):
            inactive = inactive_at(policy if parse_expiry(policy).by_inactivity else terms.expiry, day, terms.time_zone)
        yield min(expires_at(policy, day, terms.time_zone), inactive or NEVER), lot["remaining"] - repaid
