"""What an activity brings on ladders, and what a refund takes back.

Whoever decides an activity calls `credit_activity` once everything is awarded, a refund `take_back`; both under the lock
of the member's holder and after `settle_tiers`. Whoever only tries asks `would_take`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

from ledger.book.units import AMOUNT_MAX
from ledger.engine.command import Actor
from ledger.engine.state import State
from ledger.programme.rows import Programme, asset_id
from ledger.tiers.evaluation import Brought, Terms, buckets_of, credit
from ledger.tiers.held_levels import open_standing, standings_of
from ledger.tiers.ladder_body import Metric, MetricKind
from ledger.tiers.move import move, terms_of
from ledger.tiers.rows import CREDITS, LADDERS, CreditSource, Ladder, Standing, TierCredit
from ledger.tiers.window import bucket_of

Field = int | str | bool


class Deed(NamedTuple):
    """An activity as ladders see it.

    amount:  what refunds of it are measured by · payload: its fields
    points:  awarded, by the asset's id
    by_rule: what rules of campaigns credit, by the ladder's code; a ladder of snapshots takes none
    """

    activity_id: UUID
    type: str
    occurred_at: datetime
    local_day: date
    amount: int | None
    payload: Mapping[str, Field]
    points: Mapping[UUID, int]
    by_rule: Mapping[str, int]


class Undone(NamedTuple):
    """A refund, the activity `activity_id`: so much of what is `left` of a `sale` is taken back."""

    activity_id: UUID
    original_id: UUID
    sale: int
    left: int
    amount: int

    def part_of(self, whole: int) -> int:
        """What of `whole`, which the original brought, goes with it: the member keeps the floor of the rest."""
        return whole * self.left // self.sale - whole * (self.left - self.amount) // self.sale


def credit_activity(
    state: State, programme: Programme, actor: Actor, member_id: UUID, deed: Deed, now: datetime
) -> Collection[str]:
    """Counts the activity on every ladder that looks at it and for which it is not too late; returns the codes of those
    that took what rules credit.
    """
    took: set[str] = set()
    if deed.occurred_at < programme.open_from:
        return took
    for ladder in sorted(state.rows(LADDERS, programme.id), key=lambda each: each.code):
        terms = terms_of(state, programme, ladder.id, now)
        if _is_late(terms, deed.occurred_at, now):
            continue
        for source, amount in _brought(terms.body.metric, deed, ladder):
            standing = open_standing(state, programme, member_id, ladder, now)
            if _has_room(standing, terms, deed.local_day, amount):
                credit_ = _new_credit(state, standing, deed, source, amount, now)
                _count(state, terms, actor, standing, credit_, now)
                if source == CreditSource.RULE:
                    took.add(ladder.code)
    return took


def _brought(metric: Metric, deed: Deed, ladder: Ladder) -> Sequence[tuple[CreditSource, int]]:
    found = [(CreditSource.METRIC, measured(metric, ladder.programme_id, deed))]
    if _takes_rules(metric):
        found.append((CreditSource.RULE, deed.by_rule.get(ladder.code)))
    return [(source, amount) for source, amount in found if amount is not None]


def measured(metric: Metric, programme_id: UUID, deed: Deed) -> int | None:
    """What the metric counts of the activity, a value below zero as 0; None where it does not look at it."""
    if deed.type not in metric.activities:
        return None
    match metric.kind:
        case MetricKind.POINTS:
            return deed.points.get(asset_id(programme_id, metric.asset or ""))
        case MetricKind.AMOUNT:
            return deed.amount or None
        case MetricKind.COUNT:
            return 1
        case MetricKind.SNAPSHOT:
            value = deed.payload.get(metric.field or "")
            return max(value, 0) if type(value) is int else None
        case _:
            assert_never(metric.kind)


def would_take(
    state: State,
    programme: Programme,
    member_id: UUID,
    by_rule: Mapping[str, int],
    occurred_at: datetime,
    local_day: date,
    now: datetime,
) -> Collection[str]:
    """The codes of the ladders that would take what rules credit, as the member stands; nothing is counted.

    by_rule: how much, by the ladder's code
    """
    took: set[str] = set()
    for ladder in state.rows(LADDERS, programme.id):
        amount = by_rule.get(ladder.code)
        if amount is None:
            continue
        terms = terms_of(state, programme, ladder.id, now)
        if not _takes_rules(terms.body.metric) or _is_late(terms, occurred_at, now):
            continue
        if _has_room(open_standing(state, programme, member_id, ladder, now), terms, local_day, amount):
            took.add(ladder.code)
    return took


def _is_late(terms: Terms, occurred_at: datetime, now: datetime) -> bool:
    return now - occurred_at > timedelta(hours=terms.body.late_hours)


def _takes_rules(metric: Metric) -> bool:
    """Whether rules of campaigns can credit it: the last value of a snapshot is what was reported."""
    return metric.kind != MetricKind.SNAPSHOT


def take_back(state: State, programme: Programme, actor: Actor, member_id: UUID, undone: Undone, now: datetime) -> None:
    """Lowers what the original brought, on the day on which it counts."""
    standings = standings_of(state, programme, member_id)
    originals = state.rows(CREDITS, undone.original_id) if standings else ()
    for original in sorted(originals, key=lambda row: row.id):
        standing = next(row for row in standings_of(state, programme, member_id) if row.id == original.standing_id)
        terms = terms_of(state, programme, standing.ladder_id, now)
        back = taken_back(terms.body.metric.kind, original.amount, undone)
        if back:
            credit_ = original._replace(
                id=state.ids.new(),
                activity_id=undone.activity_id,
                posted_at=now,
                amount=-back,
                original_credit_id=original.id,
            )
            _count(state, terms, actor, standing, credit_, now)


def taken_back(kind: MetricKind, amount: int, undone: Undone) -> int:
    """What a refund takes of a credit: floors as awards do; an activity counts until all of it is taken back, and a
    snapshot stays what it was.
    """
    if kind == MetricKind.SNAPSHOT:
        return 0
    if kind == MetricKind.COUNT:
        return amount if undone.left == undone.amount else 0
    return undone.part_of(amount)


def _has_room(standing: Standing, terms: Terms, day: date, amount: int) -> bool:
    """Whether the bucket stays within 10^15; a snapshot takes the place of the one before it."""
    if terms.body.metric.kind == MetricKind.SNAPSHOT:
        return True
    return buckets_of(standing).get(bucket_of(terms.body.window, day).isoformat(), 0) + amount <= AMOUNT_MAX


def _new_credit(
    state: State, standing: Standing, deed: Deed, source: CreditSource, amount: int, now: datetime
) -> TierCredit:
    return TierCredit(
        id=state.ids.new(),
        programme_id=standing.programme_id,
        member_id=standing.member_id,
        standing_id=standing.id,
        version=0,
        activity_id=deed.activity_id,
        source=source,
        local_day=deed.local_day,
        occurred_at=deed.occurred_at,
        posted_at=now,
        amount=amount,
    )


def _count(state: State, terms: Terms, actor: Actor, standing: Standing, credit_: TierCredit, now: datetime) -> None:
    brought = Brought(credit_.local_day, credit_.occurred_at, credit_.amount)
    after = move(state, terms, credit(standing, terms, brought, now), actor, now)
    state.append(CREDITS, [credit_._replace(version=after.version)])
