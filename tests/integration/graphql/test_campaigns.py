"""Campaigns through the schema: drafted, approved by somebody else, started, paused, topped up, ended."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from ledger.campaigns.lifecycle import PauseCampaign
from ledger.campaigns.member_list import extend_list
from tests.campaign_desk import TENTH, CampaignDesk, always
from tests.faults_told import fault_in
from tests.integration.graphql.campaigns import purchase, report
from tests.integration.graphql.desk import gid
from tests.integration.graphql.people import People
from tests.tier_desk import TierDesk

RULE = """code activity when variants streak { counter length least } combination { counters days } action { __typename
    ... on Measure { amount field rate per } ... on PointsAction { asset multiplier cards multiplierLadder }
    ... on VoucherAction { template } ... on DonationAction { asset merchantId } ... on ProgressAction { counter }
    ... on TierCreditAction { ladder } }"""
TERMS = f"""phases {{ code fromOn untilOn rules {{ {RULE} }} }} caps {{ counter period limit mode }} budgets
    counters {{ code period }} segment
    channels branches variants {{ code weight }} priority group lateHours memberList"""
SAVED = f"""... on CampaignSaved {{ campaign {{ code state current {{ number }}
    latest {{ number termsText terms {{ {TERMS} }} }} }} }} ... on InvalidInputError {{ field line column detail }}"""
MOVED = "... on CampaignMoved { replayed state entryId } ... on CampaignStateError { campaignState }"


def points(**more: object) -> dict[str, Any]:
    """A point for every ten minor units."""
    return {"points": {"field": "amount", "per": "10", **more}}


def rule(**more: object) -> dict[str, Any]:
    """For every purchase."""
    return {"code": "tenth", "activity": "purchase", "action": points(), **more}


def phase(*rules: dict[str, Any], **more: object) -> dict[str, Any]:
    """A phase of a century."""
    return {"code": "all", "fromOn": "2000-01-01", "untilOn": "2100-01-01", "rules": list(rules) or [rule()], **more}


def terms(**more: object) -> dict[str, Any]:
    """The terms of a plain campaign."""
    return {"phases": [phase()], **more}


async def save(people: People, name: str, given: dict[str, Any], code: str = "C1", text: str = "") -> dict[str, Any]:
    """A version by a clerk."""
    return await people.desk.change(people.operator, name, {"code": code, "terms": given, "termsText": text}, SAVED)


async def move(people: People, name: str, code: str = "C1") -> dict[str, Any]:
    """A step by a clerk."""
    return await people.change(people.operator, name, MOVED, campaign=code)


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


def shown_rule(given: dict[str, Any], kind: str, **action: object) -> dict[str, Any]:
    """A rule as it comes out: what was left out has its default."""
    plain: dict[str, Any] = {"when": "", "variants": [], "streak": None, "combination": None}
    return {**plain, **given, "action": {"__typename": kind, **action}}


async def test_every_term_goes_in_and_comes_out(people: People) -> None:
    """Nothing is lost between the input, the ledger and the answer."""
    await TierDesk(bank=people.desk.bank).ladder()
    await save_template(people, "CARD", {"multiplier": {"percent": 200}})
    await save_template(people, "CAFE", {"exchange": {"item": "coffee"}})
    by_field = {"amount": None, "field": "amount", "rate": "3", "per": "10"}
    fixed = {"amount": "1", "field": None, "rate": "1", "per": "1"}
    run = {"counter": "visits", "length": 3, "least": "2"}
    rules: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (
            rule(code="visit", when="activity.amount >= 5000"),
            {"progress": {"counter": "visits", "amount": "1"}},
            "ProgressAction",
        ),
        (
            rule(code="big", variants=["a"]),
            {
                "points": {
                    **by_field,
                    "asset": "POINTS",
                    "multiplier": 250,
                    "cards": ["CARD"],
                    "multiplierLadder": "spend",
                }
            },
            "PointsAction",
        ),
        (rule(code="cup", streak=run), {"voucher": {"template": "CAFE"}}, "VoucherAction"),
        (
            rule(code="gift", combination={"counters": ["visits", "other"], "days": 7}),
            {"donation": {"asset": "POINTS", "merchantId": people.shop, "amount": "1"}},
            "DonationAction",
        ),
        (rule(code="step"), {"tierCredit": {"ladder": "spend", **by_field}}, "TierCreditAction"),
    ]
    counters = [{"code": "visits", "period": "DAY"}, {"code": "other", "period": "DAY"}]
    given = terms(
        phases=[phase(*({**plain, "action": action} for plain, action, _ in rules))],
        caps=[{"counter": "voucher:CAFE", "period": "QUARTER", "limit": "500", "mode": "REFUSE"}],
        budgets=["POINTS", "voucher:CAFE"],
        counters=counters,
        segment='"students" in member.segments',
        channels=["app"],
        branches=["North"],
        variants=[{"code": "a", "weight": 3}, {"code": "b", "weight": 1}],
        priority=-2,
        group="spring",
        lateHours=24,
        memberList=None,
    )

    made = (await save(people, "createCampaign", given, text="Words."))["campaign"]

    shown = [shown_rule(plain, kind, **next(iter(action.values()))) for plain, action, kind in rules]
    shown[0]["action"] |= fixed
    shown[3]["action"] |= fixed
    assert (made["state"], made["current"], made["latest"]["number"]) == ("DRAFT", None, 1)
    assert made["latest"]["termsText"] == "Words."
    assert made["latest"]["terms"] == {**given, "phases": [{**given["phases"][0], "rules": shown}]}


async def save_template(people: People, code: str, gives: dict[str, Any]) -> None:
    """A live template of vouchers."""
    validity = {"expiry": "30 days"}
    given = {"code": code, "terms": {"gives": gives, "validity": validity}}
    await people.desk.change(people.operator, "createVoucherTemplate", given)
    await people.desk.change(people.operator, "publishVoucherTemplate", {"code": code})


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


def with_rule(**more: object) -> dict[str, Any]:
    """Terms whose one rule is so."""
    return terms(phases=[phase(rule(**more))])


YEARS = [
    phase(*(rule(code=f"r{n}") for n in range(50)), code=f"{year}", fromOn=f"{year}-01-01", untilOn=f"{year}-12-31")
    for year in range(2030, 2035)
]
DEEP = "(" * 200 + "true" + ")" * 200
WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    (terms(phases=[]), "phases"),
    (terms(phases=[phase(), phase()]), "phases"),
    (terms(phases=YEARS), "phases"),
    (terms(phases=[phase(untilOn="1999-12-31")]), "phases.0.fromOn"),
    (with_rule(activity="teleport"), "phases.0.rules.0.activity"),
    (with_rule(activity="refund"), "phases.0.rules.0.activity"),
    (with_rule(variants=["x"]), "phases.0.rules.0.variants"),
    (with_rule(when="activity.amuont > 1"), "phases.0.rules.0.when:1:9: undeclared reference to 'activity.amuont'"),
    (with_rule(when='activity.amount > "1"'), "phases.0.rules.0.when:1:17: found no matching overload"),
    (with_rule(when="activity.amount"), "phases.0.rules.0.when:1:1: not a condition"),
    (with_rule(when="activity.amount >"), "phases.0.rules.0.when:1:18: Syntax error"),
    (with_rule(when=DEEP), "phases.0.rules.0.when:1:1: "),
    (with_rule(when="true ||" * 200 + "true"), "phases.0.rules.0.when:1:1001: longer than 1,000 characters"),
    (with_rule(when="\u0000"), "phases.0.rules.0.when:1:1: Syntax error"),
    (with_rule(when="[1,2,3].all(a, [1,2,3].all(b, a > 0 && b > 0" + "))"), ""),
    (with_rule(when="activity . amount > 1"), "phases.0.rules.0.when:1:1: write 'activity.amount' in one piece"),
    (with_rule(when="activity.category == '\u0000'"), "phases.0.rules.0.when:1:23: a character that no text has"),
    (with_rule(when="progress.visits > 1"), "phases.0.rules.0.when:1:9: undeclared reference"),
    (with_rule(action=points(amount="1")), "phases.0.rules.0.action.amount"),
    (with_rule(action=points(multiplierLadder="none")), "phases.0.rules.0.action.multiplierLadder"),
    (with_rule(action={"progress": {"counter": "visits", "amount": "1"}}), "phases.0.rules.0.action.counter"),
    (with_rule(streak={"counter": "visits", "length": 3}), "phases.0.rules.0.streak.counter"),
    (terms(counters=[{"code": "1st", "period": "DAY"}]), "counters.0.code"),
    (terms(counters=[{"code": "in", "period": "DAY"}]), "counters.0.code"),
    (terms(segment="activity.amount > 1"), "segment:1:9: undeclared reference"),
    (terms(budgets=["STARS"]), "budgets"),
    (terms(caps=[{"counter": "STARS", "period": "DAY", "limit": "1"}]), "caps.0.counter"),
    (terms(caps=[{"counter": "awards", "period": "DAY", "limit": "0"}]), "caps.0.limit"),
    (terms(variants=[{"code": "a", "weight": 0}]), "variants.weight"),
    (terms(priority=5000), "priority"),
    (terms(lateHours=10_000), "lateHours"),
    (terms(memberList="NOBODY"), "memberList"),
    (terms(channels=["\u202e"]), "channels"),
    (terms(channels=["x"] * 2), "channels"),
    (terms(branches=[f"b{n}" for n in range(501)]), "branches"),
)


async def test_terms_that_cannot_be_meant_are_refused_with_their_place(people: People) -> None:
    """INVALID_INPUT names the field, and of a condition the line and column; no campaign is made."""
    found = [await save(people, "createCampaign", given, code=f"W{n}") for n, (given, _) in enumerate(WRONG)]

    for (_, field), answer in zip(WRONG, found, strict=True):
        assert fault_in(answer).startswith(field), answer
        assert (answer["__typename"] == "CampaignSaved") == (field == "")
    assert await people.desk.bank.count("registry.campaigns") == len([field for _, field in WRONG if field == ""])


async def test_names_that_nobody_has_are_refused(people: People) -> None:
    """Strange codes name no campaign and are nobody's fault but the caller's; what rules name must be the programme's."""
    await save(people, "createCampaign", terms())
    codes = [(await move(people, "pauseCampaign", code))["code"] for code in ("C2", "\u0000", "x" * 70, "C1%", "")]
    dollars = await save(people, "createCampaign", with_rule(action=points(asset="USD")), code="C3")
    money = await save(people, "createCampaign", with_rule(action=points(asset="CNY")), code="C3")
    card = await save(people, "createCampaign", with_rule(action=points(cards=["NONE"])), code="C3")
    gift = {"donation": {"merchantId": gid("Merchant", UUID(int=7)), "amount": "1"}}
    shop = await save(people, "changeCampaign", terms(phases=[phase(rule(action=gift))], budgets=["POINTS"]))
    unknown = await people.change(people.operator, "topUpCampaignBudget", "", campaign="C1", amount="5")
    nothing = await people.change(people.operator, "topUpCampaignBudget", "", campaign="C1", amount="0")
    nobody = await people.desk.ask(people.operator, '{ campaign(id: "?") { code } }')

    assert codes == ["CAMPAIGN_NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT", "CAMPAIGN_NOT_FOUND", "INVALID_INPUT"]
    assert [each["code"] for each in (dollars, money)] == ["ASSET_NOT_FOUND", "ASSET_NOT_FOUND"]
    assert [each["code"] for each in (card, shop)] == ["TEMPLATE_NOT_FOUND", "MERCHANT_NOT_FOUND"]
    assert (unknown["code"], nothing["code"]) == ("CAMPAIGN_NOT_FOUND", "INVALID_INPUT")
    assert nobody == {"campaign": None}


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
