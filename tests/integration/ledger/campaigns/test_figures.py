"""Figures of a campaign: the same from activities, from roll-ups and from both, whatever is rolled up when."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ledger.campaigns.campaign_body import (
    Donation,
    Period,
    ProgressCounter,
    ProgressStep,
    Rule,
    Variant,
    VoucherAward,
)
from ledger.campaigns.figure_roll_up import roll_up_figures
from ledger.campaigns.figures import AssetFigures, Figures, Side, figures_page
from ledger.campaigns.offer import variant_of
from ledger.campaigns.report import ReportActivity
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from tests.bank import Bank
from tests.campaign_desk import BASE, TENTH, CampaignDesk, always
from tests.checking import assert_clean
from tests.figure_rounds import roll_up_all
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

BIG = replace(TENTH, when="activity.amount >= 100")
ARMED = replace(
    BASE,
    phases=always(BIG),
    channels=("app", "web"),
    variants=(Variant(code="a", weight=1), Variant(code="b", weight=1)),
)


async def figures(desk: CampaignDesk, side: Side = Side.TOTAL, **asked: Any) -> Sequence[Figures]:
    """The campaign's figures by that side."""
    bank = desk.bank
    return await figures_page(bank.application.reader, bank.programme_id, desk.campaign_id("base"), side=side, **asked)


async def purchase(
    desk: CampaignDesk, member: Any, amount: int, channel: str | None, branch: str | None
) -> ReportActivity:
    """A purchase by a channel at a branch, reported."""
    command = replace(desk.reporting(member, amount=amount), channel=channel, branch=branch)
    (await desk.report(command)).unwrap()
    return command


async def test_figures_are_the_same_however_they_are_rolled_up(desk: CampaignDesk, bank: Bank) -> None:
    """Reached, awarded, refunded, used and given back: by activities alone, after a roll-up in steps, and with news after
    it; the checker counts the roll-ups anew.
    """
    await desk.run("base", ARMED, budget=10_000)
    members = [await bank.enrol(f"m-{number}") for number in range(4)]
    sales = [
        await purchase(desk, members[0], 1000, "app", "north"),
        await purchase(desk, members[0], 99, "app", "north"),
        await purchase(desk, members[1], 500, "web", None),
        await purchase(desk, members[2], 50, "web", "south"),
        await purchase(desk, members[3], 5000, "till", "south"),
    ]
    spend = SpendPoints(actor=bank.actor("member", "m"), key=bank.key(), member_id=members[0], amount=40)
    spent = (await bank.application.engine.execute(spend)).unwrap()
    assert spent.entry_id is not None
    (await desk.report(desk.refunding(sales[2], 250))).unwrap()

    seen = [await figures(desk)]
    assert await roll_up_all(bank) > 0
    seen.append(await figures(desk))
    back = ReverseEntry(actor=bank.actor(), key=bank.key(), entry_id=spent.entry_id, amount=15)
    (await bank.application.engine.execute(back)).unwrap()
    (await desk.report(desk.refunding(sales[2], 250))).unwrap()
    news = await figures(desk)
    assert await roll_up_all(bank, rows_max=100) > 0
    seen_later = await figures(desk)

    points = AssetFigures(asset="POINTS", awards=2, issued=150, returned=25, redeemed=40, cost=125)
    whole = Figures(
        key=None,
        reached=3,
        participants=2,
        converted=1,
        activities=4,
        awarded=2,
        value_minor=1250,
        assets=(points,),
    )
    later = replace(points, returned=50, redeemed=25, cost=100)
    assert seen == [[whole], [whole]]
    assert (whole.participation_rate, whole.conversion_rate, points.redemption_rate) == (6666, 5000, 3200)
    assert points.return_per_hundred(whole.value_minor) == 1000
    assert news == seen_later == [replace(whole, value_minor=1000, assets=(later,))]
    await _assert_sides(desk, members)


async def _assert_sides(desk: CampaignDesk, members: Sequence[Any]) -> None:
    """By channel, branch, phase, variant and day; people count once in each line."""
    channels, branches, days = [await figures(desk, side) for side in (Side.CHANNEL, Side.BRANCH, Side.DAY)]
    assert [(line.key, line.reached, line.participants) for line in channels] == [("app", 1, 1), ("web", 2, 1)]
    assert [(line.key, line.activities, line.awarded) for line in branches] == [
        (None, 1, 1),
        ("north", 2, 1),
        ("south", 1, 0),
    ]
    assert await figures(desk, Side.BRANCH, after="", limit=1) == [branches[1]]
    assert [line.reached for line in await figures(desk, Side.PHASE)] == [3]
    arms = Counter(variant_of(ARMED, desk.campaign_id("base"), member) for member in members[:3])
    assert {line.key: line.reached for line in await figures(desk, Side.VARIANT)} == arms
    assert sum(line.reached for line in days) == 3
    stranger = await figures_page(
        desk.bank.application.reader, desk.bank.merchant_id, desk.campaign_id("base"), side=Side.TOTAL
    )
    assert stranger == []


async def test_vouchers_count_by_the_piece_and_progress_is_no_award(desk: CampaignDesk, bank: Bank) -> None:
    """A voucher of several units is one piece and used with its first use; a donation costs and issues nothing; who only
    made progress was reached. Roll-ups at the same moment count nothing twice.
    """
    vouchers = VoucherDesk(bank=bank)
    await vouchers.live("COFFEE", uses=3)
    rules = (
        Rule(code="step", activity="purchase", action=ProgressStep(counter="buys", amount=1)),
        Rule(code="cup", activity="purchase", action=VoucherAward(template="COFFEE"), when="activity.amount >= 1000"),
        Rule(
            code="gift",
            activity="purchase",
            action=Donation(asset="POINTS", merchant=bank.merchant_id, amount=2),
            when="activity.amount >= 100",
        ),
    )
    counters = (ProgressCounter(code="buys", period=Period.MONTH),)
    await desk.run("base", replace(BASE, phases=always(*rules), counters=counters), budget=100)
    members = [await bank.enrol(f"m-{number}") for number in range(3)]
    cup = (await desk.buy(members[0], 2000)).awards[-1]
    for member, amount in zip(members[1:], (100, 5), strict=True):
        await desk.buy(member, amount)
    await roll_up_all(bank, rows_max=100)
    till = VoucherTill(bank=bank, desk=vouchers, merchant_id=bank.merchant_id)
    given = (await bank.fetch("SELECT voucher_id FROM book.awards WHERE id = $1", cup.award_id))[0][0]
    for _ in range(2):
        (await till.redeem(given)).unwrap()

    news = await figures(desk)
    application = bank.application
    await asyncio.gather(*(roll_up_figures(application.reader, application.units, rows_min=1) for _ in range(3)))

    coffee = AssetFigures(asset="voucher:COFFEE", awards=1, issued=1, returned=0, redeemed=1, cost=0)
    donated = AssetFigures(asset="POINTS", awards=1, issued=0, returned=0, redeemed=0, cost=2)
    whole = Figures(
        key=None,
        reached=3,
        participants=2,
        converted=1,
        activities=3,
        awarded=2,
        value_minor=2100,
        assets=(donated, coffee),
    )
    assert news == await figures(desk) == [whole]


async def test_figures_do_not_depend_on_how_the_server_reads_them(desk: CampaignDesk, bank: Bank) -> None:
    """Where there seem to be next to no requests, the server looks into each of their outcomes; other commands' hold no list."""
    member = await bank.enrol("m")
    await desk.run("C", BASE)
    await bank.earn(member, 5, reference="till-1")
    await desk.buy(member, 700)

    await bank.fetch("UPDATE pg_class SET relpages = 1, reltuples = 0 WHERE oid = '{book}.requests'::regclass")

    await assert_clean(bank.url)
