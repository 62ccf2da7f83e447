"""History under a replay clock: a campaign that ran years ago awards what occurred then, dated to then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from graphql_api.bootstrap import open_application
from ledger.campaigns.campaign_body import Cap, Period
from ledger.campaigns.lifecycle import EndCampaign, StartCampaign
from ledger.programme.clock import ReplayClock
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk, amounts

THEN = datetime(2017, 3, 1, 12, tzinfo=UTC)


async def test_a_campaign_is_replayed(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Before its start and after its end nothing; in between by the caps of those days."""
    await desk.create("base", caps=(Cap(counter="POINTS", period=Period.DAY, limit=15),), budgets=("POINTS",))
    await desk.approve("base")
    (await desk.top_up("base", 100)).unwrap()
    operator = bank.actor("operator", "olga")
    start = StartCampaign(actor=operator, key=bank.key(), campaign="base", replay_at=THEN)
    end = EndCampaign(actor=operator, key=bank.key(), campaign="base", replay_at=THEN + timedelta(days=2))
    days = [THEN + timedelta(days=step) for step in (-1, 0, 0, 1, 3)]
    purchases = [replace(desk.reporting(member, amount=100, at=day), replay_at=day) for day in days]

    async with open_application(bank.application.settings, url=bank.url, clock=ReplayClock()) as history:
        (await history.engine.execute(start)).unwrap()
        receipts = [(await history.engine.execute(purchase)).unwrap() for purchase in purchases[:4]]
        (await history.engine.execute(end)).unwrap()
        receipts.append((await history.engine.execute(purchases[4])).unwrap())

    assert [amounts(receipt) for receipt in receipts] == [[], [10], [5], [10], []]
    assert [receipt.received_at for receipt in receipts] == days
    assert await desk.left("base") == 75
