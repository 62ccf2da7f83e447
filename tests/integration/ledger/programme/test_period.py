"""Periods close forward only, once all that falls in them is posted, and then each answer about them is final."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.request import request_id
from ledger.points.as_of_query import balance_as_of
from ledger.programme.period import close_period
from tests.bank import Bank


async def test_a_period_closes_only_forward_and_only_what_is_past(bank: Bank) -> None:
    """EFFECTIVE_IN_FUTURE for an end to come, PERIOD_CLOSED for going back; an earn before it is refused then."""
    units, actor = bank.application.units, bank.actor("operator", "olga")
    member = await bank.enrol("m-1")
    until = datetime.now(UTC) - timedelta(days=2)

    closed = await close_period(units, actor, until=until)
    codes = []
    for wrong in (until + timedelta(days=9), until, until - timedelta(days=1)):
        with pytest.raises(Refusal) as refused:
            await close_period(units, actor, until=wrong)
        codes.append(refused.value.code)
    with pytest.raises(Refusal) as early:
        await bank.earn(member, 1, effective_at=until - timedelta(seconds=1))
    await bank.earn(member, 1, effective_at=until)

    assert (closed.open_from, closed.version) == (until, 2)
    assert codes == ["EFFECTIVE_IN_FUTURE", "PERIOD_CLOSED", "PERIOD_CLOSED"]
    assert early.value.code == RefusalCode.PERIOD_CLOSED


async def test_a_period_closes_after_everything_due_in_it_is_posted(bank: Bank) -> None:
    """PERIOD_NOT_SETTLED counts the wallets; once a write has posted what was due, the period closes."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 5)
    await bank.advance(timedelta(days=300))
    until = datetime.now(UTC) + timedelta(days=290)

    with pytest.raises(Refusal) as refused:
        await close_period(bank.application.units, bank.actor(), until=until)
    # An accepted write posts what is due; a refused one leaves nothing.
    await bank.earn(member, 1)
    closed = await close_period(bank.application.units, bank.actor(), until=until)

    assert (refused.value.code, refused.value.facts) == (RefusalCode.PERIOD_NOT_SETTLED, {"wallets": 1})
    assert closed.open_from == until


async def test_a_closed_period_waits_for_what_still_posts_into_it(bank: Bank) -> None:
    """Until whatever began before is over, no answer about the period is final; afterwards each is."""
    member, until = await bank.enrol("m-1"), datetime.now(UTC) - timedelta(days=1)
    await bank.earn(member, 1)
    keeper = await asyncpg.connect(bank.url, server_settings={"session_replication_role": "replica"})
    request = "INSERT INTO book.requests VALUES ($1, 'service:core', 'earn', 'late', '', '', NULL, now())"

    async def told() -> tuple[int, bool]:
        at = until - timedelta(minutes=1)
        found = await balance_as_of(bank.application.reader, bank.programme_id, member, bank.asset(), effective_at=at)
        assert found is not None
        return found.posted, found.is_final

    written = keeper.transaction()
    await written.start()
    await keeper.execute(request, request_id("service:core", "late"))
    earning = asyncio.create_task(bank.earn(member, 5, key="late", effective_at=until - timedelta(hours=1)))
    await bank.until_waiting(1)
    closing = asyncio.create_task(close_period(bank.application.units, bank.actor(), until=until))
    await bank.until_waiting(2)
    before, waits = await told(), not closing.done()
    await written.rollback()
    await earning
    await closing
    await keeper.close()

    assert waits
    assert (before, await told()) == ((0, False), (5, True))
