"""The sandbox clock: it moves forward, in steps, and stays where everything that is counted from it fits the calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.book.refusal import Refusal
from ledger.programme.sandbox import STEP_MAX, advance_clock
from tests.bank import Bank


async def test_the_clock_stays_within_the_calendar(bank: Bank) -> None:
    """What may begin ends before the calendar does; from 2200 on, an expiry might lie beyond the year 9999."""
    operator, units = bank.actor("operator", "olga"), bank.application.units
    last = datetime(2200, 1, 1, tzinfo=UTC)
    await bank.advance(last - await bank.now() - timedelta(days=30))
    member_id = await bank.enrol("ines")

    moved = await advance_clock(units, operator, until=last)
    for beyond in (last + timedelta(days=1), last, last + STEP_MAX + timedelta(days=1)):
        with pytest.raises(Refusal, match="INVALID_INPUT"):
            await advance_clock(units, operator, until=beyond)
    await bank.earn(member_id, 5)

    assert moved == last
    assert last <= await bank.now() < last + timedelta(minutes=5)
