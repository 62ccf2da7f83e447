"""Voucher templates through the schema: every kind in and out, versions, states, and who sees which."""

from typing import Any

import pytest

from tests.integration.graphql.people import People

GIVES = """gives { __typename
    ... on FixedDiscount { amountMinor } ... on Percentage { basisPoints capMinor }
    ... on SpendSave { thresholdMinor amountMinor } ... on StoredValue { valueMinor }
    ... on Exchange { item } ... on Benefit { changes product basisPoints } ... on Multiplier { percent } }"""
TEMPLATE = f"code kind state current {{ number termsText terms {{ {GIVES} uses moneyAsset stock }} }}"
SAVED = f"... on VoucherTemplateSaved {{ template {{ id {TEMPLATE} }} }} ... on InvalidInputError {{ field }}"

KINDS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "FIXED_DISCOUNT",
        {"fixedDiscount": {"amountMinor": "500"}},
        {"__typename": "FixedDiscount", "amountMinor": "500"},
    ),
    (
        "PERCENTAGE",
        {"percentage": {"basisPoints": 1500, "capMinor": "2000"}},
        {"__typename": "Percentage", "basisPoints": 1500, "capMinor": "2000"},
    ),
    (
        "SPEND_SAVE",
        {"spendSave": {"thresholdMinor": "10000", "amountMinor": "1000"}},
        {"__typename": "SpendSave", "thresholdMinor": "10000", "amountMinor": "1000"},
    ),
    ("STORED_VALUE", {"storedValue": {"valueMinor": "5000"}}, {"__typename": "StoredValue", "valueMinor": "5000"}),
    ("EXCHANGE", {"exchange": {"item": "coffee"}}, {"__typename": "Exchange", "item": "coffee"}),
    (
        "BENEFIT",
        {"benefit": {"changes": "RATE", "product": "deposit", "basisPoints": 25}},
        {"__typename": "Benefit", "changes": "RATE", "product": "deposit", "basisPoints": 25},
    ),
    ("MULTIPLIER", {"multiplier": {"percent": 200}}, {"__typename": "Multiplier", "percent": 200}),
)


def terms(**more: object) -> dict[str, object]:
    """Terms of five yuan off, good for thirty days."""
    gives = {"fixedDiscount": {"amountMinor": "500"}}
    return {"gives": gives, "validity": {"expiry": "30 days"}, "moneyAsset": "CNY", **more}


async def save(people: People, name: str, select: str = SAVED, **given: object) -> dict[str, Any]:
    """A change of a template by a clerk."""
    return await people.desk.change(people.operator, name, given, select)


@pytest.mark.parametrize(("kind", "gives", "shown"), KINDS)
async def test_every_kind_goes_in_and_comes_out(
    people: People, kind: str, gives: dict[str, Any], shown: dict[str, Any]
) -> None:
    """What a voucher gives is one field of an input and one member of a union."""
    made = await save(people, "createVoucherTemplate", code="T1", terms=terms(gives=gives), termsText="Words.")

    current = made["template"]["current"]
    assert (made["template"]["kind"], made["template"]["state"]) == (kind, "DRAFT")
    assert current["terms"]["gives"] == shown
    assert (current["number"], current["termsText"]) == (1, "Words.")


async def test_every_requirement_goes_in_and_comes_out(people: People) -> None:
    """Nothing of the terms is lost between the input, the ledger and the answer."""
    given: dict[str, object] = {
        "uses": 3,
        "stock": "LIMITED",
        "issueLimits": {"total": "9", "day": "1", "week": "2", "month": "3"},
        "useLimits": {"total": "17"},
        "merchantIds": [people.shop],
        "scenes": ["dine-in"],
        "minimumSpendMinor": "1000",
        "tiers": ["GOLD"],
        "segments": ["students"],
        "price": {"points": "40", "asset": "POINTS"},
        "isClaimable": True,
        "isGiftable": True,
        "needsDynamicCode": True,
        "stacking": {"mode": "PER_CATEGORY", "category": "food", "order": 2, "basketMax": 1},
    }
    select = """... on VoucherTemplateSaved { template { current { funding { bank partner merchant } terms {
        expiry startsOn uses stock issueLimits { total day week month } useLimits { total } merchantIds partnerIds
        scenes minimumSpendMinor tiers segments price { points asset } isClaimable isGiftable needsDynamicCode
        stacking { mode category order basketMax } } } } }"""

    funding = {"bank": 2000, "partner": 3000, "merchant": 5000}
    all_terms = terms(**given, funding=funding, validity={"expiry": "on 2030-12-31", "startsOn": "2030-12-01"})
    made = await save(people, "createVoucherTemplate", select, code="T1", terms=all_terms)

    current = made["template"]["current"]
    expected = {**given, "partnerIds": [], "expiry": "on 2030-12-31", "startsOn": "2030-12-01"}
    assert current["terms"] == expected
    assert current["funding"] == funding


async def test_a_template_is_drafted_changed_published_and_stopped(people: People) -> None:
    """Each change is a version, which stays; a stopped template can be published again."""
    steps = [
        await save(people, "createVoucherTemplate", code="T1", terms=terms(), termsText="One."),
        await save(people, "stopVoucherTemplate", code="T1"),
        await save(people, "publishVoucherTemplate", code="T1"),
        await save(people, "publishVoucherTemplate", code="T1"),
        await save(people, "changeVoucherTemplate", code="T1", terms=terms(uses=2), termsText="Two."),
        await save(people, "stopVoucherTemplate", code="T1"),
        await save(people, "createVoucherTemplate", code="T1", terms=terms()),
        await save(people, "changeVoucherTemplate", code="T2", terms=terms()),
    ]
    text = """{ voucherTemplate(code: "T1") { versions { nodes { number termsText terms { uses } } } } }"""
    versions = (await people.desk.ask(people.operator, text))["voucherTemplate"]["versions"]["nodes"]

    found = [each["template"]["state"] if "template" in each else each["code"] for each in steps]
    assert found == [
        "DRAFT",
        "TEMPLATE_NOT_LIVE",
        "LIVE",
        "TEMPLATE_LIVE",
        "LIVE",
        "STOPPED",
        "CODE_TAKEN",
        "TEMPLATE_NOT_FOUND",
    ]
    assert versions == [
        {"number": 2, "termsText": "Two.", "terms": {"uses": 2}},
        {"number": 1, "termsText": "One.", "terms": {"uses": 1}},
    ]


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"gives": {"fixedDiscount": {"amountMinor": "0"}}}, "gives.amountMinor"),
    ({"gives": {"percentage": {"basisPoints": 10_001}}}, "gives.basisPoints"),
    ({"validity": {"expiry": "soon"}}, "validity.expiry"),
    ({"uses": 0}, "uses"),
    ({"moneyAsset": None}, "moneyAsset"),
    ({"issueLimits": {"day": "-1"}}, "issueLimits.day"),
    ({"funding": {"bank": 1, "partner": 1, "merchant": 1}}, "funding"),
    ({"stacking": {"order": 5000}}, "stacking.order"),
    ({"scenes": ["\u202e"]}, "scenes"),
    ({"tiers": ["A", "A"]}, "tiers"),
    ({"price": {"points": "9223372036854775807"}}, "price.points"),
)


@pytest.mark.parametrize(("more", "field"), WRONG)
async def test_terms_that_cannot_be_meant_are_refused_by_field(
    people: People, more: dict[str, Any], field: str
) -> None:
    """INVALID_INPUT names the field; no template is made."""
    refused = await save(people, "createVoucherTemplate", code="T1", terms=terms(**more))

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)
    assert await people.desk.bank.count("registry.voucher_templates") == 0


async def test_names_of_another_programme_are_unknown(people: People) -> None:
    """A shop, a company or an asset must be the programme's own."""
    unknown = [
        await save(people, "createVoucherTemplate", code="T1", terms=terms(**more))
        for more in (
            {"merchantIds": [people.ines]},
            {"partnerIds": [people.shop]},
            {"moneyAsset": "USD"},
            {"price": {"points": "1", "asset": "CNY"}},
        )
    ]

    assert [each["code"] for each in unknown] == [
        "MERCHANT_NOT_FOUND",
        "PARTNER_NOT_FOUND",
        "ASSET_NOT_FOUND",
        "ASSET_NOT_FOUND",
    ]


async def test_a_member_sees_what_it_may_claim_and_nobody_elses_money(people: People) -> None:
    """Live and claimable templates, without their funding and history; staff see all."""
    for code, is_claimable, is_live in (("A", True, True), ("B", True, False), ("C", False, True)):
        await save(people, "createVoucherTemplate", code=code, terms=terms(isClaimable=is_claimable))
        if is_live:
            await save(people, "publishVoucherTemplate", code=code)
    listed = "{ voucherTemplates { nodes { code } } }"

    seen = await people.desk.ask(people.member(), listed)
    all_of_them = await people.desk.ask(people.operator, listed)
    hidden = await people.desk.ask(people.member(), '{ voucherTemplate(code: "B") { code } }')
    money = await people.desk.refusal(
        people.member(), '{ voucherTemplate(code: "A") { current { funding { bank } } } }'
    )

    assert [node["code"] for node in seen["voucherTemplates"]["nodes"]] == ["A"]
    assert sorted(node["code"] for node in all_of_them["voucherTemplates"]["nodes"]) == ["A", "B", "C"]
    assert hidden == {"voucherTemplate": None}
    assert money == "FORBIDDEN"
