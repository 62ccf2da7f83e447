"""Refunds undo what an activity earned, in parts that add up, from wallet, debt and budget."""

from dataclasses import replace
from uuid import UUID

from ledger.book.refusal import RefusalCode
from ledger.campaigns.campaign_body import Cap, Period
from ledger.campaigns.lifecycle import PauseCampaign, StartCampaign
from ledger.campaigns.receipt import Reason
from ledger.points.spend import SpendPoints
from tests.bank import Bank, code_of
from tests.campaign_desk import CampaignDesk, amounts, reasons


async def test_parts_add_up_to_the_whole(desk: CampaignDesk, member: UUID) -> None:
    """Of 19 points for 199 the member keeps the floor after each part, nothing after the last."""
    await desk.run("base", budget=100)
    sale = desk.reporting(member, amount=199)
    await desk.report(sale)

    parts = [(await desk.report(desk.refunding(sale, amount))).unwrap() for amount in (100, 50, 49)]

    assert [amounts(part) for part in parts] == [[-10], [-5], [-4]]
    assert (await desk.balance(member), await desk.left("base")) == (0, 100)


async def test_what_was_spent_is_owed(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """The next award repays it first."""
    await desk.run("base")
    sale = desk.reporting(member, amount=100)
    await desk.report(sale)
    spend = SpendPoints(actor=bank.actor("member", str(member)), key=bank.key(), member_id=member, amount=8)
    (await bank.application.engine.execute(spend)).unwrap()

    await desk.report(desk.refunding(sale, 100))

    assert (await bank.account(member, "owed"))["posted"] == -8
    await desk.buy(member, 100)
    assert await desk.balance(member) == 2


async def test_a_refund_returns_budget_but_no_headroom(desk: CampaignDesk, member: UUID) -> None:
    """Also while the campaign is paused; the cap stays used up."""
    await desk.run("base", budget=10, caps=(Cap(counter="POINTS", period=Period.TOTAL, limit=10),))
    sale = desk.reporting(member, amount=100)
    await desk.report(sale)
    await desk.move(PauseCampaign, "base")

    (await desk.report(desk.refunding(sale, 100))).unwrap()

    assert await desk.left("base") == 10
    await desk.move(StartCampaign, "base")
    assert reasons(await desk.buy(member, 100)) == [Reason.CAPPED]


async def test_a_refund_before_its_sale_may_come_again(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Out of order it burns no key; another member's sale, and a type without an amount, are never refunded."""
    await desk.run("base")
    sale, other = desk.reporting(member, amount=100), await bank.enrol("m-2")
    refund, login = desk.refunding(sale, 100), desk.reporting(member, "login")
    await desk.report(login)

    early = await desk.report(refund)
    await desk.report(sale)
    anothers = await desk.report(replace(refund, member_id=other))
    of_login = await desk.report(desk.refunding(login, 1))

    assert [code_of(o) for o in (early, anothers, of_login)] == [
        RefusalCode.ACTIVITY_NOT_FOUND,
        RefusalCode.ACTIVITY_NOT_FOUND,
        RefusalCode.NOT_REFUNDABLE,
    ]
    assert amounts((await desk.report(refund)).unwrap()) == [-10]
