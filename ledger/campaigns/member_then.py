"""What the ledger knew of a member when an activity occurred, or knows of it now: what all campaigns see alike. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import InvariantViolated
from ledger.campaigns.expression import ENROLLED_DAYS, QUALIFYING, Value, Variables, qualifying_fields, tier_fields
from ledger.engine.state import State
from ledger.members.rows import MEMBERS_BY_ID
from ledger.programme.calendar import local_date
from ledger.programme.rows import Programme
from ledger.tiers.held_levels import Levels


class MemberThen(NamedTuple):
    """The member at an instant; what nobody asks for is left out.

    levels:        the level that it held on each ladder
    enrolled_days: whole local days since it was enrolled
    qualifying:    what the metric of each ladder stood at
    """

    levels: Levels = MappingProxyType({})
    enrolled_days: int = 0
    qualifying: Mapping[str, int] = MappingProxyType({})

    def fields(self) -> Variables:
        """What conditions may name of it beside what they always may."""
        if not self.levels:
            return ()
        tiers = tier_fields(tuple(sorted(self.levels)))
        return (*tiers, *qualifying_fields(tuple(sorted(self.qualifying)))) if self.qualifying else tiers

    def values(self) -> Mapping[str, Value]:
        """What they see."""
        levels = {f"tier.{code}": level.code for code, level in self.levels.items()}
        qualifying = {f"{QUALIFYING}.{code}": amount for code, amount in self.qualifying.items()}
        return {ENROLLED_DAYS.name: self.enrolled_days, **levels, **qualifying}


def find_enrolled_days(state: State, programme: Programme, member_id: UUID, day: date) -> int:
    """Whole local days from the member's enrolment to `day`, not below 0."""
    member = state.find(MEMBERS_BY_ID, member_id)
    if member is None:
        raise InvariantViolated(f"member {member_id} was never enrolled")
    return days_enrolled(member.enrolled_at, day, programme.time_zone)


def days_enrolled(enrolled_at: datetime, day: date, time_zone: str) -> int:
    """Whole local days from an enrolment to `day`, not below 0."""
    return max(0, (day - local_date(enrolled_at, time_zone)).days)
