"""How much may wait."""

import asyncio
from dataclasses import replace

from graphql_api.bootstrap import open_application
from graphql_api.settings import Settings
from ledger.points.reverse import ReverseEntry
from tests.points_world import World


async def test_commands_that_are_looked_up_count_as_waiting(
    world: World, settings: Settings, database_url: str
) -> None:
    """Of ten at once two are taken where two may wait, though none of them has come to the queue yet."""
    async with open_application(replace(settings, queue_limit=2), url=database_url) as narrow:
        reverses = [ReverseEntry(actor=world.actor, key=f"r{n}", entry_id=world.members[0]) for n in range(10)]
        outcomes = await asyncio.gather(*map(narrow.engine.execute, reverses))
        again = await narrow.engine.execute(reverses[9])

    codes = [outcome.refusal.code for outcome in outcomes if outcome.refusal]
    assert codes == ["ENTRY_NOT_FOUND"] * 2 + ["OVERLOADED"] * 8
    assert again.refusal is not None
    assert again.refusal.code == "ENTRY_NOT_FOUND"
