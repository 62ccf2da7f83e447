"""Simulating a campaign's draft as operators ask for it."""

from graphql_api.permissions import Role, Scope
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk
from tests.integration.graphql.desk import Desk, gid

SIMULATION = """
query S($code: String!, $budgets: [SimulatedBudgetInput!], $starting: Date, $activities: Int) {
  campaignSimulation(code: $code, budgets: $budgets, startingOn: $starting, activities: $activities) {
    activities refunds isComplete reached winners awards capped
    costs { kind code awards amount returned cost }
    budgets { asset given left exhaustedAt }
    reasons { reason rule activities }
    mostAwarded { memberId times }
    mostCapped { memberId }
    rules { code awards winners }
    phases { code awards winners }
    variants { code }
  }
}
"""


async def test_operators_and_approvers_simulate_a_draft(desk: Desk, bank: Bank) -> None:
    """Costs, winners, reasons and the budget; an unknown campaign is null, what cannot be meant is refused."""
    campaigns = CampaignDesk(bank=bank)
    member = await bank.enrol("m-1")
    for amount in (300, 5):
        await campaigns.buy(member, amount)
    await campaigns.create("draft", budgets=("POINTS",))
    olga, anna = desk.caller(Role.OPERATOR, "olga"), desk.caller(Role.APPROVER, "anna")

    found = await desk.ask(olga, SIMULATION, code="draft", budgets=[{"asset": "POINTS", "amount": "100"}])
    unlimited = await desk.ask(anna, SIMULATION, code="draft", activities=1)
    unknown = await desk.ask(olga, SIMULATION, code="no-such")
    twice = [{"asset": "POINTS", "amount": "1"}, {"asset": "POINTS", "amount": "2"}]
    refusals = [
        await desk.refusal(olga, SIMULATION, code="draft", activities=0),
        await desk.refusal(olga, SIMULATION, code="draft", budgets=twice),
        await desk.refusal(olga, SIMULATION, code="draft", budgets=[{"asset": "STARS", "amount": "1"}]),
        await desk.refusal(olga, SIMULATION, code="draft", starting="9999-12-01"),
        await desk.refusal(desk.caller(Role.SERVICE, "core", *Scope), SIMULATION, code="draft"),
    ]

    assert found["campaignSimulation"] == {
        "activities": 2,
        "refunds": 0,
        "isComplete": True,
        "reached": 1,
        "winners": 1,
        "awards": 1,
        "capped": 0,
        "costs": [{"kind": "POINTS", "code": "POINTS", "awards": 1, "amount": "30", "returned": "0", "cost": "30"}],
        "budgets": [{"asset": "POINTS", "given": "100", "left": "70", "exhaustedAt": None}],
        "reasons": [{"reason": "ROUNDED_TO_NOTHING", "rule": "tenth", "activities": 1}],
        "mostAwarded": [{"memberId": gid("Member", member), "times": 1}],
        "mostCapped": [],
        "rules": [{"code": "tenth", "awards": 1, "winners": 1}],
        "phases": [{"code": "all", "awards": 1, "winners": 1}],
        "variants": [],
    }
    assert unlimited["campaignSimulation"]["budgets"] == [
        {"asset": "POINTS", "given": None, "left": None, "exhaustedAt": None}
    ]
    assert unlimited["campaignSimulation"]["isComplete"] is False
    assert unknown == {"campaignSimulation": None}
    assert refusals == [*["INVALID_INPUT"] * 4, "FORBIDDEN"]
