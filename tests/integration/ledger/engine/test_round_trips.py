"""How much a command asks of the database: few round trips, and nothing of a merchant's (issue lines 22, 24)."""

import asyncio
from typing import cast

import asyncpg

from ledger.engine.batch import Batch
from ledger.engine.unit import Submission, Unit
from ledger.engine.unit_of_work import Tx
from ledger.points.earn import EarnPoints
from ledger.points.spend import SpendPoints
from tests.points_world import World

ROUND_TRIPS_MAX = 8


def spend(world: World, number: int) -> SpendPoints:
    """A spend at the merchant."""
    return SpendPoints(
        actor=world.actor,
        key=f"s{number}",
        reference=f"s{number}",
        member_id=world.members[number % 8],
        asset="EVER",
        amount=1,
        merchant_id=world.merchant_id,
    )


async def earn_for_all(world: World) -> None:
    """Points for everybody."""
    for number, member in enumerate(world.members):
        command = EarnPoints(actor=world.actor, key=f"e{number}", member_id=member, asset="EVER", amount=100)
        (await world.application.engine.execute(command)).unwrap()


async def test_a_lone_command_takes_few_round_trips(world: World) -> None:
    """Once statements are prepared there are two: lock and read, write and commit."""
    await earn_for_all(world)
    engine = world.application.engine
    writer = await world.application.database.open_writer()
    taken = []

    for number in range(3):
        unit = Unit(commands=[spend(world, number)], submission=cast("Submission", None))
        await unit.look(world.application.reader)
        unit.prepare()
        before = writer.round_trips
        await engine._runner.run(Batch(units=[unit]), Tx(writer))
        taken.append(writer.round_trips - before)
    writer.close()

    assert taken[-1] <= ROUND_TRIPS_MAX
    assert taken[-1] == 2


async def test_a_merchant_is_never_locked_or_updated(world: World, database_url: str) -> None:
    """Spends go on while somebody holds every row of the merchant locked, and leave those rows as they were."""
    await earn_for_all(world)
    (await world.application.engine.execute(spend(world, 0))).unwrap()
    rows = (
        "SELECT 'merchant' AS kind, xmin::text, ctid::text FROM registry.merchants UNION ALL"
        " SELECT role, xmin::text, ctid::text FROM book.accounts WHERE floor IS NULL AND ceiling IS NULL ORDER BY 1"
    )
    before = await world.connection.fetch(rows)
    keeper = await asyncpg.connect(database_url)

    async with keeper.transaction():
        await keeper.execute("SELECT 1 FROM registry.merchants FOR UPDATE")
        await keeper.execute("SELECT 1 FROM book.accounts WHERE floor IS NULL AND ceiling IS NULL FOR UPDATE")
        await keeper.execute("SELECT 1 FROM book.holders WHERE kind = 'merchant' FOR UPDATE")
        spends = (world.application.engine.execute(spend(world, number)) for number in range(1, 101))
        outcomes = await asyncio.wait_for(asyncio.gather(*spends), 20)

    await keeper.close()
    assert all(outcome.refusal is None for outcome in outcomes)
    assert [row["kind"] for row in before] == ["issuance", "merchant", "receivable"]
    assert await world.connection.fetch(rows) != []
    assert [tuple(row)[:2] for row in await world.connection.fetch(rows)] == [tuple(row)[:2] for row in before]
