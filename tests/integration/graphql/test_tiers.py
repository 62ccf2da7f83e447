"""Ladders and members' tiers through the schema: set up, climbed, granted by two people, shown to whom they concern."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from ledger.members.queries import member_by_external_id
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk
from tests.integration.graphql.people import People
from tests.tier_desk import TierDesk

TERMS = """metric { kind activities asset field } window { kind days } levels { code threshold multiplier pack }
    promotion demotion graceDays packPeriod lateHours"""
SAVED = f"""... on TierLadderSaved {{ ladder {{ code current {{ number terms {{ {TERMS} }} }} }} }}
    ... on InvalidInputError {{ field }}"""
TIERS = """tiers { ladder level { code multiplier } since earnedLevel grantedUntil
    progress { counted countedFrom nextLevel missing keep { by missing fallsOn } }
    steps { nodes { level cause since } pageInfo { hasNextPage } } packs { level template state refusal } }"""


def ladder(**more: object) -> dict[str, Any]:
    """Two levels by what was spent in 30 days."""
    return {
        "metric": {"kind": "AMOUNT", "activities": ["purchase"]},
        "window": {"kind": "ROLLING", "days": 30},
        "levels": [{"code": "base", "threshold": "0"}, {"code": "gold", "threshold": 1000, "multiplier": 150}],
        "demotion": "FULL",
        **more,
    }


async def save(people: People, name: str, terms: dict[str, Any], code: str = "spend") -> dict[str, Any]:
    """A ladder by a clerk."""
    return await people.desk.change(people.operator, name, {"code": code, "terms": terms}, SAVED)


async def ines(bank: Bank) -> UUID:
    """Her id."""
    member = await member_by_external_id(bank.application.reader, bank.programme_id, "ines")
    assert member is not None
    return member.id


async def test_a_ladder_is_set_up_changed_and_read(people: People) -> None:
    """What was given is told with its defaults; a change is a new version; what cannot be names its field."""
    made = await save(people, "createTierLadder", ladder())
    again = await save(people, "createTierLadder", ladder())
    wrong = await save(people, "changeTierLadder", ladder(window={"kind": "MONTH"}))
    changed = await save(people, "changeTierLadder", ladder(graceDays=5))
    unknown = await save(people, "changeTierLadder", ladder(), code="none")

    assert made["ladder"]["current"]["terms"] == {
        "metric": {"kind": "AMOUNT", "activities": ["purchase"], "asset": None, "field": None},
        "window": {"kind": "ROLLING", "days": 30},
        "levels": [
            {"code": "base", "threshold": "0", "multiplier": 100, "pack": []},
            {"code": "gold", "threshold": "1000", "multiplier": 150, "pack": []},
        ],
        "promotion": "NOW",
        "demotion": "FULL",
        "graceDays": 0,
        "packPeriod": "YEAR",
        "lateHours": 72,
    }
    assert (again["code"], wrong["field"], unknown["code"]) == ("CODE_TAKEN", "window", "TIER_LADDER_NOT_FOUND")
    assert changed["ladder"]["current"]["number"] == 2
    text = '{ tierLadders { code current { number } } tierLadder(code: "spend") { versions { nodes { number } } } }'
    told = await people.desk.ask(people.operator, text)
    assert told["tierLadders"] == [{"code": "spend", "current": {"number": 2}}]
    assert [node["number"] for node in told["tierLadder"]["versions"]["nodes"]] == [2, 1]
    seen = await people.desk.ask(people.member(), '{ tierLadder(code: "spend") { current { number } } }')
    assert seen["tierLadder"]["current"]["number"] == 2


async def test_a_member_sees_where_it_stands(people: People, bank: Bank) -> None:
    """On the first level at first; then what it reached, what it takes to stay, and how it came there."""
    await save(people, "createTierLadder", ladder())
    desk = TierDesk(bank=bank)

    before = (await people.desk.ask(people.member(), f"{{ me {{ {TIERS} }} }}"))["me"]["tiers"][0]
    await CampaignDesk(bank=bank).buy(await ines(bank), 1200)
    after = (await people.desk.ask(people.member(), f"{{ me {{ {TIERS} }} }}"))["me"]["tiers"][0]

    assert (before["level"]["code"], before["since"], before["steps"]["nodes"], before["packs"]) == (
        "base",
        None,
        [],
        [],
    )
    assert before["progress"] | {"countedFrom": None} == {
        "counted": "0",
        "countedFrom": None,
        "nextLevel": "gold",
        "missing": "1000",
        "keep": None,
    }
    assert after["level"] == {"code": "gold", "multiplier": 150}
    assert [(step["level"], step["cause"]) for step in after["steps"]["nodes"]] == [("gold", "REACHED")]
    today = await desk.today()
    assert after["progress"] == {
        "counted": "1200",
        "countedFrom": str(today - timedelta(days=29)),
        "nextLevel": None,
        "missing": "0",
        "keep": {
            "by": str(today + timedelta(days=29)),
            "missing": "1000",
            "fallsOn": str(today + timedelta(days=30)),
        },
    }


async def test_what_time_has_brought_is_a_step_before_anybody_posts_it(people: People, bank: Bank) -> None:
    """The level, since when and how it came about tell the same; pages go on from there into the book."""
    await save(people, "createTierLadder", ladder())
    await CampaignDesk(bank=bank).buy(await ines(bank), 1200)
    await bank.advance(timedelta(days=40))

    told = (await people.desk.ask(people.member(), f"{{ me {{ {TIERS} }} }}"))["me"]["tiers"][0]
    seen, after = list[str](), "null"
    for _ in range(2):
        page = f"steps(first: 1, after: {after}) {{ nodes {{ level cause }} pageInfo {{ endCursor }} }}"
        steps = (await people.desk.ask(people.member(), f"{{ me {{ tiers {{ {page} }} }} }}"))["me"]["tiers"][0][
            "steps"
        ]
        seen += [f"{step['level']} {step['cause']}" for step in steps["nodes"]]
        after = f'"{steps["pageInfo"]["endCursor"]}"'

    assert await bank.count("book.tier_steps") == 1
    assert seen == ["base FELL", "gold REACHED"]
    assert [step["level"] for step in told["steps"]["nodes"]] == ["base", "gold"]
    assert (told["level"]["code"], told["steps"]["nodes"][0]["since"]) == ("base", told["since"])


async def test_a_level_by_hand_takes_two_people(people: People, bank: Bank) -> None:
    """Asked for by a clerk, with what exactly is asked shown to the second one, who agrees."""
    await save(people, "createTierLadder", ladder())
    until = str(await TierDesk(bank=bank).in_days(3))
    given = {"member": {"externalId": "ines"}, "ladder": "spend", "untilOn": until, "reasonCode": "GOODWILL"}

    no_level = await people.change(people.operator, "grantTier", "", level="none", **given)
    asked = await people.change(
        people.operator, "grantTier", "... on ApprovalRequested { approvalId }", level="gold", **given
    )
    shown = await people.desk.ask(
        people.approver,
        "query Q($id: ID!) { approval(id: $id) { kind terms { name value } } }",
        id=asked["approvalId"],
    )
    select = "... on RequestDecided { state }"
    agreed = await people.change(people.approver, "approveRequest", select, approvalId=asked["approvalId"])
    told = await people.desk.ask(people.core, f'{{ member(by: {{externalId: "ines"}}) {{ {TIERS} }} }}')

    assert no_level["code"] == "INVALID_INPUT"
    assert shown["approval"]["kind"] == "tier_grant"
    terms = {term["name"]: term["value"] for term in shown["approval"]["terms"]}
    assert (terms["level"], terms["ladder"], terms["untilOn"], terms["memberId"]) == (
        "gold",
        "spend",
        until,
        people.ines,
    )
    assert agreed["state"] == "APPROVED"
    tier = told["member"]["tiers"][0]
    assert (tier["level"]["code"], tier["earnedLevel"], tier["grantedUntil"]) == ("gold", "base", until)
