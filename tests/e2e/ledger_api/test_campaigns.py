"""Campaigns and activities over HTTP: the whole way from a draft to points, and inputs that mean harm."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import httpx

from graphql_api.permissions import Role
from tests.bank import Bank
from tests.e2e.ledger_api.served import Api

ERROR = "... on UserError { code retry } ... on InvalidInputError { field }"
CREATE = f"""mutation C($input: CreateCampaignInput!) {{ createCampaign(input: $input) {{ __typename
    ... on CampaignSaved {{ campaign {{ state }} }} {ERROR} }} }}"""
SUBMIT = f"""mutation S($input: SubmitCampaignInput!) {{ submitCampaign(input: $input) {{ __typename
    ... on CampaignSubmitted {{ approvalId }} {ERROR} }} }}"""
TOP_UP = f"""mutation T($input: TopUpCampaignBudgetInput!) {{ topUpCampaignBudget(input: $input) {{ __typename
    ... on CampaignBudgetRequested {{ approvalId }} {ERROR} }} }}"""
APPROVE = f"""mutation A($input: ApproveRequestInput!) {{ approveRequest(input: $input) {{ __typename
    ... on RequestDecided {{ state }} {ERROR} }} }}"""
START = f"""mutation G($input: StartCampaignInput!) {{ startCampaign(input: $input) {{ __typename
    ... on CampaignMoved {{ state }} {ERROR} }} }}"""
REPORT = f"""mutation R($input: ReportActivityInput!) {{ reportActivity(input: $input) {{ __typename
    ... on ActivityReported {{ replayed activityId awards {{ amount }} skipped {{ reason }} }} {ERROR} }} }}"""
LIST = f"""mutation L($input: ReportActivitiesInput!) {{ reportActivities(input: $input) {{ __typename
    ... on ReportActivitiesOutcomes {{ items {{ __typename ... on ActivityReported {{ awards {{ amount }} }} {ERROR} }} }}
    {ERROR} }} }}"""
TYPE = f"""mutation T($input: RegisterActivityTypeInput!) {{ registerActivityType(input: $input) {{ __typename {ERROR} }} }}"""
SEED = 20_261_122


def tenth(when: str = "") -> dict[str, Any]:
    """Terms by which every purchase earns a point for ten minor units, while there is a budget."""
    action = {"points": {"field": "amount", "per": "10"}}
    rule = {"code": "tenth", "activity": "purchase", "when": when, "action": action}
    phase = {"code": "all", "fromOn": "2000-01-01", "untilOn": "2100-01-01", "rules": [rule]}
    return {"phases": [phase], "budgets": ["POINTS"]}


def sale(event_id: str, amount: object = 200, **more: object) -> dict[str, Any]:
    """What Ines bought just now."""
    return {
        "member": {"externalId": "ines"},
        "type": "purchase",
        "source": "pos",
        "eventId": event_id,
        "occurredAt": datetime.now(UTC).isoformat(),
        "payload": {"amount": amount},
        **more,
    }


async def test_a_campaign_goes_all_the_way(bank: Bank, api: Api) -> None:
    """Drafted and put forward by one clerk, approved by another, started; purchases earn until the budget is gone, a
    refund gives some back; the member sees its points and the terms, and staff see why.
    """
    await bank.enrol("ines")
    olga, anna = api.bearer(Role.OPERATOR, "olga"), api.bearer(Role.APPROVER, "anna")
    core, ines = api.bearer(Role.SERVICE, "core"), api.bearer(Role.MEMBER, "ines")

    async def change(who: str, text: str, **given: object) -> dict[str, Any]:
        return dict(next(iter((await api.ask(who, text, input=given)).values())))

    await change(olga, CREATE, code="spring", terms=tenth(), termsText="A point for every ten.")
    waiting = [
        await change(olga, SUBMIT, campaign="spring", idempotencyKey="s1"),
        await change(olga, TOP_UP, campaign="spring", amount="25", idempotencyKey="t1"),
    ]
    for number, each in enumerate(waiting):
        await change(anna, APPROVE, approvalId=each["approvalId"], idempotencyKey=f"a{number}")
    started = await change(olga, START, campaign="spring", idempotencyKey="g1")
    first = await change(core, REPORT, **sale("e-1"))
    again = await change(core, REPORT, **{**sale("e-1"), "occurredAt": "2020-01-01T00:00:00Z"})
    items = [sale("e-2"), sale("e-3", 100, type="refund", refundOf="e-1"), sale("e-4", 100)]
    done = await change(core, LIST, items=items)
    seen = await api.ask(ines, "{ me { wallet { available } campaigns { code termsText } } }")
    text = 'query Q($id: ID!) { activity(id: $id) { awards { campaign version } } campaign(code: "spring") { budgets { left } } }'
    told = await api.ask(olga, text, id=first["activityId"])

    assert started["state"] == "RUNNING"
    assert (first["awards"], again["code"]) == ([{"amount": "20"}], "IDEMPOTENCY_CONFLICT")
    assert [[award["amount"] for award in item["awards"]] for item in done["items"]] == [[], ["-10"], ["10"]]
    assert seen["me"] == {
        "wallet": {"available": "20"},
        "campaigns": [{"code": "spring", "termsText": "A point for every ten."}],
    }
    assert told == {
        "activity": {"awards": [{"campaign": "spring", "version": 1}]},
        "campaign": {"budgets": [{"left": "5"}]},
    }


async def test_nothing_that_is_sent_is_our_fault(bank: Bank, api: Api) -> None:
    """Huge, deep and strange reports, schemas and conditions: malformed or refused, never a 5xx, and nothing is kept."""
    await bank.enrol("ines")
    core, olga = api.bearer(Role.SERVICE, "core"), api.bearer(Role.OPERATOR, "olga")
    deep = "[" * 5_000 + "]" * 5_000
    schema = {"type": "object", "additionalProperties": False}
    schemas: list[object] = [
        None,
        1,
        {},
        {**schema, "properties": {"a": {"$ref": "#"}}},
        {**schema, "properties": {"a": {"type": "string", "pattern": "(a+)+$"}}},
        {**schema, "properties": {f"p{n}": {"type": "integer"} for n in range(41)}},
        {**schema, "properties": {"hour": {"type": "integer"}}},
        {**schema, "properties": {"a": {"type": "integer", "minimum": "x"}}},
        {**schema, "properties": nest("properties", 120)},
        {**schema, "description": "x" * 10_000, "properties": {}},
    ]
    conditions = [
        "(" * 5_000,
        "'" * 999,
        "activity.amount > 0 && " * 60 + "true",
        "\u0000",
        "🙈",
        "x.matches('(a+)+$')",
    ]
    async with httpx.AsyncClient(timeout=20) as client:

        async def send(who: str, body: bytes) -> str:
            headers = {"authorization": who, "content-type": "application/json"}
            answer = await client.post(f"{api.url}/graphql", content=body, headers=headers)
            assert answer.status_code < 500, (body[:200], answer.text)
            assert "INTERNAL" not in answer.text, (body[:200], answer.text)
            return answer.text

        def body(text: str, given: object) -> bytes:
            return json.dumps({"query": text, "variables": {"input": given}}).encode()

        spliced = body(REPORT, sale("e", "DEEP")).replace(b'"DEEP"', deep.encode())
        found = [
            await send(core, spliced),
            await send(core, body(REPORT, sale("e", "x" * 3_000_000))),
            await send(core, body(LIST, {"items": [sale(f"e{n}") for n in range(1001)]})),
            *[await send(olga, body(TYPE, {"code": f"t{n}", "schema": each})) for n, each in enumerate(schemas)],
            *[await send(olga, body(CREATE, {"code": f"c{n}", "terms": tenth(w)})) for n, w in enumerate(conditions)],
        ]
        dice = random.Random(SEED)
        parts: tuple[object, ...] = (
            None, "", "x" * 300, "\u0000", 1.5, 2**70, -1, True, [], {}, nest("a", 50), {"amount": 1}, "2020-01-01T00:00:00Z",
            {"externalId": "ines"}, "purchase", "refund", "\u202e", {"amount": -1}, {"amount": 10**16}, "a/b",
        )  # fmt: skip
        names = [*sale("e"), "refundOf", "channel", "branch", "merchantId"]
        for number in range(150):
            given = sale(f"f-{number}")
            given |= {name: dice.choice(parts) for name in dice.sample(names, dice.randint(1, 2))}
            await send(core, body(REPORT, given))

    assert [text for text in found if "ActivityReported" in text or "ActivityTypeRegistered" in text] == []
    assert [text for text in found[-len(conditions) :] if "CampaignSaved" in text] == []
    assert await bank.count("registry.campaigns") == await bank.count("registry.activity_types") == 0


def nest(name: str, depth: int) -> object:
    """An object in an object in an object."""
    value: object = 1
    for _ in range(depth):
        value = {name: value}
    return value
