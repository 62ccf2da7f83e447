"""What runs for a member: the campaigns whose segment the report of its next activity would find true."""

from datetime import UTC, datetime
from uuid import UUID

from ledger.campaigns.campaign_body import CampaignBody, Period, PointsAward, ProgressCounter, ProgressStep, Rule
from ledger.campaigns.running_query import running_for
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk, always

ONE = PointsAward(asset="POINTS", amount=1)
BODY = CampaignBody(
    phases=always(
        Rule(code="step", activity="purchase", action=ProgressStep(counter="buys", amount=1)),
        Rule(code="one", activity="purchase", action=ONE),
    ),
    counters=(ProgressCounter(code="buys", period=Period.MONTH),),
)
SEGMENTS = {
    "all": "",
    "fresh": "awards.total == 0",
    "known": "progress.buys == 1",
}


async def test_what_runs_for_a_member_is_what_looks_at_its_next_activity(
    desk: CampaignDesk, bank: Bank, member: UUID
) -> None:
    """Before the first purchase, the second and the third: told and looked at are the same, segment by segment."""
    for code, segment in SEGMENTS.items():
        await desk.run(code, BODY, segment=segment)

    told, looked = [], []
    for _ in range(3):
        running = await running_for(bank.application.reader, bank.programme_id, member, datetime.now(UTC))
        told.append({campaign.code for campaign in running})
        receipt = await desk.buy(member, 100)
        looked.append({code for code in SEGMENTS if desk.campaign_id(code) in {a.campaign_id for a in receipt.awards}})

    assert told == looked
    assert looked == [{"all", "fresh"}, {"all"}, {"all"}]
