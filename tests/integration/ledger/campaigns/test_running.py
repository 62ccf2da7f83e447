"""What runs for a member: the campaigns whose segment the report of its next activity would find true."""

from datetime import timedelta
from uuid import UUID

from ledger.campaigns.campaign_body import CampaignBody, Period, PointsAward, ProgressCounter, ProgressStep, Rule
from ledger.campaigns.running_query import running_for
from ledger.campaigns.simulate import Simulation, simulate
from ledger.members.attribute import register_attribute
from ledger.members.attribute_values import AttributeSaid
from ledger.members.facts import set_member_facts
from ledger.members.rows import AttributeType
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk, always
from tests.tier_desk import TierDesk

ONE = PointsAward(asset="POINTS", amount=1)
BODY = CampaignBody(
    phases=always(
        Rule(code="step", activity="purchase", action=ProgressStep(counter="buys", amount=1)),
        Rule(code="one", activity="purchase", action=ONE),
    ),
    counters=(ProgressCounter(code="buys", period=Period.TOTAL),),
)
SEGMENTS = {
    "all": "",
    "fresh": "awards.total == 0",
    "known": "progress.buys == 0 || member.enrolled_days >= 2",
    "new": "member.enrolled_days < 2",
    "rich": "qualifying.spend >= 200 || tier.spend == 'gold'",
    "safe": "attribute.vip && attribute.risk <= 2 && 'north' == attribute.region",
}


async def test_what_runs_for_a_member_is_what_looks_at_its_next_activity(
    desk: CampaignDesk, bank: Bank, member: UUID
) -> None:
    """Told, looked at and simulated are the same, segment by segment and day by day."""
    await TierDesk(bank=bank).ladder()
    operator = bank.actor("operator", "olga")
    for code, type_ in (("vip", "BOOLEAN"), ("risk", "INTEGER"), ("region", "TEXT")):
        await register_attribute(bank.application.units, operator, code=code, type_=AttributeType(type_))
    said = [AttributeSaid("vip", value=True), AttributeSaid("region", "north")]
    await set_member_facts(
        bank.application.units, bank.actor(), member_id=member, tiers=[], segments=[], attributes=said
    )
    for code, segment in SEGMENTS.items():
        await desk.run(code, BODY, segment=segment)

    told, looked = [], []
    for _ in range(3):
        told.append(await _running(bank, member))
        receipt = await desk.buy(member, 100, at=await bank.now())
        looked.append({code for code in SEGMENTS if desk.campaign_id(code) in {a.campaign_id for a in receipt.awards}})
        await bank.advance(timedelta(days=1))

    assert (
        told
        == looked
        == [
            {"all", "safe", "fresh", "known", "new"},
            {"all", "safe", "new"},
            {"all", "safe", "known", "rich"},
        ]
    )
    for code in SEGMENTS:
        asked = Simulation(campaign=code)
        report = await simulate(bank.application.reader, bank.programme_id, asked)
        assert report.awards == sum(code in each for each in looked)


async def _running(bank: Bank, member: UUID) -> set[str]:
    """The codes of what runs for the member."""
    found = await running_for(bank.application.reader, bank.programme_id, member, await bank.now())
    return {campaign.code for campaign in found}
