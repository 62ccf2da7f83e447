"""Terms that change under points: what lives on does so by the terms of its own day."""

from datetime import timedelta

from ledger.campaigns.campaign_body import PointsAward, Rule
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.programme.input_rules import AssetTerms
from ledger.programme.rows import Shortfall
from ledger.programme.setup import change_asset, create_asset
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk, always


async def test_a_grace_that_was_given_stays(bank: Bank) -> None:
    """Points that a reversal let live on do so though later reversals give no grace; the checker knows no older terms."""
    engine, units = bank.application.engine, bank.application.units
    operator, core = bank.actor("operator", "olga"), bank.actor()
    await create_asset(
        units, operator, code="DAYS", kind="points", terms=AssetTerms(expiry="1 days", reversal_grace_days=10)
    )
    member = await bank.enrol("m-1")
    await bank.earn(member, 10, asset="DAYS")
    spend = SpendPoints(actor=core, key=bank.key(), member_id=member, asset="DAYS", amount=10)
    spent = (await engine.execute(spend)).unwrap()
    await bank.advance(timedelta(days=3))
    assert spent.entry_id is not None
    back = (await engine.execute(ReverseEntry(actor=core, key=bank.key(), entry_id=spent.entry_id))).unwrap()

    await change_asset(units, operator, code="DAYS", terms=AssetTerms(expiry="1 days", reversal_grace_days=0))

    assert back.available == 10
    assert back.next_expiry_at is not None


async def test_what_a_refund_left_stays(bank: Bank) -> None:
    """An award that its asset's terms let the member keep is none the worse for terms that would have taken it back."""
    units, operator = bank.application.units, bank.actor("operator", "olga")
    await change_asset(units, operator, code="STARS", terms=AssetTerms(shortfall=Shortfall.ONLY_PENDING))
    desk, member = CampaignDesk(bank=bank), await bank.enrol("m-1")
    stars = Rule(code="stars", activity="purchase", action=PointsAward(asset="STARS", field="amount", rate=1, per=10))
    await desk.run("stars", phases=always(stars))
    sale = desk.reporting(member, amount=1000)
    (await desk.report(sale)).unwrap()
    (await desk.report(desk.refunding(sale, 500))).unwrap()

    await change_asset(units, operator, code="STARS", terms=AssetTerms(shortfall=Shortfall.WITHIN_BALANCE))

    assert await desk.balance(member, "STARS") == 100
