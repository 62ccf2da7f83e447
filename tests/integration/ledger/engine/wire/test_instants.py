"""Instants come back from PostgreSQL as by the driver's own codec."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.engine.wire.instants import INSTANTS, INSTANTS_KEPT
from ledger.engine.wire.pipeline import Pipeline, Statement
from tests.integration.ledger.engine.wire.conftest import Connection

ASKED = (
    "2026-03-04 05:06:07.890123+08",
    "1999-12-31 23:59:59.999999+00",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
    "infinity",
    "-infinity",
)


@pytest.mark.parametrize("text", ASKED)
async def test_an_instant_is_read_as_by_the_driver(plain: Connection, writer: Pipeline, text: str) -> None:
    """At both ends of time and beyond them, whether it was seen before or not."""
    sql = f"SELECT timestamptz '{text}'"
    expected = await plain.fetchval(sql)
    for _ in range(2):
        [[(found,)]] = await writer.run([Statement(sql)])
        assert found == expected
        assert found.tzinfo is expected.tzinfo


async def test_equal_instants_are_one_object(writer: Pipeline) -> None:
    """Also of different rows and statements."""
    asked = "SELECT timestamptz '2026-03-04 05:06:07', timestamptz '2026-03-04 06:06:07+01'"
    [[first], [second]] = await writer.run([Statement(asked), Statement(asked + " -- again")])
    assert first[0] is first[1]
    assert first[0] is second[0]
    assert first[0] == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


async def test_no_more_instants_are_kept_than_a_few_thousand(writer: Pipeline) -> None:
    """Reading any number of different ones leaves a bounded number behind, each of them right."""
    many = INSTANTS_KEPT * 2 + 1
    asked = f"SELECT timestamptz '2026-03-04' + n * interval '1 microsecond' FROM generate_series(1, {many}) AS n"
    [found] = await writer.run([Statement(asked)])
    begin = datetime(2026, 3, 4, tzinfo=UTC)
    assert [instant for (instant,) in found] == [begin + timedelta(microseconds=n) for n in range(1, many + 1)]
    assert len(INSTANTS) <= INSTANTS_KEPT
