"""The present: batches share it, and whoever has it alone has it for a moment only (docs/decisions/0027)."""

import asyncio

import asyncpg
import pytest

from ledger.points.earn import EarnPoints
from tests.points_world import World


async def test_a_batch_is_decided_after_whoever_has_the_present(world: World) -> None:
    """It waits until that is committed, and its instant is later."""
    async with world.application.units.begin() as work:
        taken_at = await work.take_present()
        earning = asyncio.create_task(world.application.engine.execute(earn(world)))
        done, _ = await asyncio.wait([earning], timeout=0.3)

    assert not done
    assert (await earning).unwrap().posted_at > taken_at


async def test_whoever_stands_still_with_the_present_loses_it(world: World) -> None:
    """A process that is paused in the middle of a change stops the ledger for two seconds, and the change is undone."""
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await _take_and_stand_still(world)


async def _take_and_stand_still(world: World) -> None:
    """Takes the present and does nothing until somebody else was served."""
    async with world.application.units.begin() as work:
        await work.take_present()
        async with asyncio.timeout(10):
            (await world.application.engine.execute(earn(world))).unwrap()


def earn(world: World) -> EarnPoints:
    """A point for the first member."""
    return EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], asset="EVER", amount=1)
