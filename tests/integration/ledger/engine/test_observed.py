"""What the observer of the write path is told of a batch."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from graphql_api.bootstrap import Unheard
from ledger.engine.engine import Engine
from ledger.engine.queue import Limits
from ledger.points.earn import EarnPoints
from tests.points_world import World

LOCK_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    " AND application_name = 'scrip'"
)


class Noted(Unheard):
    """Keeps how many commands each batch had, and the waits for it."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, Sequence[float]]] = []

    def batch_done(self, commands: int, waits_s: Sequence[float], decide_s: float, commit_s: float) -> None:
        """Notes one batch."""
        self.batches.append((commands, waits_s))


class Observed:
    """An engine with an observer of its own."""

    def __init__(self, world: World) -> None:
        application = world.application
        self.noted = Noted()
        self.engine = Engine(
            application.database, application.engine._runner, application.reader, self.noted, Limits(writers=1)
        )


@pytest.fixture
async def observed(world: World) -> AsyncIterator[Observed]:
    """The engine, running."""
    made = Observed(world)
    await made.engine.start()
    yield made
    await made.engine.stop()


def earn(world: World, number: int) -> EarnPoints:
    """An earn of one of the members."""
    return EarnPoints(actor=world.actor, key=f"e{number}", member_id=world.members[number % 8], asset="EVER", amount=1)


async def test_a_wait_ends_where_the_batch_begins(world: World, observed: Observed) -> None:
    """However long the batch itself then takes, as it waits for a lock."""
    loop = asyncio.get_running_loop()
    (await observed.engine.execute(earn(world, 0))).unwrap()

    async with world.connection.transaction():
        await world.connection.execute("SELECT FROM book.accounts FOR UPDATE")
        before = loop.time()
        asked = asyncio.create_task(observed.engine.execute(earn(world, 8)))
        while not await world.connection.fetchval(LOCK_WAITS):  # noqa: ASYNC110  the database tells in no other way
            await asyncio.sleep(0.01)
        longest = loop.time() - before
        await asyncio.sleep(0.01)
    (await asked).unwrap()

    [_, (commands, [wait])] = observed.noted.batches
    assert commands == 1
    assert 0 <= wait <= longest


async def test_a_list_waits_once_for_a_batch(world: World, observed: Observed) -> None:
    """Its items came at one moment, and are one wait among those of other callers."""
    items = [earn(world, number) for number in range(5)]

    await asyncio.gather(observed.engine.execute_list(items), observed.engine.execute(earn(world, 5)))

    assert [(commands, len(waits)) for commands, waits in observed.noted.batches] == [(6, 2)]
