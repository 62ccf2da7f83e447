"""What a wallet held at an earlier time, reckoned from its entries because the rows have moved on.

`as_of_query` says when; T is the effective time, K the posted time up to which entries are known.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from ledger.book.units import NEVER
from ledger.engine.reader import Record, Snapshot
from ledger.engine.sql_query import SqlQuery
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


class _Life(NamedTuple):
    """When a wallet dies for inactivity, and up to which version its lots have, though it lives on."""

    inactive_at: datetime | None = None
    died_version: int = -1

    def until(self, inactive_at: datetime | None, move: Record) -> "_Life":
        """After an entry that gave the wallet another date."""
        is_over = self.inactive_at is not None and self.inactive_at <= move["posted_at"]
        return _Life(inactive_at, move["version"] - 1 if is_over else self.died_version)

    def is_over(self, lot: Record, at: datetime) -> bool:
        """As `lot.dies_at`, which needs rows."""
        is_gone: bool = lot["account_version"] <= self.died_version
        return is_gone or min(lot["expires_at"], self.inactive_at or NEVER) <= at


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
    SELECT known.kind, known.posted_at, line.version, coalesce(earlier.posted_after, 0) AS before,
           CASE WHEN kind IN ('earn', 'activity') THEN known.effective_at ELSE known.posted_at END AS happened_at,
           kind IN ('spend', 'capture', 'opening', 'voucher_claim') OR (kind IN ('earn', 'activity') AND EXISTS (
               SELECT FROM {book}.postings p WHERE p.entry_id = known.id
               AND p.destination_id IN (CAST(:wallet AS uuid), CAST(:owed AS uuid)))) AS is_activity,
           known.effective_at AS arrived_at, (SELECT max(lot.expires_at) FROM {book}.lots lot
            WHERE lot.entry_id = known.id AND lot.account_id = CAST(:wallet AS uuid)) AS good_until
    FROM known
    LEFT JOIN {book}.statement_lines line ON line.entry_id = known.id AND line.account_id = CAST(:wallet AS uuid)
    LEFT JOIN {book}.statement_lines earlier
        ON earlier.account_id = line.account_id AND earlier.version = line.version - 1
    ORDER BY known.posted_at, known.id
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
    life = _life(await snapshot.rows(_MOVES, asked), terms) if dies_inactive else _Life()
    dead = [lot for lot in lots if lot["account_id"] == ids.wallet and life.is_over(lot, at)]
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


def _life(moves: Iterable[Record], terms: Terms) -> _Life:
    """When the wallet dies for inactivity by what these entries did, in the order in which they were posted."""
    life = _Life()
    for move in moves:
        until = _until(life.inactive_at, move, terms)
        if until != life.inactive_at:
            life = life.until(until, move)
    return life


def _until(inactive: datetime | None, move: Record, terms: Terms) -> datetime | None:
    """The date that this entry gave the wallet, or left it."""
    if move["is_activity"]:
        until = _inactive_from(terms, move["happened_at"])
        return until if inactive is None else max(inactive, until)
    if move["good_until"] is None:
        return inactive
    if move["kind"] == "reverse":
        return move["good_until"] if inactive is not None and inactive <= move["posted_at"] else inactive
    is_new = _begins_anew(inactive, move["arrived_at"], is_empty=move["before"] == 0)
    return _inactive_from(terms, move["arrived_at"]) if is_new else inactive


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
        if parse_expiry(terms.expiry).by_inactivity and _begins_anew(inactive, start, is_empty=is_empty):
            inactive = _inactive_from(terms, start)
        death = expires_at(lot["expiry"] or "never", local_date(start, terms.time_zone), terms.time_zone)
        yield min(death, inactive or NEVER), lot["remaining"] - repaid


def _begins_anew(inactive: datetime | None, arrived_at: datetime, *, is_empty: bool) -> bool:
    """Whether what arrives gives the wallet a date to die for inactivity, as in `bounds.bring_forward`."""
    return inactive is None or (inactive <= arrived_at and is_empty)


def _inactive_from(terms: Terms, active_at: datetime) -> datetime:
    return inactive_at(terms.expiry, local_date(active_at, terms.time_zone), terms.time_zone) or NEVER
