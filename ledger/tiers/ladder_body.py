"""What a ladder promises, as frozen values. Pure.

How it is validated stands in `ladder_rules.py`, how it is kept as text in `ladder_text.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """What brings a member up.

    POINTS:   the points of an asset that activities are awarded
    AMOUNT:   the amounts of activities: spend, deposits
    COUNT:    activities
    SNAPSHOT: the value that was reported last: assets, a balance, a score worked out elsewhere
    """

    POINTS = "POINTS"
    AMOUNT = "AMOUNT"
    COUNT = "COUNT"
    SNAPSHOT = "SNAPSHOT"


class WindowKind(StrEnum):
    """ROLLING: the last so many local days, today included; the others: local calendar periods."""

    ROLLING = "ROLLING"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


class Promotion(StrEnum):
    """When a member rises: with the activity that reaches the threshold, or when the period ends; the first is the
    default. With a rolling window the period is the local day.
    """

    NOW = "NOW"
    AT_PERIOD_END = "AT_PERIOD_END"


class Demotion(StrEnum):
    """How far a member falls who no longer reaches its level; the first is the default.

    ONE_STEP: one level; the next fall not before the window has passed once more
    FULL:     to the level that is reached
    """

    NONE = "NONE"
    ONE_STEP = "ONE_STEP"
    FULL = "FULL"


class PackPeriod(StrEnum):
    """A level's pack is given once per local calendar period."""

    YEAR = "YEAR"
    QUARTER = "QUARTER"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is counted of activities of these types; where none is named, only what rules of campaigns credit counts.

    asset: whose points, for POINTS · field: of the payload, for SNAPSHOT
    """

    kind: MetricKind
    activities: tuple[str, ...] = ()
    asset: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Over which time it is counted; `days` of a rolling window."""

    kind: WindowKind
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A step of the ladder, held from `threshold` of the metric on.

    multiplier: in percent, for the rules of campaigns that name the ladder
    pack:       codes of the voucher templates that whoever is promoted to it receives
    """

    code: str
    threshold: int
    multiplier: int = 100
    pack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderBody:
    """A ladder's terms.

    levels:     rising thresholds, the first one 0: everybody begins there
    grace_days: how long a member who no longer reaches its level keeps it, to make up for it
    pack_period: how often a level's pack is given
    late_hours: how long after it occurred an activity still counts
    """

    metric: Metric
    window: Window
    levels: tuple[Level, ...]
    promotion: Promotion = Promotion.NOW
    demotion: Demotion = Demotion.NONE
    grace_days: int = 0
    pack_period: PackPeriod = PackPeriod.YEAR
    late_hours: int = 72

    def index_of(self, code: str) -> int:
        """The level's place, from 0; ValueError where the ladder has no such level."""
        return [level.code for level in self.levels].index(code)

    def reached_by(self, amount: int) -> int:
        """The place of the highest level that so much of the metric reaches."""
        return max(place for place, level in enumerate(self.levels) if place == 0 or level.threshold <= amount)
