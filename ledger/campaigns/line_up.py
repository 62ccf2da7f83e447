"""Who looks at activities of a type: found once for as long as nothing changes, with everybody's turns day by day."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from ledger.campaigns.considered import NEVER_RAN, Considered, considered
from ledger.campaigns.rows import CAMPAIGN_STEPS, CAMPAIGNS
from ledger.campaigns.turns import Turns, turns_of
from ledger.engine.state import State

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_DAYS_MAX: Final = 1_000
_STARTS_MAX: Final = 100


class LineUp:
    """The campaigns that look at activities of a type, in the order of priority and code.

    knows_enrolment: whether a condition of theirs names since when the member is one
    qualifying:      the ladders whose metric they name
    """

    __slots__ = ("_activity", "_days", "knows_enrolment", "looking", "qualifying")

    def __init__(self, activity: str, looking: Sequence[Considered]) -> None:
        self.looking = looking
        self.knows_enrolment = any(of.terms.knows_enrolment for of in looking)
        self.qualifying = frozenset([code for of in looking for code in of.terms.qualifying])
        self._activity = activity
        self._days: dict[date, Turns] = {}

    def turns_on(self, day: date) -> Turns:
        """Their turns on a local day."""
        turns = self._days.get(day)
        if turns is None:
            if len(self._days) >= _DAYS_MAX:
                self._days.clear()
            turns = self._days[day] = turns_of(self.looking, self._activity, day)
        return turns


class LineUps:
    """Who looks at activities of a type, by when they occurred: between two steps of campaigns it stays the same."""

    __slots__ = ("_activity", "_by_start", "_programme_id", "_ran", "_since", "_starts")

    def __init__(self, state: State, programme_id: UUID, activity: str) -> None:
        self._programme_id = programme_id
        self._activity = activity
        self._ran = [each for each in state.rows(CAMPAIGNS, programme_id) if each.state not in NEVER_RAN]
        self._since = max((each.since for each in self._ran), default=_ALWAYS)
        self._starts: Sequence[datetime] | None = None
        self._by_start: dict[datetime, LineUp] = {}

    def at(self, state: State, occurred_at: datetime) -> LineUp:
        """Who looks at what occurred then."""
        start = self._since if self._since <= occurred_at else self._start_before(state, occurred_at)
        found = self._by_start.get(start)
        if found is None:
            if len(self._by_start) >= _STARTS_MAX:
                self._by_start.clear()
            looking = considered(state, self._programme_id, self._activity, start)
            found = self._by_start[start] = LineUp(self._activity, looking)
        return found

    def _start_before(self, state: State, occurred_at: datetime) -> datetime:
        """The last step before it; steps are read once something late asks for them."""
        if self._starts is None:
            steps = [step for campaign in self._ran for step in state.rows(CAMPAIGN_STEPS, campaign.id)]
            self._starts = sorted({_ALWAYS, *(step.since for step in steps)})
        return self._starts[bisect_right(self._starts, occurred_at) - 1]


def find_line_up(state: State, programme_id: UUID, activity: str, occurred_at: datetime) -> LineUp:
    """Who looks at an activity of that type and time."""
    key = ("line-ups", programme_id, activity)
    found: LineUps | None = state.derived.get(key)
    if found is None:
        found = state.derived[key] = LineUps(state, programme_id, activity)
    return found.at(state, occurred_at)
