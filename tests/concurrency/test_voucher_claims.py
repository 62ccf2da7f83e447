"""Claims from several processes: the stock's lock decides who gets the last pieces, and that is exact (issue: N for M)."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from graphql_api.settings import Settings
from ledger.points.earn import EarnPoints
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.import_codes import import_codes
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.template_body import Exchange, Limits, Price, Stock, TemplateBody, Validity
from ledger.vouchers.top_up import TopUpStock
from tests.checking import assert_clean
from tests.concurrency.racers import RACERS, Racers, Result
from tests.points_world import World

CAKE = TemplateBody(
    gives=Exchange(item="cake"), validity=Validity(expiry="30 days"), stock=Stock.LIMITED, is_claimable=True
)


async def _live(world: World, body: TemplateBody) -> None:
    units = world.application.units
    await create_template(units, world.actor, code="CAKE", body=body)
    await publish_template(units, world.actor, code="CAKE")


async def _top_up(world: World, pieces: int) -> None:
    command = TopUpStock(actor=world.actor, key=world.key(), template="CAKE", pieces=pieces)
    (await world.application.engine.execute(command)).unwrap()


def _claim(world: World, member: UUID) -> ClaimVoucher:
    code = deal_code(os.urandom, world.application.sealer, world.programme_id)
    return ClaimVoucher(
        actor=world.actor, key=world.key(), member_id=member, template="CAKE", deal=partial(SealedCode, *code)
    )


def _codes(results: Sequence[Sequence[Result]]) -> Counter[str]:
    return Counter(result.code for each in results for result in each)


async def _sum(world: World, role: str) -> int:
    sql = "SELECT coalesce(sum(posted), 0)::bigint FROM book.accounts WHERE role = $1"
    return int(await world.connection.fetchval(sql, role))


@pytest.mark.parametrize("pieces", [1, 25])
async def test_claims_of_three_processes_take_exactly_the_stock(
    world: World, racers: Racers, database_url: str, settings: Settings, pieces: int
) -> None:
    """Ninety for the last pieces: so many get one, the others are told that nothing is left, and nothing else."""
    await _live(world, CAKE)
    await _top_up(world, pieces)
    members = world.members
    shares = [[_claim(world, members[(n + racer) % 8]) for n in range(30)] for racer in range(RACERS)]

    results = await racers.race(database_url, settings, shares)

    assert _codes(results) == {"": pieces, "OUT_OF_STOCK": 90 - pieces}
    assert (await _sum(world, "stock"), await _sum(world, "voucher")) == (0, pieces)
    assert await world.connection.fetchval("SELECT count(*) FROM book.vouchers") == pieces
    await assert_clean(database_url)


async def test_points_and_limits_hold_while_processes_race(
    world: World, racers: Racers, database_url: str, settings: Settings
) -> None:
    """Each member can afford two and may have three: sixteen of ninety claims are served, to the last point."""
    await _live(world, replace(CAKE, price=Price(asset="EVER", points=10), issue_limits=Limits(total=3)))
    await _top_up(world, 50)
    for member in world.members:
        earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, asset="EVER", amount=25)
        (await world.application.engine.execute(earn)).unwrap()
    shares = [[_claim(world, world.members[n % 8]) for n in range(30)] for _ in range(RACERS)]

    results = await racers.race(database_url, settings, shares)

    assert _codes(results) == {"": 16, "INSUFFICIENT_POINTS": 74}
    assert (await _sum(world, "stock"), await _sum(world, "wallet")) == (34, 8 * 5)
    await assert_clean(database_url)


async def test_imported_codes_go_to_one_member_each(
    world: World, racers: Racers, database_url: str, settings: Settings
) -> None:
    """Forty codes for ninety claims: every code is somebody's, none is two members'."""
    await _live(world, replace(CAKE, stock=Stock.IMPORTED))
    running = world.application
    codes = [f"PARTNER-{n:04}" for n in range(40)]
    async for _ in import_codes(
        running.engine, running.sealer, world.actor, template="CAKE", codes=codes, import_id="file"
    ):
        pass
    shares = [[_claim(world, world.members[n % 8]) for n in range(30)] for _ in range(RACERS)]

    results = await racers.race(database_url, settings, shares)

    assert _codes(results) == {"": 40, "OUT_OF_STOCK": 50}
    taken = "SELECT count(DISTINCT voucher_id) FROM book.imported_codes WHERE voucher_id IS NOT NULL"
    assert await world.connection.fetchval(taken) == 40
    await assert_clean(database_url)


async def test_one_claim_under_one_key_is_one_voucher(
    world: World, racers: Racers, database_url: str, settings: Settings
) -> None:
    """Three processes with the same key: one decides, two replay it, though each dealt a code of its own."""
    await _live(world, CAKE)
    await _top_up(world, 9)
    claim = _claim(world, world.members[0])
    codes = [deal_code(os.urandom, world.application.sealer, world.programme_id) for _ in range(RACERS)]

    results = await racers.race(
        database_url, settings, [[replace(claim, deal=partial(SealedCode, *code))] for code in codes]
    )

    assert sorted(result.replayed for (result,) in results) == [False, True, True]
    assert len({result.entry_id for (result,) in results}) == 1
    assert await _sum(world, "stock") == 8
    await assert_clean(database_url)
