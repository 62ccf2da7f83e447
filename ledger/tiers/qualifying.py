"""Qualifying: what a ladder's metric stood at for a member when something occurred (semantics 6.6, 6.7).

It is the number that the member's progress told at that instant: of what was posted by then, what the window of its
local day contains. As with levels, what is reported later changes nothing that occurred before.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from ledger.engine.state import State
from ledger.programme.calendar import local_date
from ledger.programme.rows import Programme
from ledger.tiers.evaluation import buckets_of
from ledger.tiers.held_levels import standings_of
from ledger.tiers.ladder_body import LadderBody, MetricKind
from ledger.tiers.move import terms_of
from ledger.tiers.rows import CREDITS, CREDITS_OF_STANDING, Standing, TierCredit, ladder_id
from ledger.tiers.window import counted, starts_on


def qualifying_at(
    state: State, programme: Programme, member_id: UUID, ladders: Collection[str], instant: datetime
) -> Mapping[str, int]:
    """What each of the programme's ladders of these codes had counted at `instant`; 0 where nothing was credited yet."""
    standings = {row.ladder_id: row for row in standings_of(state, programme, member_id)}
    asked = {code: standings.get(ladder_id(programme.id, code)) for code in ladders}
    return {
        code: 0 if standing is None else _counted_at(state, programme, standing, instant)
        for code, standing in asked.items()
    }


def _counted_at(state: State, programme: Programme, standing: Standing, instant: datetime) -> int:
    body = terms_of(state, programme, standing.ladder_id, instant).body
    day = local_date(instant, programme.time_zone)
    if standing.credited_at is None or standing.credited_at <= instant:
        return counted(body.window, buckets_of(standing), day)
    posted = [*state.rows(CREDITS_OF_STANDING, standing.id), *_just_posted(state, standing)]
    return counted_of(body, [credit for credit in posted if credit.posted_at <= instant], day)


def _just_posted(state: State, standing: Standing) -> Sequence[TierCredit]:
    """What earlier commands of the batch credited."""
    return [credit for credit in state.appended(CREDITS) if credit.standing_id == standing.id]


def counted_of(body: LadderBody, credits_: Sequence[TierCredit], day: date) -> int:
    """What the window of `day` contains of these credits, none of which is later; of a snapshot, the one taken last."""
    first = starts_on(body.window, day)
    within = [credit for credit in credits_ if credit.local_day >= first]
    if body.metric.kind != MetricKind.SNAPSHOT:
        return sum(credit.amount for credit in within)
    last = max(within, key=lambda credit: (credit.occurred_at, credit.version), default=None)
    return 0 if last is None else last.amount
