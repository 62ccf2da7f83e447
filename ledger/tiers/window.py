"""Windows: over which local days what brings a member up is counted. Pure.

What is credited is kept in buckets by the first local day of each: a day of a rolling window, a period of the others. A
bucket is kept as long as a window that may still be looked at contains it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, assert_never

from ledger.programme.calendar import add_months, last_of_months
from ledger.tiers.ladder_body import PackPeriod, Window, WindowKind

Buckets = Mapping[str, int]
"""By the ISO date of each bucket's first local day: such texts sort as their days do, and need no reading."""
MONTHS: Final = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
"""The months of a calendar period."""
DAY: Final = timedelta(days=1)


def period_start(day: date, months: int) -> date:
    """The first day of the block of `months` months, counted from January, that `day` lies in."""
    return add_months(last_of_months(day, months).replace(day=1), 1 - months)


def pack_starts_on(period: PackPeriod, day: date) -> date:
    """The first local day of the period in which a pack is given once."""
    return period_start(day, MONTHS[period])


def length_days(window: Window) -> int:
    """The days of a rolling window; how many a calendar period has at least."""
    match window.kind:
        case WindowKind.ROLLING:
            return window.days or 1
        case WindowKind.MONTH:
            return 28
        case WindowKind.QUARTER:
            return 90
        case WindowKind.YEAR:
            return 365
        case _:
            assert_never(window.kind)


def starts_on(window: Window, day: date) -> date:
    """The first day of the window that ends with `day`, or of the period that `day` lies in."""
    if window.kind == WindowKind.ROLLING:
        return day - timedelta(days=length_days(window) - 1)
    return period_start(day, MONTHS[window.kind])


def bucket_of(window: Window, day: date) -> date:
    """The bucket into which what occurred on `day` is counted."""
    return day if window.kind == WindowKind.ROLLING else starts_on(window, day)


def kept_from(window: Window, today: date) -> date:
    """The first bucket that matters today: of a calendar window, that of the period before."""
    start = starts_on(window, today)
    return start if window.kind == WindowKind.ROLLING else starts_on(window, start - DAY)


def counted(window: Window, buckets: Buckets, today: date) -> int:
    """What the window of today contains."""
    start, end = starts_on(window, today).isoformat(), today.isoformat()
    return sum(amount for day, amount in buckets.items() if start <= day <= end)


def counted_before(window: Window, buckets: Buckets, today: date) -> int:
    """What the calendar period before today's contains; nothing of a rolling window, which never ends."""
    if window.kind == WindowKind.ROLLING:
        return 0
    return buckets.get(starts_on(window, starts_on(window, today) - DAY).isoformat(), 0)


def next_period(window: Window, today: date) -> date:
    """The first day of the next calendar period; tomorrow for a rolling window."""
    if window.kind == WindowKind.ROLLING:
        return today + DAY
    return add_months(starts_on(window, today), MONTHS[window.kind])


def first_below(window: Window, buckets: Buckets, threshold: int, after: date) -> date | None:
    """The first local day after `after` whose rolling window holds less than `threshold`, if nothing more comes."""
    left = counted(window, buckets, after + DAY)
    if left < threshold:
        return after + DAY
    start = starts_on(window, after + DAY).isoformat()
    for day in sorted(day for day in buckets if day >= start):
        left -= buckets[day]
        if left < threshold:
            return date.fromisoformat(day) + timedelta(days=length_days(window))
    return None
