"""Scalars are strict in, canonical out, and never guess."""

import math
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.scalars import (
    SCALAR_MAP,
    IdempotencyKey,
    parse_date,
    parse_date_time,
    parse_idempotency_key,
    parse_integer,
    serialize_date,
    serialize_date_time,
    serialize_integer,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
TICK = timedelta(microseconds=1)
FIRST = (datetime.min.replace(tzinfo=UTC) + TICK).replace(tzinfo=None)
LAST = (datetime.max.replace(tzinfo=UTC) - TICK).replace(tzinfo=None)
"""The ends of the calendar themselves are infinities to PostgreSQL's driver, and refused."""


@given(INT64)
def test_an_integer_survives_the_round_trip(value: int) -> None:
    """Out as a decimal string, in as that string or as an integer."""
    assert parse_integer(serialize_integer(value)) == parse_integer(value) == value


@pytest.mark.parametrize(
    "value",
    [
        1.0, 1e3, math.nan, True, False, None, [], {}, b"1",
        "", " 1", "1 ", "+1", "01", "-0", "--1", "1.0", "1e3", "0x1", "1_000", "\N{ARABIC-INDIC DIGIT ONE}", "\N{FULLWIDTH DIGIT ONE}", "²", "1\n",
        2**63, -(2**63) - 1, "9223372036854775808", "-9223372036854775809", "9" * 5_000,
    ],
)  # fmt: skip
def test_anything_else_is_no_integer(value: object) -> None:
    """Floats, booleans, foreign digits, signs, zeros in front, spaces and numbers over 64 bits are refused."""
    with pytest.raises(GraphQLError):
        parse_integer(value)


@given(st.text() | st.floats() | st.booleans() | st.none() | st.binary())
def test_parsing_fails_in_one_way_only(value: object) -> None:
    """Whatever comes in, a scalar gives a value or a GraphQLError."""
    for parse in (parse_integer, parse_date_time, parse_date, parse_idempotency_key):
        try:
            parse(value)
        except GraphQLError:
            continue


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_an_instant_survives_the_round_trip(value: datetime) -> None:
    """RFC 3339 in UTC keeps microseconds."""
    text = serialize_date_time(value)

    assert parse_date_time(text) == value
    assert text.endswith("Z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T23:59:59Z", datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-01-31t23:59:59z", datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-02-01T01:59:59.5+02:00", datetime(2026, 1, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
    ],
)
def test_offsets_become_utc(text: str, expected: datetime) -> None:
    """An instant is one instant, whatever its offset."""
    assert parse_date_time(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-31T23:59:59", "2026-01-31", "2026-01-31 23:59:59Z", "2026-01-31T23:59Z", "2026-01-31T24:00:00Z",
        "2026-02-30T00:00:00Z", "2026-01-31T23:59:60Z", "2026-01-31T23:59:59.1234567Z", "20260131T235959Z",
        "2026-01-31T23:59:59+0200", "2026-01-31T23:59:59+99:00", "0001-01-01T00:00:00+23:00", "2026-W01-1T00:00:00Z",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T22:59:59.999999-01:00",
        1767225600, None, "٢٠٢٦-01-31T23:59:59Z",
    ],
)  # fmt: skip
def test_anything_else_is_no_instant(value: object) -> None:
    """Naive times, other formats, absent days and precision beyond microseconds are refused."""
    with pytest.raises(GraphQLError):
        parse_date_time(value)


def test_a_naive_time_is_never_written() -> None:
    """A naive time in an answer is a bug."""
    with pytest.raises(TypeError):
        serialize_date_time(datetime(2026, 1, 1))  # noqa: DTZ001

    offset = timezone(timedelta(hours=2))
    assert serialize_date_time(datetime(2026, 1, 1, 1, tzinfo=offset)) == "2025-12-31T23:00:00.000000Z"


@pytest.mark.parametrize("value", ["2026-1-1", "2026-02-29", "20260101", "2026-W01-1", "2026-01-01T00:00:00Z", 5])
def test_anything_else_is_no_date(value: object) -> None:
    """Only YYYY-MM-DD of a day that exists."""
    with pytest.raises(GraphQLError):
        parse_date(value)


def test_dates_are_dates() -> None:
    """A date survives the round trip; an instant is not written as a date."""
    assert parse_date(serialize_date(date(2024, 2, 29))) == date(2024, 2, 29)
    with pytest.raises(TypeError):
        serialize_date(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("value", ["", "a" * 256, "a\n", "\t", "é", "a\x00", "\x7f", 5, None])
def test_anything_else_is_no_key(value: object) -> None:
    """An idempotency key has 1 to 255 printable ASCII characters."""
    with pytest.raises(GraphQLError):
        parse_idempotency_key(value)


@pytest.mark.parametrize("literal", ["KEY", "5", "true", "[]"])
def test_a_key_in_a_document_is_a_string(literal: str) -> None:
    """A name without quotes would pass for one."""
    parse_literal = SCALAR_MAP[IdempotencyKey].parse_literal
    assert parse_literal is not None
    assert parse_literal(parse_value('"KEY"'), None) == "KEY"
    with pytest.raises(GraphQLError):
        parse_literal(parse_value(literal), None)


def test_every_scalar_says_where_it_is_specified() -> None:
    """@specifiedBy and a description on each."""
    assert all(scalar.specified_by_url and scalar.description for scalar in SCALAR_MAP.values())
