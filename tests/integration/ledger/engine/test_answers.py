"""Who is answered, and when: the units of a submission are decided apart, and its caller hears of all at once."""

import asyncio
import gc
from datetime import datetime
from typing import Any, NoReturn

import pytest

from ledger.engine.engine import Engine
from ledger.engine.queue import Limits
from ledger.engine.reader import Reader
from ledger.engine.state import State
from ledger.points.earn import EarnPoints
from tests.points_world import World


class BrokenLook(EarnPoints):
    """An earn that meets a bug before it is queued."""

    must_find = True

    async def find(self, reader: Reader) -> NoReturn:
        """The bug."""
        raise ZeroDivisionError(reader)


class BrokenFootprint(EarnPoints):
    """An earn that meets a bug as it is queued."""

    def footprint(self) -> NoReturn:
        """The bug."""
        raise ZeroDivisionError


class BrokenDecision(EarnPoints):
    """An earn that meets a bug in a batch."""

    def decide(self, state: State, now: datetime) -> NoReturn:
        """The bug."""
        raise ZeroDivisionError(now)


def earn(world: World, number: int, kind: type[EarnPoints] = EarnPoints) -> EarnPoints:
    """An earn of one of the members, in points of its own number."""
    member = world.members[number % 8]
    return kind(actor=world.actor, key=f"e{number}", member_id=member, asset="EVER", amount=number + 1)


async def keys_used(world: World) -> list[str]:
    """The keys that were decided on, in the order of the alphabet."""
    rows = await world.connection.fetch("SELECT key FROM book.requests ORDER BY key")
    return [row["key"] for row in rows]


@pytest.mark.parametrize("kind", [BrokenLook, BrokenFootprint, BrokenDecision])
async def test_a_bug_is_raised_once_and_leaves_the_other_items_alone(world: World, kind: type[EarnPoints]) -> None:
    """Two items meet a bug: the caller is told of the first, nobody asks about the second, and the others stand."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    engine = world.application.engine
    items = [earn(world, 0), earn(world, 1, kind), earn(world, 2), earn(world, 3, kind), earn(world, 4)]

    with pytest.raises(ZeroDivisionError):
        await engine.execute_list(items)
    await engine.stop()
    gc.collect()

    assert await keys_used(world) == ["e0", "e2", "e4"]
    assert complaints == []


async def test_a_bug_in_an_atomic_list_undoes_it(world: World) -> None:
    """Its caller is told, and nothing of it stands."""
    items = [earn(world, 0), earn(world, 1, BrokenDecision)]

    with pytest.raises(ZeroDivisionError):
        await world.application.engine.execute_group(items, "g")

    assert await keys_used(world) == []


@pytest.mark.parametrize("count", [1, 5])
async def test_what_nobody_waits_for_any_more_is_not_decided(world: World, count: int) -> None:
    """A caller that goes away before a writer took its items leaves nothing behind; who came after it is decided."""
    engine = world.application.engine
    gone = asyncio.create_task(engine.execute_list([earn(world, number) for number in range(count)]))
    later = asyncio.create_task(engine.execute(earn(world, 8)))
    await asyncio.sleep(0)

    gone.cancel()
    outcome = await later

    assert outcome.unwrap().posted == 9
    assert gone.cancelled()
    assert await keys_used(world) == ["e8"]


async def test_a_caller_that_goes_away_takes_nothing_back(world: World) -> None:
    """What a writer has taken is decided; asked again by the same keys, it is a replay."""
    engine = world.application.engine
    items = [earn(world, number) for number in range(5)]
    gone = asyncio.create_task(engine.execute_list(items))
    while len(engine._lanes) or engine._lanes.is_idle:  # noqa: ASYNC110  nobody tells when a batch is taken
        await asyncio.sleep(0)

    gone.cancel()
    again = await engine.execute_list(items)

    assert all(outcome.replayed for outcome in again)
    assert await keys_used(world) == [f"e{number}" for number in range(5)]


async def test_an_answer_comes_when_the_last_item_is_decided(world: World) -> None:
    """A list that many small batches share: all its outcomes, in input order."""
    application = world.application
    limits = Limits(batch_commands_min=1, batch_commands_max=2)
    small = Engine(
        application.database, application.engine._runner, application.reader, application.engine._observer, limits
    )
    await small.start()
    items = [earn(world, number) for number in range(8)]

    outcomes = await small.execute_list(items)
    await small.stop()

    assert [outcome.unwrap().amount for outcome in outcomes] == [1, 2, 3, 4, 5, 6, 7, 8]
