"""An independent account of what campaigns award: plain arithmetic over the purchases, none of the product's code.

It knows the conditions by name, as Python functions of amount and local hour; of its members the bank says nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

CONDITIONS: Mapping[str, Callable[[int, int], bool]] = {
    "": lambda amount, hour: True,
    "activity.amount >= 50": lambda amount, hour: amount >= 50,
    "activity.amount % 2 == 0 || activity.hour < 12": lambda amount, hour: amount % 2 == 0 or hour < 12,
    "100 / activity.hour > 5": lambda amount, hour: hour > 0 and 100 // hour > 5,
    "'staff' in member.segments || activity.amount >= 20": lambda amount, hour: amount >= 20,
}
SEGMENTS: Mapping[str, Callable[[int, int, int], bool]] = {
    "": lambda awards, progress, enrolled: True,
    "awards.total < 1": lambda awards, progress, enrolled: awards < 1,
    "awards.total % 2 == progress.n % 2": lambda awards, progress, enrolled: awards % 2 == progress % 2,
    "progress.n < 2 || member.enrolled_days >= 3": lambda awards, progress, enrolled: progress < 2 or enrolled >= 3,
    "attribute.risk == 0 && member.enrolled_days < 3": lambda awards, progress, enrolled: enrolled < 3,
}
"""Of what the member had of the campaign in all, how far its counter is today, and for how many days it is a member."""
LATE = timedelta(hours=72)


@dataclass(frozen=True, kw_only=True)
class ModelRule:
    """A condition, and what is given: points per units with a multiplier in percent, a voucher, or a gift to a shop.

    progress: as far as the campaign's daily counter must have come · streak: on how many days in a row it must have moved
    """

    when: str
    rate: int
    per: int
    percent: int
    gives: str = "points"
    progress: int = 0
    streak: int = 0


@dataclass(frozen=True, kw_only=True)
class ModelCap:
    """At most so much per period; of points, or of awards."""

    of_awards: bool
    period: str
    limit: int
    refuses: bool


@dataclass(frozen=True, kw_only=True)
class ModelCampaign:
    """A campaign; `budget` None is without a limit, and gives nothing to shops.

    counts: the condition under which a purchase moves its counter · segment: whom it means, asked before anything moves
    """

    code: str
    rules: tuple[ModelRule, ...]
    caps: tuple[ModelCap, ...]
    budget: int | None
    group: str | None
    priority: int
    counts: str = ""
    segment: str = ""


class Bought(NamedTuple):
    """What a purchase came to: each campaign's award as kind and amount, the campaigns whose counter moved, and what each
    one's segment saw.
    """

    awards: dict[str, tuple[str, int]]
    counted: set[str]
    saw: dict[str, dict[str, int]]


VOUCHERS_MAX = 3
"""As many vouchers as a member may receive."""


@dataclass
class CampaignModel:
    """What was awarded so far."""

    campaigns: Sequence[ModelCampaign]
    zone: str
    enrolled_at: datetime
    had: Counter[object] = field(default_factory=Counter)
    used: Counter[object] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    moved: Counter[object] = field(default_factory=Counter)
    paid: set[object] = field(default_factory=set)
    vouchers: Counter[str] = field(default_factory=Counter)

    def buy(self, member: str, amount: int, at: datetime, now: datetime) -> Bought:
        """What each campaign does about the purchase."""
        local = at.astimezone(ZoneInfo(self.zone))
        bought = Bought({}, set(), {})
        groups: set[str] = set()
        for campaign in sorted(self.campaigns, key=lambda each: (each.priority, each.code)):
            if now - at > LATE or not self._means(campaign, member, local.date(), bought):
                continue
            if CONDITIONS[campaign.counts](amount, local.hour):
                self.moved[campaign.code, member, local.date()] += 1
                bought.counted.add(campaign.code)
            if campaign.group is not None and campaign.group in groups:
                continue
            award = self._award(campaign, member, amount, local)
            if award is None:
                continue
            bought.awards[campaign.code] = award
            self.had[campaign.code, member] += 1
            self._use(campaign, member, award, local.date())
            groups |= {campaign.group} if campaign.group is not None else set()
        return bought

    def _means(self, campaign: ModelCampaign, member: str, day: date, bought: Bought) -> bool:
        """Whether the segment holds; what it sees is told."""
        enrolled = max(0, (day - self.enrolled_at.astimezone(ZoneInfo(self.zone)).date()).days)
        sees = {
            "awards.total": self.had[campaign.code, member],
            "progress.n": self.moved[campaign.code, member, day],
            "member.enrolled_days": enrolled,
            "attribute.risk": 0,
        }
        bought.saw[campaign.code] = {name: value for name, value in sees.items() if name in campaign.segment}
        return SEGMENTS[campaign.segment](sees["awards.total"], sees["progress.n"], enrolled)

    def take_back(self, member: str, at: datetime, counted: set[str]) -> None:
        """The first part of a refund takes the one step of each counter back, on the purchase's day."""
        for code in counted:
            self.moved[code, member, at.astimezone(ZoneInfo(self.zone)).date()] -= 1

    def give_back(self, code: str, points: int) -> None:
        """A refund returns budget and nothing else."""
        self.spent[code] -= points

    def left(self, campaign: ModelCampaign) -> int:
        """What its budget has."""
        return (campaign.budget or 0) - self.spent[campaign.code]

    def _award(self, campaign: ModelCampaign, member: str, amount: int, local: datetime) -> tuple[str, int] | None:
        """Of the first rule that gives anything."""
        day = local.date()
        for place, rule in enumerate(campaign.rules):
            if not CONDITIONS[rule.when](amount, local.hour) or not self._has_come_so_far(campaign, place, member, day):
                continue
            is_voucher = rule.gives == "voucher"
            wanted = 1 if is_voucher else amount * rule.rate * rule.percent // (rule.per * 100)
            given = self._within(campaign, member, wanted, day, is_voucher=is_voucher)
            is_paid = is_voucher or campaign.budget is None or given <= self.left(campaign)
            if given and is_paid and not (is_voucher and self.vouchers[member] == VOUCHERS_MAX):
                self.vouchers[member] += is_voucher
                self.paid.add((campaign.code, place, member, day))
                return rule.gives, given
        return None

    def _has_come_so_far(self, campaign: ModelCampaign, place: int, member: str, day: date) -> bool:
        rule = campaign.rules[place]
        days = [day - timedelta(days=back) for back in range(rule.streak)]
        return (
            self.moved[campaign.code, member, day] >= rule.progress
            and all(self.moved[campaign.code, member, each] for each in days)
            and not any((campaign.code, place, member, each) in self.paid for each in days)
        )

    def _within(self, campaign: ModelCampaign, member: str, wanted: int, day: date, *, is_voucher: bool) -> int:
        points = wanted
        for cap in sorted(campaign.caps, key=lambda cap: cap.refuses or cap.of_awards):
            left = cap.limit - self.used[_bucket(campaign, cap, member, day)]
            if cap.of_awards:
                points = points if left >= 1 else 0
            elif points > left and not is_voucher:
                points = 0 if cap.refuses else left
        return points

    def _use(self, campaign: ModelCampaign, member: str, award: tuple[str, int], day: date) -> None:
        points = 0 if award[0] == "voucher" else award[1]
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
