"""Changes that have their instant and are not committed yet: what is decided meanwhile names, or has, what it was decided
by, and the checker agrees (docs/decisions/0027). Ladders and periods are changed between batches instead.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg

from ledger.campaigns.explain_query import explain
from ledger.campaigns.figure_roll_up import roll_up_figures
from ledger.campaigns.lifecycle import EndCampaign
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from ledger.programme.input_rules import AssetTerms
from ledger.programme.rates import set_rate
from ledger.programme.setup import change_asset
from ledger.vouchers.template import change_template
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk, amounts
from tests.voucher_desk import COFFEE, VoucherDesk


@asynccontextmanager
async def in_flight(bank: Bank, change: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """While the block runs, the change waits for the row that it tells all processes by; then it is committed."""
    keeper = await asyncpg.connect(bank.url)
    async with keeper.transaction():
        await keeper.execute("SELECT FROM registry.instance FOR UPDATE")
        changing = asyncio.create_task(change)
        await bank.until_waiting()
        assert not changing.done()
        yield
    await changing
    await keeper.close()


async def test_an_entry_keeps_the_rate_that_it_names(bank: Bank) -> None:
    """Points that are spent before another rate is committed are worth what they were, though it begins earlier."""
    units, olga, member = bank.application.units, bank.actor("operator", "olga"), await bank.enrol("m-1")
    await bank.earn(member, 1000)
    rate = await set_rate(units, olga, asset="POINTS", money_asset="CNY", points=100, minor=1)

    async def spend() -> Receipt:
        command = SpendPoints(
            actor=bank.actor(), key=bank.key(), member_id=member, amount=200, merchant_id=bank.merchant_id
        )
        return (await bank.application.engine.execute(command)).unwrap()

    async with in_flight(bank, set_rate(units, olga, asset="POINTS", money_asset="CNY", points=50, minor=1)):
        before = await spend()
    after = await spend()

    assert (before.rate_id == rate.id, before.money_minor) == (True, 2)
    assert (after.rate_id == rate.id, after.money_minor) == (False, 4)


async def test_a_lot_has_the_terms_that_it_was_granted_with(bank: Bank) -> None:
    """Points that are earned before other terms are committed die as they would have."""
    units, olga, member = bank.application.units, bank.actor("operator", "olga"), await bank.enrol("m-1")

    async with in_flight(bank, change_asset(units, olga, code="POINTS", terms=AssetTerms(priority=3))):
        await bank.earn(member, 1)
    await bank.earn(member, 2)

    lots = "SELECT granted, priority, expires_at < '9999-12-31 00:00+00' AS dies FROM {book}.lots ORDER BY granted"
    assert [tuple(row) for row in await bank.fetch(lots)] == [(1, 0, True), (2, 3, False)]


async def test_a_voucher_keeps_the_version_that_it_names(bank: Bank) -> None:
    """A voucher that is issued before another version is committed is one of the former."""
    vouchers, member = VoucherDesk(bank=bank), await bank.enrol("m-1")
    units, olga = bank.application.units, bank.actor("operator", "olga")
    await vouchers.live("coffee")
    body = replace(COFFEE, is_giftable=False)

    async with in_flight(bank, change_template(units, olga, code="coffee", body=body)):
        await vouchers.issue(member, "coffee")
    await vouchers.issue(member, "coffee")

    issued = (
        "SELECT tv.number FROM {book}.vouchers v JOIN registry.voucher_template_versions tv ON tv.id = v.template_version_id"
        " ORDER BY v.id"
    )
    assert [row[0] for row in await bank.fetch(issued)] == [1, 2]


async def test_an_award_keeps_the_version_that_it_names(bank: Bank) -> None:
    """What occurs after a campaign's end, and is decided before the end is committed, is awarded and explained so."""
    campaigns, member = CampaignDesk(bank=bank), await bank.enrol("m-1")
    reader = bank.application.reader
    await campaigns.run("base", budget=1000)

    async with in_flight(bank, campaigns.move(EndCampaign, "base")):
        before = await campaigns.buy(member, 100)
    after = await campaigns.buy(member, 100)
    await roll_up_figures(reader, bank.application.units, rows_min=1)

    assert (amounts(before), amounts(after)) == ([10], [])
    explained = await explain(reader, bank.programme_id, before.activity_id)
    assert explained is not None
    assert [(award.amount, award.version_id) for award in explained.awards] == [(10, before.awards[0].version_id)]
