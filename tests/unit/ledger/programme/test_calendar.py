"""Local days of every zone: when they begin, and months that are clamped."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.programme.calendar import add_months, end_of, first_instant, last_of_months, local_date
from ledger.programme.expiry import last_good_day, parse_expiry

ZONES = st.sampled_from(sorted(available_timezones()))
DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))
SMALLEST = timedelta(microseconds=1)


@given(ZONES, DAYS)
def test_a_day_begins_where_the_date_changes(zone: str, day: date) -> None:
    """Before the first instant it is an earlier day, at it the day or, where a day was skipped whole, a later one."""
    begins = first_instant(day, zone)

    assert local_date(begins - SMALLEST, zone) < day
    assert local_date(begins, zone) >= day
    assert end_of(day, zone) >= begins


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("UTC", date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2018, 2, 18), datetime(2018, 2, 18, 3, tzinfo=UTC)),
        ("Europe/Berlin", date(2024, 4, 1), datetime(2024, 3, 31, 22, tzinfo=UTC)),
        ("Europe/Berlin", date(2024, 10, 28), datetime(2024, 10, 27, 23, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Asia/Shanghai", date(2024, 1, 1), datetime(2023, 12, 31, 16, tzinfo=UTC)),
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
    ],
)
def test_known_first_instants(zone: str, day: date, expected: datetime) -> None:
    """Also where midnight was skipped, from before it on too, came twice, or a whole day never was."""
    assert first_instant(day, zone) == expected


@given(DAYS, st.integers(0, 240))
def test_months_are_clamped_never_spilt(day: date, months: int) -> None:
    """The month is the one asked for, the day the same or the month's last."""
    later = add_months(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@given(DAYS, st.sampled_from([1, 3, 6, 12]))
def test_rounding_up_ends_a_block(day: date, months: int) -> None:
    """The end of the month, quarter, half-year or year that the day lies in, not before it."""
    last = last_of_months(day, months)

    assert last >= day
    assert last.month % months == 0
    assert (last + timedelta(days=1)).day == 1
    assert last.year == day.year
    assert last.month - day.month < months


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6 month",
        "0 days",
        "6 months to week",
        "inactive 6 months to month",
        "on 2024-13-01",
        "on 1.1.2024",
        "-1 days",
        "on 2024-13-01, inactive 6 months",
        "on 2024-12-01, 6 months",
        "inactive 6 months, on 2024-12-01",
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    """ValueError, never a guess."""
    with pytest.raises(ValueError, match=r".+"):
        parse_expiry(text)


@given(DAYS, st.integers(1, 999), st.sampled_from(["days", "months", "years"]))
def test_a_life_is_never_shorter_than_promised(day: date, count: int, unit: str) -> None:
    """Rounding up lengthens, and lengthens by less than the block."""
    count = count % 50 + 1
    plain = last_good_day(parse_expiry(f"{count} {unit}"), day)
    assert plain is not None
    assert plain > day

    for block, days in (("month", 31), ("quarter", 92), ("half-year", 184), ("year", 366)):
        rounded = last_good_day(parse_expiry(f"{count} {unit} to {block}"), day)
        assert rounded is not None
        assert plain <= rounded < plain + timedelta(days=days)
