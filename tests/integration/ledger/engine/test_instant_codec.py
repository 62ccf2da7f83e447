"""Instants go to PostgreSQL and come back as by the driver's own codec."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeAlias
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine import instant_codec
from ledger.engine.database import Database
from ledger.engine.instant_codec import INSTANTS_KEPT, encode_instant

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_123, UTC)
SENT = (
    NOW,
    NOW.astimezone(ZoneInfo("Asia/Shanghai")),
    NOW.astimezone(timezone(timedelta(hours=-11, minutes=-30))),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(1, 1, 1, 0, 0, 0, 1, UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime.max,  # noqa: DTZ901 - the driver's infinity
    datetime.min,  # noqa: DTZ901 - the driver's infinity
    datetime(2026, 3, 4, 5, 6, 7),  # noqa: DTZ001 - local time
)


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[Connection]:
    """A connection for batches."""
    connection = await Database(database_url, book_schema="book", pool_size=1).open_writer()
    yield connection
    await connection.close()


@pytest.mark.parametrize("instant", SENT, ids=str)
async def test_an_instant_is_sent_and_read_as_by_the_driver(
    database_url: str, writer: Connection, instant: datetime
) -> None:
    """Of any time zone, at both ends of time and beyond them; as a column, in a record and in an array."""
    plain = await asyncpg.connect(database_url)
    sent = "SELECT timestamptz_send($1), $1::timestamptz, ROW($1), ARRAY[ROW($1)], ARRAY[$1], isfinite($1)"
    expected = await plain.fetchrow(sent, instant)
    await plain.close()

    for _ in range(2):
        found = await writer.fetchrow(sent, instant)
        assert found is not None
        assert [*found] == [*(expected or ())]
        assert expected is not None
        assert found[1].tzinfo is expected[1].tzinfo


async def test_equal_instants_are_one_object(writer: Connection) -> None:
    """Also of different rows and statements, in records and out of them."""
    asked = "SELECT timestamptz '2026-03-04 05:06:07', ROW(timestamptz '2026-03-04 06:06:07+01')"
    first, second = await writer.fetchrow(asked), await writer.fetchrow(asked)
    assert first is not None
    assert second is not None
    assert first[0] is first[1][0] is second[0]
    assert first[0] == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


async def test_no_more_instants_are_kept_than_a_few_thousand(writer: Connection) -> None:
    """Reading any number of different ones leaves a bounded number behind, each of them right."""
    many = INSTANTS_KEPT * 2 + 1
    asked = "SELECT $1::timestamptz + n * interval '1 microsecond' FROM generate_series(1, $2) AS n"
    found = [row[0] for row in await writer.fetch(asked, NOW, many)]
    assert found == [NOW + timedelta(microseconds=n) for n in range(1, many + 1)]
    assert len(instant_codec._INSTANTS) <= INSTANTS_KEPT


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.timezones()))  # noqa: DTZ001
def test_every_instant_is_counted_from_the_year_2000(instant: datetime) -> None:
    """What is packed is read again as the same instant."""
    assert instant_codec._INSTANTS[encode_instant(instant)] - instant == timedelta(0)
