"""Local days: the calendar of a programme's IANA time zone."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_MICROSECOND = timedelta(microseconds=1)
_SEARCH = timedelta(hours=26)
FIRST_START: Final = date(1900, 1, 1)
LAST_START: Final = date(2200, 1, 1)
"""Between these days something may begin: whatever is counted from there stays within the calendar."""


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The zone of that name; ZoneInfoNotFoundError where the IANA database has none."""
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def local_date(instant: datetime, time_zone: str) -> date:
    """The day that the wall calendar of the zone shows at `instant`; the commands of a batch ask for the same one."""
    return instant.astimezone(zone(time_zone)).date()


@lru_cache(maxsize=4096)
def first_instant(day: date, time_zone: str) -> datetime:
    """The first instant of a local day, in UTC; also where daylight saving skips midnight (semantics 4.2)."""
    midnight = datetime.combine(day, time.min, tzinfo=zone(time_zone)).astimezone(UTC)
    if local_date(midnight - _MICROSECOND, time_zone) < day:
        return midnight
    return _search_first(midnight - _SEARCH, midnight, day, time_zone)


def _search_first(before: datetime, after: datetime, day: date, time_zone: str) -> datetime:
    """Halves [before, after] down to the microsecond at which the local date becomes `day`."""
    while after - before > _MICROSECOND:
        middle = before + (after - before) / 2
        if local_date(middle, time_zone) < day:
            before = middle
        else:
            after = middle
    return after


def end_of(day: date, time_zone: str) -> datetime:
    """The instant at which a local day is over: the first instant of the next (half-open, semantics preamble)."""
    return first_instant(day + timedelta(days=1), time_zone)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on, clamped to the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_of_months(day: date, months: int) -> date:
    """The last day of the block of `months` months (1, 3, 6 or 12, counted from January) that `day` lies in."""
    month = (day.month - 1) // months * months + months
    return date(day.year, month, calendar.monthrange(day.year, month)[1])
