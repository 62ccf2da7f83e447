"""The terms of campaigns through the schema: all that go in come out, and a wrong one is refused with its place."""

from typing import Any
from uuid import UUID

from tests.faults_told import fault_in
from tests.integration.graphql.campaign_draft import move, phase, points, rule, save, terms
from tests.integration.graphql.desk import gid
from tests.integration.graphql.people import People
from tests.tier_desk import TierDesk


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
