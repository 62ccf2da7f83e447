"""A stop drains: whoever was taken is decided, whoever comes later is told so, and nobody waits for ever."""

import asyncio

from graphql_api.bootstrap import open_application
from graphql_api.settings import Settings
from ledger.book.refusal import RefusalCode
from ledger.points.earn import EarnPoints
from ledger.points.reverse import ReverseEntry
from tests.points_world import World


async def test_what_was_taken_is_decided_before_the_engine_stops(
    world: World, settings: Settings, database_url: str
) -> None:
    """Six hundred commands that have just been queued are all accepted and committed."""
    async with open_application(settings, url=database_url) as stopping:
        earns = [
            EarnPoints(actor=world.actor, key=f"e{n}", member_id=world.members[n % 8], asset="EVER", amount=1)
            for n in range(600)
        ]
        callers = [asyncio.create_task(stopping.engine.execute(earn)) for earn in earns]
        await asyncio.sleep(0)

    outcomes = await asyncio.wait_for(asyncio.gather(*callers), 10)
    assert all(outcome.refusal is None for outcome in outcomes)
    assert await world.connection.fetchval("SELECT count(*) FROM book.journal_entries") == 600


async def test_a_command_that_is_still_looked_up_is_refused(
    world: World, settings: Settings, database_url: str
) -> None:
    """It was not queued yet when the last writer left, so nothing was decided: the same key may be used again."""
    async with open_application(settings, url=database_url) as stopping:
        reverse = ReverseEntry(actor=world.actor, key="r1", entry_id=world.members[0])
        caller = asyncio.create_task(stopping.engine.execute(reverse))
        await asyncio.sleep(0)
        await stopping.engine.stop()
        outcome = await asyncio.wait_for(caller, 5)

    assert outcome.refusal is not None
    assert outcome.refusal.code == RefusalCode.OVERLOADED
    assert await world.connection.fetchval("SELECT count(*) FROM book.requests") == 0
