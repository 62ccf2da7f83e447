"""The sweep posts what is due exactly once, however often and wherever it runs."""

import asyncio
from datetime import timedelta
from random import Random

from graphql_api.bootstrap import open_application
from ledger.points.sweeps import sweep_due
from ledger.points.wallet_query import load_wallets
from ledger.reports.check import check_book
from tests.points_history import History
from tests.points_world import World


async def test_two_sweeps_at_once_post_everything_due_once(world: World, database_url: str) -> None:
    """Two processes sweep the same wallets; afterwards nothing is due and no point was posted twice."""
    await History(world=world, random=Random(3)).run(200)
    await world.advance(timedelta(days=120))
    asked = [(member, world.asset()) for member in world.members]
    before = await load_wallets(world.application.reader, world.programme_id, asked)

    async with open_application(world.application.settings, url=database_url) as other:
        await asyncio.gather(
            sweep_due(world.application.reader, world.application.engine), sweep_due(other.reader, other.engine)
        )

    assert (await sweep_due(world.application.reader, world.application.engine)).accounts == 0
    after = await load_wallets(world.application.reader, world.programme_id, asked)
    assert [view.available for view in after if view] == [view.available for view in before if view]
    assert [view.posted for view in after if view] == [v.posted + v.matured - v.overdue for v in before if v]
    assert (await check_book(database_url, book_schema="book", book_number=1)).is_clean


async def test_a_sweep_is_bounded(world: World) -> None:
    """One round takes no more wallets than it was told."""
    await History(world=world, random=Random(4)).run(60)
    await world.advance(timedelta(days=400))

    swept = await sweep_due(world.application.reader, world.application.engine, most=3)

    assert swept.accounts == 3
    assert swept.versions >= 3
