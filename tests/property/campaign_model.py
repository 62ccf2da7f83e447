"""An independent account of what campaigns award: plain arithmetic over the purchases, none of the product's code.

It knows the conditions by name, as Python functions of amount and local hour.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

CONDITIONS: Mapping[str, Callable[[int, int], bool]] = {
    "": lambda amount, hour: True,
    "activity.amount >= 50": lambda amount, hour: amount >= 50,
    "activity.amount % 2 == 0 || activity.hour < 12": lambda amount, hour: amount % 2 == 0 or hour < 12,
    "100 / activity.hour > 5": lambda amount, hour: hour > 0 and 100 // hour > 5,
}
LATE = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class ModelRule:
    """A condition, and points per units with a multiplier in percent."""

    when: str
    rate: int
    per: int
    percent: int


@dataclass(frozen=True, kw_only=True)
class ModelCap:
    """At most so much per period; of points, or of awards."""

    of_awards: bool
    period: str
    limit: int
    refuses: bool


@dataclass(frozen=True, kw_only=True)
class ModelCampaign:
    """A campaign; `budget` None is without a limit."""

    code: str
    rules: tuple[ModelRule, ...]
    caps: tuple[ModelCap, ...]
    budget: int | None
    group: str | None
    priority: int


@dataclass
class CampaignModel:
    """What was awarded so far."""

    campaigns: Sequence[ModelCampaign]
    zone: str
    used: Counter[object] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)

    def buy(self, member: str, amount: int, at: datetime, now: datetime) -> dict[str, int]:
        """The points of each campaign that awards for the purchase."""
        local = at.astimezone(ZoneInfo(self.zone))
        awards: dict[str, int] = {}
        groups: set[str] = set()
        for campaign in sorted(self.campaigns, key=lambda each: (each.priority, each.code)):
            if now - at > LATE or (campaign.group is not None and campaign.group in groups):
                continue
            points = self._points(campaign, member, amount, local)
            if points == 0:
                continue
            awards[campaign.code] = points
            self._use(campaign, member, points, local.date())
            groups |= {campaign.group} if campaign.group is not None else set()
        return awards

    def give_back(self, code: str, points: int) -> None:
        """A refund returns budget and nothing else."""
        self.spent[code] -= points

    def left(self, campaign: ModelCampaign) -> int:
        """What its budget has."""
        return (campaign.budget or 0) - self.spent[campaign.code]

    def _points(self, campaign: ModelCampaign, member: str, amount: int, local: datetime) -> int:
        """Of the first rule that gives any."""
        for rule in campaign.rules:
            if not CONDITIONS[rule.when](amount, local.hour):
                continue
            points = self._within(campaign, member, amount * rule.rate * rule.percent // (rule.per * 100), local.date())
            if points and (campaign.budget is None or points <= self.left(campaign)):
                return points
        return 0

    def _within(self, campaign: ModelCampaign, member: str, wanted: int, day: date) -> int:
        points = wanted
        for cap in campaign.caps:
            left = cap.limit - self.used[_bucket(campaign, cap, member, day)]
            if cap.of_awards:
                points = points if left >= 1 else 0
            elif wanted > left:
                points = 0 if cap.refuses else min(points, left)
        return points

    def _use(self, campaign: ModelCampaign, member: str, points: int, day: date) -> None:
        self.spent[campaign.code] += points
        for bucket, of_awards in {_bucket(campaign, cap, member, day): cap.of_awards for cap in campaign.caps}.items():
            self.used[bucket] += 1 if of_awards else points


def _bucket(campaign: ModelCampaign, cap: ModelCap, member: str, day: date) -> object:
    """What counts together: two caps on the same thing share it."""
    year, week, _ = day.isocalendar()
    periods = {
        "DAY": day,
        "WEEK": (year, week),
        "MONTH": (day.year, day.month),
        "QUARTER": (day.year, (day.month + 2) // 3),
        "YEAR": day.year,
        "TOTAL": None,
    }
    return (campaign.code, member, cap.of_awards, cap.period, periods[cap.period])
