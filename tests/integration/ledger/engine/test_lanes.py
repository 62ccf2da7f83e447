"""Short submissions go before long ones (docs/decisions/0023)."""

import asyncio

from ledger.engine.unit import LIST_MAX
from ledger.points.earn import EarnPoints
from tests.points_world import World


def earn(world: World, number: int) -> EarnPoints:
    """An earn of one of the members."""
    return EarnPoints(actor=world.actor, key=f"e{number}", member_id=world.members[number % 8], asset="EVER", amount=1)


async def test_a_till_does_not_wait_for_a_list(world: World) -> None:
    """A single command that came after lists of a thousand is answered before any of them; they all stand in the end."""
    engine = world.application.engine
    items = [earn(world, number) for number in range(2 * LIST_MAX)]
    lists = [asyncio.create_task(engine.execute_list(part)) for part in (items[:LIST_MAX], items[LIST_MAX:])]
    await asyncio.sleep(0)

    single = await engine.execute(earn(world, 2 * LIST_MAX))

    assert not any(each.done() for each in lists)
    assert single.refusal is None
    outcomes = [outcome for each in await asyncio.gather(*lists) for outcome in each]
    assert len(outcomes) == 2 * LIST_MAX
    assert all(outcome.refusal is None for outcome in outcomes)
