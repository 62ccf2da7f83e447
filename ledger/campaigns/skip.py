"""Why a campaign, or one of its rules, offers nothing for an activity."""

from typing import NamedTuple

from ledger.campaigns.considered import Considered
from ledger.campaigns.receipt import Reason


class Heading(NamedTuple):
    """What is said alike of many: the reason; of a rule, also its phase and the member's variant."""

    reason: str
    phase: str | None = None
    variant: str | None = None


class Skip(NamedTuple):
    """Nothing offered by a campaign; `rule` where one of its rules was looked at. look: how receipts name it."""

    of: Considered
    rule: str | None
    heading: Heading
    look: str

    @property
    def reason(self) -> Reason:
        """Why."""
        return Reason(self.heading.reason)


def skipped(of: Considered, reason: Reason) -> Skip:
    """The campaign as a whole was not looked at."""
    return Skip(of, None, Heading(reason.value), of.name)


def skipped_rule(of: Considered, rule: str, reason: Reason, phase: str, variant: str | None) -> Skip:
    """One of its rules was."""
    return Skip(of, rule, Heading(reason.value, phase, variant), f"{of.name}:{rule}")
