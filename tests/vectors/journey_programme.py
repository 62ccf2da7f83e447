"""The Complete Journey year under `examples/journey.toml`, worked out by hand: no product code, no rule engine, no file.

The rules as a person would tell them, over the raw files in the order of time: a point for every whole dollar, raised by
the status that a household held before the basket; a second one at weekends; 100 for a large basket, once a day, for the
first thousand in winter; 1,000 for whoever spends 500 dollars in a quarter. Run it as a script to see the figures.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from tests.vectors.journey_replay import FIRST_DAY, LAST_CLOCK, Sale, read_sales

WINTER = (date(2017, 1, 16), date(2017, 3, 31))
WINTER_CENTS, WINTER_POINTS, WINTER_AWARDS = 7_500, 100, 1_000
QUARTER_CENTS, QUARTER_POINTS = 50_000, 1_000
STATUS_DAYS, GRACE_DAYS = 90, 30
STATUS = (("basic", 0, 100), ("silver", 50_000, 125), ("gold", 120_000, 150))
"""Level, cents within the last ninety days, percent of the base points."""


class Given(NamedTuple):
    """What one campaign gave: how often, how much, to how many households."""

    awards: int
    points: int
    households: int


@dataclass(kw_only=True)
class Household:
    """What is known of a household while the year goes on."""

    spent_on: Counter[date] = field(default_factory=Counter)
    spent_in: Counter[tuple[int, int]] = field(default_factory=Counter)
    rewarded: set[tuple[int, int]] = field(default_factory=set)
    winter_days: set[date] = field(default_factory=set)
    level: int = 0
    falls_on: date | None = None
    seen: date = FIRST_DAY


@dataclass(kw_only=True)
class Year:
    """What the baskets came to: the points of each, by its number, and each campaign's part of them."""

    points: dict[int, int] = field(default_factory=dict)
    awards: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    winners: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    levels: Counter[str] = field(default_factory=Counter)

    def of(self, campaign: str) -> Given:
        """What that campaign gave."""
        return Given(self.awards[campaign], self.given[campaign], len(self.winners[campaign]))


def live(sales: Iterable[Sale], clock: date = LAST_CLOCK) -> Year:
    """The year, or its beginning, up to the first instant of `clock`."""
    year, households = Year(), defaultdict[int, Household](Household)
    for sale in sales:
        if sale.cents == 0:
            continue
        household, today = households[sale.household_id], sale.at.date()
        _pass_time(household, today)
        for campaign, points in _earned(household, sale, year):
            if points:
                year.awards[campaign] += 1
                year.given[campaign] += points
                year.winners[campaign].add(sale.household_id)
                year.points[sale.basket_id] = year.points.get(sale.basket_id, 0) + points
        household.spent_on[today] += sale.cents
        _rise(household, today)
    for household in households.values():
        _pass_time(household, clock)
        year.levels[STATUS[household.level][0]] += 1
    return year


def _earned(household: Household, sale: Sale, year: Year) -> list[tuple[str, int]]:
    today, quarter = sale.at.date(), (sale.at.year, (sale.at.month - 1) // 3)
    earned = [("base", sale.cents * STATUS[household.level][2] // 10_000)]
    household.spent_in[quarter] += sale.cents
    if household.spent_in[quarter] >= QUARTER_CENTS and quarter not in household.rewarded:
        household.rewarded.add(quarter)
        earned.append(("challenge", QUARTER_POINTS))
    if today.weekday() >= 5:
        earned.append(("weekend", sale.cents // 100))
    is_large = sale.cents >= WINTER_CENTS and WINTER[0] <= today <= WINTER[1]
    if is_large and today not in household.winter_days and year.awards["winter"] < WINTER_AWARDS:
        household.winter_days.add(today)
        earned.append(("winter", WINTER_POINTS))
    return earned


def _spent(household: Household, today: date) -> int:
    first = today - timedelta(days=STATUS_DAYS - 1)
    return sum(cents for day, cents in household.spent_on.items() if first <= day <= today)


def _rise(household: Household, today: date) -> None:
    spent = _spent(household, today)
    while household.level + 1 < len(STATUS) and spent >= STATUS[household.level + 1][1]:
        household.level += 1
        household.falls_on = None
    if spent >= STATUS[household.level][1]:
        household.falls_on = None


def _pass_time(household: Household, until: date) -> None:
    """Every midnight since the last basket: whoever lacks what its level asks has thirty days to make up for it."""
    day = household.seen
    while day < until and household.level:
        day += timedelta(days=1)
        spent = _spent(household, day)
        if spent >= STATUS[household.level][1]:
            household.falls_on = None
        elif household.falls_on is None:
            household.falls_on = day + timedelta(days=GRACE_DAYS)
        elif household.falls_on <= day:
            household.level = max(place for place, level in enumerate(STATUS) if level[1] <= spent)
            household.falls_on = None
    household.seen = until
    old = until - timedelta(days=STATUS_DAYS)
    for gone in [gone for gone in household.spent_on if gone < old]:
        del household.spent_on[gone]


if __name__ == "__main__":
    lived = live(read_sales())
    told = {campaign: lived.of(campaign)._asdict() for campaign in sorted(lived.awards)}
    figures = {"earns": len(lived.points), "points": sum(lived.points.values()), "levels": lived.levels}
    sys.stdout.write(json.dumps({**figures, "campaigns": told}, indent=2) + "\n")
