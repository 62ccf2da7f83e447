"""Who looks at activities of a type: found once for as long as nothing changes, with everybody's turns day by day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from ledger.campaigns.considered import NEVER_RAN, Considered, considered
from ledger.campaigns.rows import CAMPAIGNS
from ledger.campaigns.turns import Turns, turns_of
from ledger.engine.state import State

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_DAYS_MAX: Final = 1_000


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


class Newest(NamedTuple):
    """Who looks at what occurred at `since` or later."""

    since: datetime
    line_up: LineUp


def find_line_up(state: State, programme_id: UUID, activity: str, occurred_at: datetime) -> LineUp:
    """Who looks at an activity of that type and time."""
    key = ("line-up", programme_id, activity)
    newest: Newest | None = state.derived.get(key)
    if newest is None:
        ran = [each for each in state.rows(CAMPAIGNS, programme_id) if each.state not in NEVER_RAN]
        since = max((each.since for each in ran), default=_ALWAYS)
        line_up = LineUp(activity, considered(state, programme_id, activity, since))
        newest = state.derived[key] = Newest(since, line_up)
    if newest.since <= occurred_at:
        return newest.line_up
    return LineUp(activity, considered(state, programme_id, activity, occurred_at))
