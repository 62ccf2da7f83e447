"""Campaigns through the schema: drafted, approved by somebody else, started, paused, topped up, ended, and seen by members."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from ledger.campaigns.lifecycle import PauseCampaign
from ledger.campaigns.member_list import extend_list
from tests.campaign_desk import TENTH, CampaignDesk, always
from tests.integration.graphql.campaign_draft import move, save, terms
from tests.integration.graphql.campaigns import purchase, report
from tests.integration.graphql.people import People


def state_of(answer: dict[str, Any]) -> str:
    """What a step came to, or in which state it is not possible."""
    return str(answer.get("state") or answer["campaignState"])


async def approve(people: People, approval_id: str) -> dict[str, Any]:
    """What a second clerk's approval came to."""
    select = "... on RequestDecided { state entryId }"
    return await people.change(people.approver, "approveRequest", select, approvalId=approval_id)


async def submit(people: People, code: str = "C1") -> dict[str, Any]:
    """The newest version put forward."""
    select = "... on CampaignSubmitted { state version approvalId }"
    return await people.change(people.operator, "submitCampaign", select, campaign=code, reason="Spring.")


async def test_a_campaign_lives_from_draft_to_end(people: People) -> None:
    """Nobody starts what a second person has not approved; a pause is exact; the end is for good."""
    steps = [(await save(people, "createCampaign", terms(budgets=["POINTS"])))["campaign"]["state"]]
    steps.append(state_of(await move(people, "startCampaign")))
    asked = await submit(people)
    own = await people.change(
        people.desk.caller(people.approver.role, "olga"), "approveRequest", "", approvalId=asked["approvalId"]
    )
    decided = await approve(people, asked["approvalId"])
    steps.append(state_of(await move(people, "startCampaign")))
    before = await report(people, purchase("e-1", occurredAt=datetime.now(UTC).isoformat()))
    more = await people.change(
        people.operator,
        "topUpCampaignBudget",
        "... on CampaignBudgetRequested { left approvalId }",
        campaign="C1",
        amount="100",
    )
    topped = await approve(people, more["approvalId"])
    earned = await report(people, purchase("e-2", occurredAt=datetime.now(UTC).isoformat()))
    steps.append((await move(people, "pauseCampaign"))["state"])
    paused = await report(people, purchase("e-3", occurredAt=datetime.now(UTC).isoformat()))
    text = '{ campaign(code: "C1") { state budgets { asset left isFrozen } current { number } } }'
    shown = (await people.desk.ask(people.operator, text))["campaign"]
    steps += [state_of(await move(people, name)) for name in ("startCampaign", "endCampaign", "startCampaign")]
    late = await save(people, "changeCampaign", terms())

    assert steps == ["DRAFT", "DRAFT", "RUNNING", "PAUSED", "RUNNING", "ENDED", "ENDED"]
    assert (asked["state"], asked["version"]) == ("REVIEWED", 1)
    assert (own["code"], decided["state"]) == ("APPROVAL_OWN", "APPROVED")
    assert (more["left"], topped["state"], topped["entryId"] is not None) == ("0", "APPROVED", True)
    assert before["skipped"][0]["reason"] == "BUDGET_EXHAUSTED"
    assert (earned["awards"][0]["amount"], paused["skipped"][0]["reason"]) == ("19", "PAUSED")
    frozen = {"asset": "POINTS", "left": "81", "isFrozen": True}
    assert shown == {"state": "PAUSED", "budgets": [frozen], "current": {"number": 1}}
    assert late["code"] == "CAMPAIGN_STATE"


async def test_a_change_holds_once_it_is_approved(people: People) -> None:
    """Until then the version before it does; an approval of what was changed meanwhile is refused."""
    await save(people, "createCampaign", terms())
    first = await submit(people)
    changed = (await save(people, "changeCampaign", terms(priority=1)))["campaign"]
    stale = await approve(people, first["approvalId"])
    done = await approve(people, (await submit(people))["approvalId"])
    again = await submit(people)
    listed = await people.desk.ask(
        people.approver,
        "{ campaigns(state: APPROVED) { nodes { code versions { nodes { number } } } } approvals { nodes { kind terms { name value } } } }",
    )

    assert (changed["latest"]["number"], changed["current"]) == (2, None)
    assert (stale["code"], done["state"], again["code"]) == ("CAMPAIGN_STATE", "APPROVED", "CAMPAIGN_STATE")
    versions = {"nodes": [{"number": 2}, {"number": 1}]}
    assert listed["campaigns"]["nodes"] == [{"code": "C1", "versions": versions}]
    assert listed["approvals"]["nodes"][0] == {
        "kind": "campaign",
        "terms": [{"name": "campaign", "value": "C1"}, {"name": "number", "value": "2"}],
    }


async def test_a_member_sees_the_words_of_what_runs_for_it(people: People) -> None:
    """Not what is over, paused or meant for others, and nothing of how it decides; staff see what a member sees."""
    campaigns = CampaignDesk(bank=people.desk.bank)
    for_students = '"students" in member.segments'
    await campaigns.run("base")
    await campaigns.run("students", segment=for_students)
    await campaigns.run("others", segment=f"!({for_students})")
    bank = people.desk.bank
    ines = (await bank.fetch("SELECT id FROM {book}.members WHERE external_id = 'ines'"))[0]["id"]
    olga = bank.actor("operator", "olga")
    for code, members in (("vip", [ines]), ("empty", [])):
        await extend_list(bank.application.units, olga, code=code, members=members)
        await campaigns.run(code, member_list=code)
    await campaigns.run("over", phases=(replace(always(TENTH)[0], until_on=date(2020, 1, 1)),))
    await campaigns.create("draft")
    await campaigns.run("paused")
    await campaigns.move(PauseCampaign, "paused")
    facts = {"member": {"id": people.ines}, "tiers": [], "segments": ["students"]}
    await people.desk.change(people.core, "setMemberFacts", facts)

    text = "campaigns { code version termsText phases { code fromOn untilOn } }"
    seen = await people.desk.ask(people.member(), f"{{ me {{ {text} }} }}")
    otto = await people.desk.ask(people.operator, '{ member(by: {externalId: "otto"}) { campaigns { code } } }')
    rules = await people.desk.refusal(people.member(), '{ campaign(code: "base") { code } }')

    phases = [{"code": "all", "fromOn": "2000-01-01", "untilOn": "2100-01-01"}]
    words = {"version": 1, "termsText": "As they say.", "phases": phases}
    assert seen["me"]["campaigns"] == [{"code": code, **words} for code in ("base", "students", "vip")]
    assert [each["code"] for each in otto["member"]["campaigns"]] == ["base", "others"]
    assert rules == "FORBIDDEN"
