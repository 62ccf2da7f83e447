"""Reads of wallets are true at their instant: they say what a write at that instant would find."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from ledger.book.refusal import RefusalCode
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.lot_query import forecast_of, load_settled, lots_of
from ledger.points.spend import SpendPoints
from ledger.points.wallet_query import WalletView, load_wallets
from ledger.reports.check import check_book
from tests.points_history import History
from tests.points_world import World


async def _wallet(world: World, member: int = 0, asset: str = "POINTS") -> WalletView | None:
    asked = [(world.members[member], world.asset(asset))]
    return (await load_wallets(world.application.reader, world.programme_id, asked))[0]


@pytest.mark.parametrize("asset", ["POINTS", "STARS", "EVER"])
@pytest.mark.parametrize("seed", range(2))
async def test_a_read_is_what_a_write_would_find(world: World, database_url: str, seed: int, asset: str) -> None:
    """After any history, the wallet read now equals the receipt of a spend of one point now, plus that point."""
    history = History(world=world, random=Random(seed), asset=asset)
    compared = 0

    for _ in range(60):
        await history.run(2)
        member = history.random.choice(world.members)
        view = (await load_wallets(world.application.reader, world.programme_id, [(member, world.asset(asset))]))[0]
        spend = SpendPoints(actor=world.actor, key=world.key(), member_id=member, asset=asset, amount=1)
        outcome = await world.application.engine.execute(spend)
        if view is None:
            assert outcome.refusal is not None
            continue
        assert view.available == view.posted + view.matured - view.held - view.overdue - (
            view.owed if asset == "STARS" else 0
        )
        if outcome.reply is not None:
            receipt = outcome.reply
            assert (view.posted + view.matured - view.overdue, view.held, view.available, view.owed) == (
                receipt.posted + 1, receipt.held, receipt.available + 1, receipt.owed,
            )  # fmt: skip
            compared += 1
        elif outcome.refusal is not None and outcome.refusal.code == RefusalCode.INSUFFICIENT_POINTS:
            assert view.available == outcome.refusal.facts["available"]
            compared += 1

    report = await check_book(database_url, book_schema="book", book_number=1)
    assert [(result.rule.name, result.differences) for result in report.rules if result.count] == []
    assert compared > 20


async def test_expired_points_are_overdue_until_they_are_posted(world: World) -> None:
    """What died is out of `available` at once, though nothing was posted; a held part dies when its hold lapses."""
    engine, actor, member = world.application.engine, world.actor, world.members[0]
    earn = EarnPoints(actor=actor, key=world.key(), member_id=member, amount=100)
    earned = (await engine.execute(earn)).unwrap()
    assert earned.next_expiry_at is not None
    hold = HoldPoints(actor=actor, key=world.key(), member_id=member, amount=30, ttl_seconds=31 * 86_400)
    await world.advance(earned.next_expiry_at - earned.posted_at - timedelta(days=10))
    (await engine.execute(hold)).unwrap()

    await world.advance(timedelta(days=20))
    while_held = await _wallet(world)
    await world.advance(timedelta(days=20))
    after_lapse = await _wallet(world)

    assert while_held is not None
    assert (while_held.posted, while_held.held, while_held.overdue, while_held.available) == (100, 30, 70, 0)
    assert after_lapse is not None
    assert (after_lapse.posted, after_lapse.held, after_lapse.overdue, after_lapse.available) == (100, 0, 100, 0)


async def test_a_forecast_accounts_for_every_point(world: World) -> None:
    """Buckets, never, held and overdue together are posted and matured."""
    history = History(world=world, random=Random(11))
    await history.run(150)
    await world.advance(timedelta(days=45))

    for member in world.members:
        settled = await load_settled(world.application.reader, world.programme_id, member, world.asset())
        if settled is None:
            continue
        forecast = forecast_of(settled)
        dated = sum(bucket.amount for bucket in forecast.buckets)
        assert dated + forecast.never + forecast.held + forecast.overdue == forecast.posted + forecast.matured
        assert sum(lot.remaining for lot in lots_of(settled)) == dated + forecast.never + forecast.held


async def test_points_that_are_active_before_an_entry_says_so_name_the_earn(world: World) -> None:
    """They are a lot of the wallet's, with the ids of the pending lot: what a reader is told can be looked up."""
    member, asset = world.members[0], world.asset()
    until = (datetime.now(UTC) + timedelta(days=2)).date()
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, amount=5, pending_until=until)
    earned = (await world.application.engine.execute(earn)).unwrap()
    await world.advance(timedelta(days=3))

    settled = await load_settled(world.application.reader, world.programme_id, member, asset)

    assert settled is not None
    assert [(lot.id, lot.entry_id, lot.remaining) for lot in lots_of(settled)] == [
        (earned.lots[0].lot_id, earned.entry_id, 5)
    ]


async def test_another_programme_sees_no_wallet(world: World) -> None:
    """The tenant is checked in SQL."""
    member = world.members[0]
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, amount=5)
    (await world.application.engine.execute(earn)).unwrap()

    found = await load_wallets(world.application.reader, world.merchant_id, [(member, world.asset())])

    assert found == [None]
