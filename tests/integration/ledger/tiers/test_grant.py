"""Levels by hand, and the packs that promotions bring."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ledger.book.refusal import RefusalCode
from tests.bank import Bank, code_of
from tests.campaign_desk import CampaignDesk
from tests.tier_desk import SPEND, TierDesk
from tests.voucher_desk import VoucherDesk


async def test_a_level_by_hand_needs_a_second_person(tiers: TierDesk, member: UUID) -> None:
    """Nothing changes before somebody else agrees; it ends after its last local day."""
    await tiers.ladder()
    asked = (await tiers.ask(member, "gold", await tiers.in_days(2))).unwrap()

    before = await tiers.level(member)
    own = await tiers.approve(asked.approval_id, "olga")
    agreed = await tiers.approve(asked.approval_id)

    assert (before, code_of(own)) == ("base", RefusalCode.APPROVAL_OWN)
    assert agreed.unwrap().state == "approved"
    tier = await tiers.tier(member)
    assert (tier.level.code, tier.earned, tier.granted_until) == ("gold", "base", await tiers.in_days(2))
    await tiers.bank.advance(timedelta(days=3))
    assert await tiers.level(member) == "base"
    assert (await tiers.sweep())[0] == 1
    assert await tiers.steps(member) == [("gold", "GRANTED"), ("base", "GRANT_ENDED")]


async def test_a_grant_of_what_there_is_not_is_refused(tiers: TierDesk, member: UUID) -> None:
    """No such ladder, level or member, and days that are over or too far away."""
    await tiers.ladder()
    today = await tiers.today()

    outcomes = [
        await tiers.ask(member, "gold", today, ladder="none"),
        await tiers.ask(member, "platinum", today),
        await tiers.ask(UUID(int=5), "gold", today),
        await tiers.ask(UUID(int=5), "platinum", today),
        await tiers.ask(UUID(int=5), "gold", today, ladder="none"),
        await tiers.ask(member, "gold", today - timedelta(days=1)),
        await tiers.ask(member, "gold", today + timedelta(days=3700)),
        await tiers.ask(member, "gold", today, reason_code=""),
    ]

    assert [code_of(outcome) for outcome in outcomes] == [
        RefusalCode.TIER_LADDER_NOT_FOUND,
        RefusalCode.INVALID_INPUT,
        RefusalCode.MEMBER_NOT_FOUND,
        RefusalCode.INVALID_INPUT,
        RefusalCode.MEMBER_NOT_FOUND,
        RefusalCode.EXPIRY_INVALID,
        RefusalCode.EXPIRY_INVALID,
        RefusalCode.INVALID_INPUT,
    ]
    assert await tiers.bank.count("registry.approvals") == 0


async def test_a_promotion_brings_its_pack_once(
    tiers: TierDesk, vouchers: VoucherDesk, campaigns: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """The sweep gives each voucher; what is out of stock is told and given once there is some; a second promotion in the
    year brings nothing.
    """
    for code in ("HELLO", "CAKE"):
        await vouchers.live(code, pieces=1)
    first, silver, gold = SPEND.levels
    await tiers.ladder("spend", replace(SPEND, levels=(first, replace(silver, pack=("HELLO", "CAKE")), gold)))
    other = await bank.enrol("m-2")
    await vouchers.issue(other, "CAKE")
    sale = campaigns.reporting(member, amount=1000)
    (await campaigns.report(sale)).unwrap()

    swept = [await tiers.sweep(), await tiers.sweep()]
    waiting = await tiers.packs()
    (await campaigns.report(campaigns.refunding(sale, 1000))).unwrap()
    await bank.advance(timedelta(days=1))
    await campaigns.buy(member, 1000, at=None)
    swept += [await tiers.sweep(), await tiers.sweep()]
    await vouchers.top_up("CAKE", 1)
    swept.append(await tiers.sweep())
    await bank.advance(timedelta(days=1))
    swept += [await tiers.sweep(), await tiers.sweep()]

    assert swept == [(0, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 1), (0, 0)]
    assert waiting == [("CAKE", "DUE", "OUT_OF_STOCK"), ("HELLO", "GIVEN", None)]
    assert await tiers.packs() == [("CAKE", "GIVEN", None), ("HELLO", "GIVEN", None)]
    assert await tiers.steps(member) == [("silver", "REACHED"), ("base", "FELL"), ("silver", "REACHED")]
    assert await bank.count("book.vouchers") == 3


async def test_a_voucher_that_cannot_be_given_is_given_up_in_the_end(
    tiers: TierDesk, vouchers: VoucherDesk, campaigns: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """After thirty days; until then it says why, and when it is tried next: nobody asks for it before."""
    await vouchers.live("CAKE", pieces=1)
    await vouchers.issue(await bank.enrol("m-2"), "CAKE")
    first, silver, gold = SPEND.levels
    await tiers.ladder("spend", replace(SPEND, levels=(first, replace(silver, pack=("CAKE",)), gold)))
    await campaigns.buy(member, 1000)

    told = []
    for days in (0, 29, 2):
        await bank.advance(timedelta(days=days))
        await tiers.sweep()
        told.append(await tiers.packs())
    await vouchers.top_up("CAKE", 1)
    await bank.advance(timedelta(days=2))
    await tiers.sweep()

    due, refused = [("CAKE", "DUE", "OUT_OF_STOCK")], [("CAKE", "REFUSED", "OUT_OF_STOCK")]
    assert [*told, await tiers.packs()] == [due, due, refused, refused]
