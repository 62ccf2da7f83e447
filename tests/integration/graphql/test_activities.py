"""Activities through the schema: reported once, in lists, refunded, explained, and never anybody's fault but the caller's."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ledger.campaigns.campaign_body import (
    Action,
    Cap,
    Donation,
    Period,
    ProgressCounter,
    ProgressStep,
    Rule,
    TierCredit,
    VoucherAward,
)
from ledger.vouchers.template_body import Multiplier
from tests.campaign_desk import TENTH, TENTH_POINTS, CampaignDesk, always
from tests.integration.graphql.campaigns import REPORTED, campaigns, purchase, refund, report
from tests.integration.graphql.desk import gid
from tests.integration.graphql.people import People
from tests.integration.graphql.statements import statements_of
from tests.tier_desk import TierDesk
from tests.voucher_desk import VoucherDesk

__all__ = ["campaigns"]

EXPLAINED = """{ type eventId state amountMinor payload refundOfId
    awards { campaign version phase rule asset amount base multiplier wanted inputs cost originalAwardId
             headroom { counter period limit left } }
    skipped { campaign rule reason } }"""


def now() -> str:
    """This instant: campaigns in these tests run from now on."""
    return datetime.now(UTC).isoformat()


async def test_an_activity_is_reported_once_and_explained(people: People, campaigns: CampaignDesk) -> None:
    """The same awards for ever; found by id, by its source's event and in the member's list."""
    await campaigns.run("base")
    given = purchase("e-1", occurredAt=now())

    first, again = await report(people, given), await report(people, given)
    other = await report(people, {**given, "payload": {"amount": 200}})
    text = f"""query Q($id: ID!) {{ activity(id: $id) {EXPLAINED}
        activityByEvent(source: "pos", eventId: "e-1") {{ id }}
        member(by: {{externalId: "ines"}}) {{ activities {{ nodes {{ id }} }} }} }}"""
    found = await people.desk.ask(people.core, text, id=first["activityId"])

    assert (first["replayed"], again) == (False, {**first, "replayed": True})
    assert other["code"] == "IDEMPOTENCY_CONFLICT"
    award = {"campaign": "base", "version": 1, "rule": "tenth", "asset": "POINTS", "amount": "19"}
    assert first["awards"] == [{"awardId": first["awards"][0]["awardId"], **award}]
    assert found["activity"] == {
        "type": "purchase",
        "eventId": "e-1",
        "state": "ACCEPTED",
        "amountMinor": "199",
        "payload": {"amount": 199},
        "refundOfId": None,
        "awards": [
            {
                **award,
                "phase": "all",
                "base": "199",
                "multiplier": 100,
                "wanted": "19",
                "inputs": {},
                "cost": "0",
                "originalAwardId": None,
                "headroom": [],
            }
        ],
        "skipped": [],
    }
    same = {"id": first["activityId"]}
    assert (found["activityByEvent"], found["member"]["activities"]["nodes"]) == (same, [same])


async def test_a_page_of_activities_is_read_by_as_many_statements_as_one(
    people: People, campaigns: CampaignDesk
) -> None:
    """What came of them is looked up together, not activity by activity; each is told its own."""
    await campaigns.run("base")
    await campaigns.run("large", phases=always(replace(TENTH, when="activity.amount > 500")))
    for number in range(1, 21):
        await report(people, purchase(f"e-{number}", 100 * number, occurredAt=now()))
    text = """query Q($first: Int!) { member(by: {externalId: "ines"}) { activities(first: $first) {
        nodes { awards { campaign asset amount } skipped { campaign } } } } }"""

    one = await statements_of(people.desk, people.core, text, first=1)
    many = await statements_of(people.desk, people.core, text, first=20)
    told = (await people.desk.ask(people.core, text, first=20))["member"]["activities"]["nodes"]

    assert (one, many) == (8, 8)
    awards = [[(award["campaign"], award["amount"]) for award in each["awards"]] for each in reversed(told)]
    assert awards[:5] == [[("base", str(10 * number))] for number in range(1, 6)]
    assert awards[5:] == [[("base", str(10 * number)), ("large", str(10 * number))] for number in range(6, 21)]
    assert [each["skipped"] for each in told] == [[]] * 15 + [[{"campaign": "large"}]] * 5


async def test_a_list_is_independent_and_in_order(people: People, campaigns: CampaignDesk) -> None:
    """A refund sees the purchase before it; an unknown member, a bad payload and a strange refund harm nobody."""
    await campaigns.run("base", budget=30)
    at = now()
    items: list[dict[str, Any]] = [
        purchase("a", 200, occurredAt=at),
        purchase("b", 200, occurredAt=at),
        purchase("c", "much", occurredAt=at),
        purchase("d", occurredAt=at, member={"externalId": "nobody"}),
        {**refund("e", "a", 100), "occurredAt": at},
        purchase("f", occurredAt=at, type="refund"),
        purchase("g", occurredAt=at, type="unheard-of"),
        {**refund("h", "never", 1), "occurredAt": at},
    ]
    selection = f"... on ReportActivitiesOutcomes {{ items {{ __typename ... on UserError {{ code }} {REPORTED} }} }}"

    done = await people.desk.change(people.core, "reportActivities", {"items": items}, selection)
    again = await people.desk.change(people.core, "reportActivities", {"items": items}, selection)
    too_long = await people.desk.change(people.core, "reportActivities", {"items": items * 126}, selection)

    found = [item.get("code") or [award["amount"] for award in item["awards"]] for item in done["items"]]
    assert found == [
        ["20"],
        [],
        "INVALID_INPUT",
        "MEMBER_NOT_FOUND",
        ["-10"],
        "INVALID_INPUT",
        "ACTIVITY_TYPE_NOT_FOUND",
        "ACTIVITY_NOT_FOUND",
    ]
    assert done["items"][1]["skipped"] == [
        {
            "campaign": "base",
            "version": 1,
            "phase": "all",
            "rule": "tenth",
            "variant": None,
            "reason": "BUDGET_EXHAUSTED",
        }
    ]
    assert (done["items"][2]["field"], done["items"][5]["field"]) == ("payload.amount", "refundOf")
    assert [item.get("replayed") for item in again["items"]] == [True, True, None, None, True, None, None, None]
    assert too_long["code"] == "LIST_TOO_LONG"
    assert await campaigns.left("base") == 20


async def test_a_refund_into_a_full_budget_is_refused(people: People, campaigns: CampaignDesk) -> None:
    """A budget holds 10^15 at most; nothing changes."""
    await campaigns.run("base", budget=10**15)
    await report(people, purchase("a", 200, occurredAt=now()))
    (await campaigns.top_up("base", 20)).unwrap()

    refused = await report(people, {**refund("b", "a", 200), "occurredAt": now()})

    assert refused["code"] == "BALANCE_LIMIT_EXCEEDED"
    assert await campaigns.left("base") == 10**15


async def test_a_programme_registers_types_of_its_own(people: People) -> None:
    """A flat, closed schema; its fields are checked in every report; what cannot be a schema is refused by field."""
    schema = {
        "type": "object",
        "properties": {"steps": {"type": "integer", "minimum": 0}},
        "required": ["steps"],
        "additionalProperties": False,
    }
    nested = {**schema, "properties": {"where": {"type": "object"}}}
    foreign = ({"$schema": "x"}, {**schema, "$schema": "http://127.0.0.1:9/x"}, {**schema, "$ref": "x"}, [schema])
    select = (
        "... on ActivityTypeRegistered { activityType { code schema isShipped } } ... on InvalidInputError { field }"
    )

    async def register(**given: object) -> dict[str, Any]:
        return await people.desk.change(people.operator, "registerActivityType", given, select)

    made = await register(code="walk", schema=schema)
    taken = await register(code="purchase", schema=schema)
    deep = await register(code="deep", schema=nested)
    strange = [await register(code="strange", schema=each) for each in foreign]
    listed = await people.desk.ask(people.core, "{ activityTypes { code isShipped } }")
    walked = await report(people, purchase("w-1", type="walk", payload={"steps": 9000}))
    wrong = await report(people, purchase("w-2", type="walk", payload={"steps": "many"}))

    assert made["activityType"] == {"code": "walk", "schema": schema, "isShipped": False}
    assert (taken["code"], deep["field"]) == ("CODE_TAKEN", "schema.properties.where")
    assert [each["field"] for each in strange] == ["schema"] * 4
    assert listed["activityTypes"][-1] == {"code": "walk", "isShipped": False}
    assert len(listed["activityTypes"]) == 11
    assert (walked["state"], wrong["field"]) == ("ACCEPTED", "payload.steps")


AWARDS = (
    """... on ActivityReported { awards { awardId campaign kind asset amount voucherId merchantId counter ladder } }"""
)
WHY = """query A($id: ID!) { award(id: $id) { base wanted multiplier cost factors { percent cardVoucherId ladder level }
    headroom { counter period limit left } inputs rule phase version } }"""


async def test_every_kind_of_award_is_told_and_explained(people: People, campaigns: CampaignDesk) -> None:
    """A voucher, a donation, a count, a credit, and points by the rule's, a card's and the level's multiplier."""
    bank = people.desk.bank
    ines = (await bank.fetch("SELECT id FROM {book}.members WHERE external_id = 'ines'"))[0]["id"]
    vouchers = VoucherDesk(bank=bank)
    await vouchers.live("latte", pieces=2)
    await vouchers.live("double", gives=Multiplier(percent=200), money_asset=None)
    card = await vouchers.issue(ines, "double")
    await TierDesk(bank=bank).ladder()
    points = replace(TENTH_POINTS, multiplier=150, cards=("double",), ladder="spend")
    acts: list[Action] = [
        points,
        VoucherAward(template="latte"),
        Donation(asset="POINTS", merchant=bank.merchant_id, amount=7),
        ProgressStep(counter="visits", amount=1),
        TierCredit(ladder="spend", amount=50),
    ]
    caps = (Cap(counter="awards", period=Period.DAY, limit=3),)
    for number, action in enumerate(acts):
        rule = Rule(code="r", activity="purchase", action=action, when="activity.amount > 5")
        counters = (ProgressCounter(code="visits", period=Period.DAY),)
        is_paid = isinstance(action, Donation)
        budget = 10 if is_paid else 0
        await campaigns.run(f"c{number}", phases=always(rule), counters=counters, caps=caps, budget=budget)

    done = await people.desk.change(people.core, "reportActivity", purchase("e-1", occurredAt=now()), AWARDS)
    why = [(await people.desk.ask(people.operator, WHY, id=each["awardId"]))["award"] for each in done["awards"]]

    nothing = {"asset": None, "voucherId": None, "merchantId": None, "counter": None, "ladder": None}
    voucher = next(each["voucherId"] for each in done["awards"] if each["kind"] == "VOUCHER")
    assert [{name: value for name, value in each.items() if name != "awardId"} for each in done["awards"]] == [
        {**nothing, "campaign": "c0", "kind": "POINTS", "asset": "POINTS", "amount": "59"},
        {**nothing, "campaign": "c1", "kind": "VOUCHER", "asset": "voucher:latte", "amount": "1", "voucherId": voucher},
        {**nothing, "campaign": "c2", "kind": "DONATION", "asset": "POINTS", "amount": "7", "merchantId": people.shop},
        {**nothing, "campaign": "c3", "kind": "PROGRESS", "amount": "1", "counter": "visits"},
        {**nothing, "campaign": "c4", "kind": "TIER_CREDIT", "amount": "50", "ladder": "spend"},
    ]
    assert voucher.startswith(gid("Voucher", ines)[:8])
    by_card = {"percent": 200, "cardVoucherId": gid("Voucher", card.voucher_id), "ladder": None, "level": None}
    by_level = {"percent": 100, "cardVoucherId": None, "ladder": "spend", "level": "base"}
    left = {"counter": "awards", "period": "DAY", "limit": "3", "left": "2"}
    assert why[0] == {
        "base": "199",
        "wanted": "59",
        "multiplier": 150,
        "cost": "0",
        "factors": [by_card, by_level],
        "headroom": [left],
        "inputs": {"activity.amount": 199},
        "rule": "r",
        "phase": "all",
        "version": 1,
    }
    assert [each["cost"] for each in why] == ["0", "0", "7", "0", "0"]


def nest(depth: int) -> object:
    """A list in a list in a list."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


STRANGE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"payload": {"amount": 1.5}}, "payload.amount"),
    ({"payload": {"amount": 5.0}}, "payload.amount"),
    ({"payload": {"amount": 10**15 + 1}}, "payload.amount"),
    ({"payload": {"amount": 2**70}}, "payload"),
    ({"payload": {"amount": None}}, "payload.amount"),
    ({"payload": {"amount": 1, "iban": "DE02"}}, "payload"),
    ({"payload": {"amount": nest(200)}}, "payload.amount"),
    ({"payload": {"amount": nest(900)}}, "payload"),
    ({"payload": {"amount": 1, "category": "x" * 5000}}, "payload"),
    ({"payload": [1]}, "payload"),
    ({"payload": "amount"}, "payload"),
    ({"payload": {}}, "payload.amount"),
    ({"payload": {"amuont": 1}}, "payload.amount"),
    ({"source": "a/b"}, "source"),
    ({"source": ""}, "source"),
    ({"eventId": "é"}, "eventId"),
    ({"eventId": "x" * 253}, "eventId"),
    ({"channel": "\u202e"}, "channel"),
    ({"branch": "x" * 65}, "branch"),
    ({"refundOf": "e-1"}, "refundOf"),
    ({"type": "refund"}, "refundOf"),
    ({"type": "refund", "refundOf": ""}, "refundOf"),
)


async def test_what_cannot_be_meant_is_refused_by_field(people: People) -> None:
    """Whatever is wrong with a report, it is one refusal that names the field, and nothing is recorded."""
    found = [(await report(people, purchase("e", **more)))["field"] for more, _ in STRANGE]

    assert found == [field for _, field in STRANGE]
    assert await people.desk.bank.count("book.activities") == 0
