"""What a campaign promises, as frozen values. Pure.

How it is validated stands in `campaign_rules.py`, how it is kept as text in `campaign_text.py`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

AWARDS: Final = "awards"
"""The counter of awards; every other counter is named by the asset whose units it counts."""


class Period(StrEnum):
    """A local period of the programme's zone; weeks begin on Monday."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    TOTAL = "TOTAL"


class CapMode(StrEnum):
    """What happens to an award above the headroom: it is cut to it, or not made; the first is the default."""

    TRUNCATE = "TRUNCATE"
    REFUSE = "REFUSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsAward:
    """Points of `asset`: an `amount`, or `rate` points per `per` units of a payload's `field`; rounded down once, after
    the multiplier in percent.
    """

    asset: str
    amount: int | None = None
    field: str | None = None
    rate: int = 1
    per: int = 1
    multiplier: int = 100


class ActionKind(StrEnum):
    """What a rule does."""

    POINTS = "POINTS"


Action = PointsAward

ACTIONS: dict[ActionKind, type[Action]] = {ActionKind.POINTS: PointsAward}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """On an activity of a type, when the CEL condition holds (an empty one always does), for these variants (all, if
    none is named): do what `action` says.
    """

    code: str
    activity: str
    action: Action
    when: str = ""
    variants: tuple[str, ...] = ()

    @property
    def kind(self) -> ActionKind:
        """The kind of what it does."""
        return next(kind for kind, action in ACTIONS.items() if isinstance(self.action, action))


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Rules that hold from one local date through another."""

    code: str
    from_on: date
    until_on: date
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `limit` of what `counter` counts, per member and local period: awards, or units of an asset."""

    counter: str
    period: Period
    limit: int
    mode: CapMode = CapMode.TRUNCATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """An arm of a test; members fall to it in proportion to its weight, the same ones for ever."""

    code: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBody:
    """A campaign's terms as the rules need them.

    phases:   do not overlap; the first rule of the phase that awards is the campaign's one award for the activity
    segment:  a CEL condition over the member; everybody if it is empty
    budgets:  codes of the assets whose awards are paid from a budget, in the asset's units; the others are unlimited
    channels, branches: where it holds; everywhere if none is named
    priority: lower ones go first · group: of all campaigns of a group only the first one awards for an activity
    late_hours: how long after it occurred an activity is still looked at
    """

    phases: tuple[Phase, ...]
    caps: tuple[Cap, ...] = ()
    budgets: tuple[str, ...] = ()
    segment: str = ""
    channels: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    priority: int = 0
    group: str | None = None
    late_hours: int = 72

    @property
    def assets(self) -> frozenset[str]:
        """The codes of every asset that its rules award."""
        return frozenset(rule.action.asset for phase in self.phases for rule in phase.rules)

    def phase_on(self, day: date) -> Phase | None:
        """The phase that holds on a local day."""
        for phase in self.phases:
            if phase.from_on <= day <= phase.until_on:
                return phase
        return None
