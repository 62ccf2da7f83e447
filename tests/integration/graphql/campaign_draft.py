"""A campaign as a clerk writes it: plain terms to vary, a version saved, a step taken."""

from typing import Any

from tests.integration.graphql.people import People

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
