"""What a campaign promises, as frozen values. Pure.

How it is validated stands in `campaign_rules.py`, how it is kept as text in `campaign_text.py`, and what activities ask
of it in `campaign_terms.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from ledger.vouchers.voucher import voucher_asset_code

AWARDS: Final = "awards"
"""The counter of awards; every other counter is named by the asset whose units it counts."""


class Period(StrEnum):
    """A local period of the programme's zone; weeks begin on Monday, quarters with January, April, July and October."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    TOTAL = "TOTAL"

    # Periods are parts of keys; an enumeration hashes by a call of its own.
    __hash__ = str.__hash__


class CapMode(StrEnum):
    """What happens to an award above the headroom: it is cut to it, or not made; the first is the default."""

    TRUNCATE = "TRUNCATE"
    REFUSE = "REFUSE"


class ActionKind(StrEnum):
    """What a rule does: award points or a voucher, donate, count progress, or credit a ladder of tiers."""

    POINTS = "POINTS"
    VOUCHER = "VOUCHER"
    DONATION = "DONATION"
    PROGRESS = "PROGRESS"
    TIER_CREDIT = "TIER_CREDIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much: an `amount`, or `rate` per `per` units of a payload's `field`; rounded down once."""

    amount: int | None = None
    field: str | None = None
    rate: int = 1
    per: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsAward(Measure):
    """Points of `asset`, times the multiplier in percent.

    cards: codes of templates; a live multiplier card of the member's of one of them multiplies the points once more
    ladder: code of a ladder of tiers; the member's level there multiplies the points once more
    """

    kind: ClassVar[ActionKind] = ActionKind.POINTS
    is_award: ClassVar[bool] = True

    asset: str
    multiplier: int = 100
    cards: tuple[str, ...] = ()
    ladder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherAward:
    """A voucher of `template`, under its stock and its limits."""

    kind: ClassVar[ActionKind] = ActionKind.VOUCHER
    is_award: ClassVar[bool] = True

    template: str

    @property
    def asset(self) -> str:
        """The code of the asset in which caps and budgets count vouchers of the template, by the piece."""
        return voucher_asset_code(self.template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Donation(Measure):
    """So much of the campaign's budget for `asset` goes to a merchant that collects donations; the member gets nothing."""

    kind: ClassVar[ActionKind] = ActionKind.DONATION
    is_award: ClassVar[bool] = True

    asset: str
    merchant: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressStep(Measure):
    """The member's counter moves on; the rules after this one see it moved."""

    kind: ClassVar[ActionKind] = ActionKind.PROGRESS
    is_award: ClassVar[bool] = False

    counter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCredit(Measure):
    """So much counts on a ladder of tiers, beside what its own metric counts; a ladder of snapshots takes none."""

    kind: ClassVar[ActionKind] = ActionKind.TIER_CREDIT
    is_award: ClassVar[bool] = False

    ladder: str


Counting = ProgressStep | TierCredit
"""What moves no asset, is neither capped nor paid for, and keeps no other rule of the campaign from its turn."""
Action = PointsAward | VoucherAward | Donation | Counting

ACTIONS: Final[Mapping[ActionKind, type[Action]]] = {
    ActionKind.POINTS: PointsAward,
    ActionKind.VOUCHER: VoucherAward,
    ActionKind.DONATION: Donation,
    ActionKind.PROGRESS: ProgressStep,
    ActionKind.TIER_CREDIT: TierCredit,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressCounter:
    """What a campaign counts of a member per local period; conditions read it as `progress.<code>`."""

    code: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """In each of `length` periods of the counter in a row, the activity's own the last, it reached `least`."""

    counter: str
    length: int
    least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Within `days` local days, the activity's own the last, each of these daily counters moved."""

    counters: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """On an activity of a type, when the CEL condition holds (an empty one always does), for these variants (all, if
    none is named): do what `action` says.

    streak, combination: what must have come about besides, since the rule last awarded for it
    """

    code: str
    activity: str
    action: Action
    when: str = ""
    variants: tuple[str, ...] = ()
    streak: Streak | None = None
    combination: Combination | None = None


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
    """An arm of a test; members fall to it in proportion to its weight, the same ones while no weight changes."""

    code: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBody:
    """A campaign's terms as the rules need them.

    phases:   do not overlap; the first rule of the phase that awards is the campaign's one award for the activity. Rules
              that count progress or credit a ladder end nothing: each that holds does, in its place
    counters: what rules count and conditions ask for
    segment:  a CEL condition over the member; everybody if it is empty
    member_list: code of a list of members; only those on it
    budgets:  codes of the assets whose awards are paid from a budget, in the asset's units; the others are unlimited
    channels, branches: where it holds; everywhere if none is named
    priority: lower ones go first · group: of all campaigns of a group only the first one awards for an activity
    late_hours: how long after it occurred an activity is still looked at
    """

    phases: tuple[Phase, ...]
    caps: tuple[Cap, ...] = ()
    budgets: tuple[str, ...] = ()
    counters: tuple[ProgressCounter, ...] = ()
    segment: str = ""
    channels: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    priority: int = 0
    group: str | None = None
    late_hours: int = 72
    member_list: str | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those of all phases."""
        return tuple(rule for phase in self.phases for rule in phase.rules)

    @property
    def assets(self) -> frozenset[str]:
        """The codes of every asset in which its rules award or donate: what caps and budgets may count."""
        return frozenset(rule.action.asset for rule in self.rules if not isinstance(rule.action, Counting))

    def period_of(self, counter: str) -> Period:
        """The period of the counter of that code; StopIteration where there is none."""
        return next(each.period for each in self.counters if each.code == counter)

    def phase_on(self, day: date) -> Phase | None:
        """The phase that holds on a local day."""
        for phase in self.phases:
            if phase.from_on <= day <= phase.until_on:
                return phase
        return None
