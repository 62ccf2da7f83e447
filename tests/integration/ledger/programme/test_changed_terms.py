"""Terms that change under points: what lives on does so by the terms of its own day."""

from datetime import timedelta

from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import change_asset, create_asset
from tests.bank import Bank


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
