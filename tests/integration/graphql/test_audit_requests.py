"""What compliance gets once others agree: what is private revealed, and the log exported to an auditor."""

from base64 import b64encode

import pytest

from audit.sealed_bundle import public_half
from graphql_api.permissions import Role
from tests.integration.graphql.compliance import APPROVAL, REVEALED, adjust, approve, told
from tests.integration.graphql.desk import Desk

AUDITOR_KEY = public_half(bytes(range(32)))


async def test_what_is_private_is_revealed_once_another_agrees(desk: Desk) -> None:
    """To who asked and to nobody else, for a purpose, and each look is recorded."""
    event_id = await adjust(desk, "she called in tears")
    officer, other = desk.caller(Role.COMPLIANCE, "carla"), desk.caller(Role.COMPLIANCE, "omar")
    given = {"eventIds": [event_id], "purpose": "complaint 7", "idempotencyKey": desk.key()}

    asked = await desk.change(officer, "revealParts", given, APPROVAL)
    before = await desk.ask(officer, REVEALED, id=asked["approvalId"])
    own = await approve(desk, asked["approvalId"])
    shown = await desk.ask(officer, REVEALED, id=asked["approvalId"])
    elsewhere = await desk.ask(other, REVEALED, id=asked["approvalId"])

    assert before["revealedParts"] is None
    assert own == "APPROVED"
    assert shown["revealedParts"] == [{"eventId": event_id, "name": "private", "text": "she called in tears"}]
    assert elsewhere["revealedParts"] is None
    reveals = await told(desk, "parts_revealed")
    assert len(reveals) == 1
    assert '"purpose":"complaint 7"' in reveals[0]
    assert '"subjects":["' in reveals[0]


async def test_on_a_legal_basis_two_others_agree(desk: Desk) -> None:
    """The first leaves it pending, and shown as one of two; the same person again, in any role, is refused."""
    event_id = await adjust(desk, "she called in tears")
    officer = desk.caller(Role.COMPLIANCE, "carla")
    given = {"eventIds": [event_id], "purpose": "court", "legalBasis": "order 7", "idempotencyKey": desk.key()}

    approval_id = (await desk.change(officer, "revealParts", given, APPROVAL))["approvalId"]
    states = [await approve(desk, approval_id, who) for who in ("paul", "paul")]
    between = await desk.ask(officer, REVEALED, id=approval_id)
    shown = await desk.ask(
        desk.caller(Role.APPROVER), "query A($id: ID!) { approval(id: $id) { state needed agreedBy } }", id=approval_id
    )
    states.append(await approve(desk, approval_id, "pia"))
    after = await desk.ask(officer, REVEALED, id=approval_id)

    assert states == ["PENDING", "APPROVAL_OWN", "APPROVED"]
    assert shown["approval"] == {"state": "PENDING", "needed": 2, "agreedBy": "approver:paul@BANK"}
    assert between["revealedParts"] is None
    assert [part["text"] for part in after["revealedParts"]] == ["she called in tears"]


async def test_an_export_waits_for_a_second_person(desk: Desk) -> None:
    """It keeps what was asked for and to whom it is sealed; the same key again is the same request."""
    given = {
        "purpose": "yearly audit",
        "auditorKey": AUDITOR_KEY,
        "filter": {"type": "earn", "fromIndex": "3"},
        "sinceSizes": ["12"],
        "idempotencyKey": desk.key(),
    }
    officer = desk.caller(Role.COMPLIANCE, "carla")

    asked = await desk.change(officer, "requestAuditExport", given, APPROVAL)
    shown = await desk.ask(
        desk.caller(Role.APPROVER),
        "query A($id: ID!) { approval(id: $id) { kind requestedBy terms { name value } } }",
        id=asked["approvalId"],
    )
    again = await desk.change(officer, "requestAuditExport", given, APPROVAL)
    agreed = await approve(desk, asked["approvalId"])

    assert (asked["approvalId"], again["replayed"], agreed) == (again["approvalId"], True, "APPROVED")
    terms = {term["name"]: term["value"] for term in shown["approval"]["terms"]}
    assert shown["approval"]["requestedBy"] == "compliance:carla@BANK"
    assert terms == {
        "purpose": "yearly audit",
        "auditorKey": AUDITOR_KEY,
        "filter.type": "earn",
        "filter.programme": str(desk.bank.programme_id),
        "fromIndex": "3",
        "sinceSizes": "12",
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": ""}, "purpose"),
        ({"purpose": "x" * 201}, "purpose"),
        ({"auditorKey": "x"}, "auditorKey"),
        ({"auditorKey": b64encode(bytes(31)).decode()}, "auditorKey"),
        ({"filter": {"actor": "x" * 201}}, "filter"),
        ({"filter": {"fromIndex": "-1"}}, "filter"),
        ({"filter": {"untilIndex": "-1"}}, "filter"),
        ({"filter": {"fromIndex": "5", "untilIndex": "4"}}, "filter"),
        ({"sinceSizes": ["-1"]}, "sinceSizes"),
        ({"sinceSizes": ["1"] * 11}, "sinceSizes"),
    ],
)
async def test_what_cannot_be_exported_is_refused(desk: Desk, change: dict[str, object], field: str) -> None:
    """INVALID_INPUT, and no request waits."""
    given: dict[str, object] = {"purpose": "audit", "auditorKey": AUDITOR_KEY, "idempotencyKey": desk.key()}

    refused = await desk.change(
        desk.caller(Role.COMPLIANCE), "requestAuditExport", {**given, **change}, "... on InvalidInputError { field }"
    )

    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)
    assert await desk.bank.count("registry.approvals") == 0
