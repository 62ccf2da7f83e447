"""The report on vouchers says what became of each, whatever hands it went through and whether or not that was posted."""

from dataclasses import replace
from datetime import timedelta

from ledger.reports.voucher_totals import TemplateTotals, VoucherCounts, totals_by_category, voucher_totals
from ledger.vouchers.template_body import Multiplier, Stacking, StackMode, Validity
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank
from tests.campaign_desk import BASE, TENTH, TENTH_POINTS, CampaignDesk, always
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

NONE = VoucherCounts(issued=0, redeemed=0, uses=0, expired=0, voided=0, good=0)


async def test_each_voucher_is_counted_under_what_became_of_it(bank: Bank) -> None:
    """Of six: one good, one used in part and good, one used up, one reversed, one voided, one expired and not swept."""
    desk = VoucherDesk(bank=bank)
    till = VoucherTill(bank=bank, desk=desk, merchant_id=bank.merchant_id)
    short = await desk.live("SHORT", validity=Validity(expiry="1 days"))
    twice = await desk.live("TWICE", uses=2, stacking=Stacking(mode=StackMode.ALL, category="food"))
    await desk.live("UNUSED")
    members = [await bank.enrol(f"m-{number}") for number in range(6)]
    await desk.issue(members[0], short)
    part, whole, back, voided, _good = [(await desk.issue(member, twice)).voucher_id for member in members[1:]]
    for voucher_id in (part, whole, whole):
        (await till.redeem(voucher_id)).unwrap()
    redemption = (await till.redeem(back)).unwrap().applied[0].redemption_id
    (await till.reverse(redemption)).unwrap()
    void = VoidVoucher(actor=bank.actor("operator", "olga"), key=bank.key(), voucher_id=voided, reason_code="MISTAKE")
    (await bank.application.engine.execute(void)).unwrap()
    await bank.advance(timedelta(days=2))

    totals = await voucher_totals(bank.application.reader, bank.programme_id)

    assert totals == [
        TemplateTotals(
            code="SHORT",
            category="",
            counts=VoucherCounts(issued=1, redeemed=0, uses=0, expired=1, voided=0, good=0),
        ),
        TemplateTotals(
            code="TWICE",
            category="food",
            counts=VoucherCounts(issued=5, redeemed=2, uses=3, expired=0, voided=1, good=3),
        ),
        TemplateTotals(code="UNUSED", category="", counts=NONE),
    ]
    assert await voucher_totals(bank.application.reader, bank.programme_id, limit=1, after="SHORT") == [totals[1]]
    assert [each.counts.redemption_rate for each in totals] == [0, 4_000, 0]
    assert totals_by_category(totals)[""].expired == 1


async def test_a_gift_is_the_same_voucher(bank: Bank) -> None:
    """Used once by the giver and once by the receiver, it was issued once and redeemed once, with two uses; what comes
    back to the giver is good until it expires.
    """
    desk = VoucherDesk(bank=bank)
    till = VoucherTill(bank=bank, desk=desk, merchant_id=bank.merchant_id)
    giver, receiver = await bank.enrol("m-1"), await bank.enrol("m-2")
    voucher_id = (await desk.issue(giver, await desk.live("TWICE", uses=2))).voucher_id
    redemption = (await till.redeem(voucher_id)).unwrap().applied[0].redemption_id
    given = (await desk.give(voucher_id, giver, receiver)).unwrap()
    (await till.redeem(given.voucher_id)).unwrap()

    async def counts() -> VoucherCounts:
        [totals] = await voucher_totals(bank.application.reader, bank.programme_id)
        return totals.counts

    used_up = await counts()
    (await till.reverse(redemption)).unwrap()
    back = await counts()
    await bank.advance(timedelta(days=40))

    assert used_up == VoucherCounts(issued=1, redeemed=1, uses=2, expired=0, voided=0, good=0)
    assert back == VoucherCounts(issued=1, redeemed=1, uses=1, expired=0, voided=0, good=1)
    assert await counts() == VoucherCounts(issued=1, redeemed=1, uses=1, expired=1, voided=0, good=0)


async def test_a_card_is_used_by_the_awards_that_it_multiplied(bank: Bank) -> None:
    """Of two cards of two uses one is used up and one used once; what a refund takes back gives no use back."""
    desk, campaigns = VoucherDesk(bank=bank), CampaignDesk(bank=bank)
    card = await desk.live("DOUBLE", gives=Multiplier(percent=200), money_asset=None, uses=2)
    doubled = replace(TENTH, action=replace(TENTH_POINTS, cards=(card,)))
    await campaigns.run("base", replace(BASE, phases=always(doubled)))
    often, once = await bank.enrol("m-1"), await bank.enrol("m-2")
    for member in (often, once):
        await desk.issue(member, card)
    for member in (often, often, often):
        await campaigns.buy(member, 100)
    purchase = campaigns.reporting(once, amount=100)
    (await campaigns.report(purchase)).unwrap()
    (await campaigns.report(campaigns.refunding(purchase, 100))).unwrap()

    [totals] = await voucher_totals(bank.application.reader, bank.programme_id)

    assert await campaigns.balance(often) == 20 + 20 + 10
    assert totals.counts == VoucherCounts(issued=2, redeemed=2, uses=3, expired=0, voided=0, good=1)


async def test_another_programme_is_told_nothing(bank: Bank) -> None:
    """The report is of one programme's templates."""
    await VoucherDesk(bank=bank).live("COFFEE")

    assert await voucher_totals(bank.application.reader, bank.merchant_id) == []
