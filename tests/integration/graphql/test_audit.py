"""Compliance: what happened is found, proven and revealed, each time with a trace of its own."""

import json
from base64 import b64encode

import pytest

from audit.note import parse_note
from audit.sealed_bundle import public_half
from graphql_api.permissions import Role, Scope
from ledger.engine.command import Actor
from ledger.programme.setup import create_programme
from tests.integration.graphql.desk import Desk, gid
from tests.sequenced_log import KEY, sequencing

AUDITOR_KEY = public_half(bytes(range(32)))
EVENTS = """
query E($filter: AuditEventFilter, $first: Int, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    nodes { id index type at accepted code actor client memberIds record parts { name epoch } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
PROOF = "query P($id: ID!) { auditProof(eventId: $id) { size proof event { index record } } }"
REVEALED = "query R($id: ID!) { revealedParts(approvalId: $id) { eventId name text } }"
APPROVAL = "... on ApprovalRequested { approvalId replayed }"


async def sequence(desk: Desk) -> None:
    """Gives every event its place."""
    async with sequencing(desk.bank.url) as sequencer:
        await sequencer.sequence()


async def told(desk: Desk, kind: str) -> list[str]:
    """The records of a kind, oldest first."""
    rows = await desk.bank.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events ORDER BY id")
    return [row[0] for row in rows if f'"type":"{kind}"' in row[0]]


async def approve(desk: Desk, approval_id: str, who: str = "paul") -> str:
    """Lets a second person agree; the state."""
    done = await desk.change(
        desk.caller(Role.APPROVER, who),
        "approveRequest",
        {"approvalId": approval_id, "idempotencyKey": desk.key()},
        "... on RequestDecided { state }",
    )
    return str(done.get("state", done.get("code")))


async def adjust(desk: Desk, reason: str) -> str:
    """Corrects ada's balance for a reason in words; the event's id."""
    member_id = await desk.bank.enrol("ada")
    await desk.bank.earn(member_id, 100)
    await desk.change(
        desk.caller(Role.OPERATOR, "olga"),
        "adjustPoints",
        {
            "member": {"externalId": "ada"},
            "amount": "5",
            "reasonCode": "GOODWILL",
            "reason": reason,
            "idempotencyKey": desk.key(),
        },
    )
    await sequence(desk)
    found = await desk.ask(desk.caller(Role.COMPLIANCE), EVENTS, filter={"type": "approval_requested"})
    return str(found["auditEvents"]["nodes"][0]["id"])


async def test_events_are_found_and_the_look_is_recorded_first(desk: Desk) -> None:
    """By member, type and wallet, in pages, newest first; each page leaves a record that names what was asked."""
    member_id = await desk.bank.enrol("ada")
    for amount in (10, 20, 30):
        await desk.bank.earn(member_id, amount)
    await sequence(desk)
    officer = desk.caller(Role.COMPLIANCE, "carla")
    asked = {"type": "earn", "wallet": {"memberId": gid("Member", member_id)}}

    first = (await desk.ask(officer, EVENTS, filter=asked, first=2))["auditEvents"]
    rest = (await desk.ask(officer, EVENTS, filter=asked, first=2, after=first["pageInfo"]["endCursor"]))["auditEvents"]

    amounts = [node["record"].partition('"amount":')[2].partition("}")[0] for node in (*first["nodes"], *rest["nodes"])]
    assert amounts == ["30", "20", "10"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert first["nodes"][0]["memberIds"] == [gid("Member", member_id)]
    looks = await told(desk, "audit_read")
    assert len(looks) == 2
    assert '"actor":"compliance:carla@BANK"' in looks[0]
    assert '"type":"earn"' in looks[0]


async def test_a_cursor_leads_nowhere_that_the_filter_leaves_out(desk: Desk) -> None:
    """Also one of a page of another filter."""
    for name in ("ada", "eve", "ida"):
        await desk.bank.enrol(name)
    await sequence(desk)
    officer = desk.caller(Role.COMPLIANCE, "carla")
    newest = (await desk.ask(officer, EVENTS, first=1))["auditEvents"]["pageInfo"]["endCursor"]

    page = (await desk.ask(officer, EVENTS, filter={"untilIndex": "1"}, after=newest))["auditEvents"]

    assert [int(node["index"]) for node in page["nodes"]] == [0]


async def test_a_look_with_a_long_filter_is_recorded(desk: Desk) -> None:
    """As long as each of its texts may be; a longer one is refused, in whatever script."""
    officer = desk.caller(Role.COMPLIANCE, "carla")
    texts = ("actor", "client", "type", "code", "request")

    longest = await desk.refusal(officer, EVENTS, filter=dict.fromkeys(texts, '"' * 200))
    longer = await desk.refusal(officer, EVENTS, filter=dict.fromkeys(texts, "\U0001f600" * 51))

    assert (longest, longer) == ("", "INVALID_INPUT")
    assert len(await told(desk, "audit_read")) == 1


async def test_another_programme_sees_nothing(desk: Desk) -> None:
    """Neither by searching, nor by asking for a proof, nor by asking to read what is private."""
    event_id = await adjust(desk, "she called in tears")
    await sequence(desk)
    operator = Actor(kind="operator", id="olga", programme_id=desk.bank.programme_id)
    await create_programme(desk.bank.application.units, operator, code="OTHER", name="Other", time_zone="UTC")
    stranger = desk.caller(Role.COMPLIANCE, "sven", programme="OTHER")
    asked = {"eventIds": [event_id], "purpose": "curiosity", "idempotencyKey": desk.key()}

    theirs = (await desk.ask(stranger, EVENTS, filter={"type": "adjust"}, first=100))["auditEvents"]["nodes"]
    proof = (await desk.ask(stranger, PROOF, id=event_id))["auditProof"]
    reveal = await desk.change(stranger, "revealParts", asked, APPROVAL)

    assert (theirs, proof) == ([], None)
    assert reveal["code"] == "INVALID_INPUT"


async def test_a_proof_leads_to_a_signed_checkpoint(desk: Desk) -> None:
    """C2SP tlog-proof: hashes, and the note of the log."""
    await desk.bank.earn(await desk.bank.enrol("ada"), 10)
    officer = desk.caller(Role.COMPLIANCE)
    await sequence(desk)
    event = (await desk.ask(officer, EVENTS, first=1))["auditEvents"]["nodes"][0]

    found = (await desk.ask(officer, PROOF, id=event["id"]))["auditProof"]

    header, _, note = found["proof"].partition("\n\n")
    assert header.splitlines()[:2] == ["c2sp.org/tlog-proof@v1", f"index {event['index']}"]
    assert parse_note(note).signatures[0].name == KEY.name
    assert found["event"]["record"] == event["record"]


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


async def test_a_member_is_erased_once_another_agrees(desk: Desk) -> None:
    """Only a closed one; nobody approves their own request."""
    await desk.bank.enrol("ada")
    officer = desk.caller(Role.COMPLIANCE, "carla")
    given = {"member": {"externalId": "ada"}}

    early = await desk.change(officer, "eraseMember", {**given, "idempotencyKey": desk.key()})
    closed = {**given, "idempotencyKey": desk.key()}
    await desk.change(desk.caller(Role.OPERATOR, "olga"), "closeMember", closed)
    asked = await desk.change(officer, "eraseMember", {**given, "idempotencyKey": desk.key()}, APPROVAL)

    assert early["code"] == "MEMBER_NOT_CLOSED"
    assert await approve(desk, asked["approvalId"]) == "APPROVED"
    assert len(await told(desk, "erase")) == 1


async def test_an_erased_name_is_free_at_once(desk: Desk) -> None:
    """Nobody finds the erased member by it any more, and who is enrolled under it is somebody else."""
    bank, find = desk.bank, '{ member(by: {externalId: "ada"}) { id state } }'
    ada = await bank.enrol("ada")
    officer, clerk = desk.caller(Role.COMPLIANCE, "carla"), desk.caller(Role.OPERATOR, "olga")
    given = {"member": {"externalId": "ada"}}
    await bank.application.notices.listen()  # as any process does that has been up for a while
    await desk.change(clerk, "closeMember", {**given, "idempotencyKey": desk.key()})
    asked = await desk.change(officer, "eraseMember", {**given, "idempotencyKey": desk.key()}, APPROVAL)

    before = await desk.ask(clerk, find)
    await approve(desk, asked["approvalId"])
    after = await desk.ask(clerk, find)
    again = await bank.enrol("ada")

    assert before["member"] == {"id": gid("Member", ada), "state": "CLOSED"}
    assert after["member"] is None
    assert (await desk.ask(clerk, find))["member"] == {"id": gid("Member", again), "state": "OPEN"}


async def test_what_was_said_of_the_erased_is_forgotten(desk: Desk) -> None:
    """Tiers, segments and attributes go with the name, recorded as one more version; nobody can say anything anew."""
    bank, service = desk.bank, desk.caller(Role.SERVICE, "core")
    officer, clerk = desk.caller(Role.COMPLIANCE, "carla"), desk.caller(Role.OPERATOR, "olga")
    member = await bank.enrol("ada")
    ada = gid("Member", member)
    given = {"member": {"id": ada}}
    await desk.change(clerk, "registerMemberAttribute", {"code": "region", "type": "TEXT"})
    facts = {**given, "tiers": ["gold"], "segments": ["families"], "attributes": [{"code": "region", "value": "north"}]}
    await desk.change(service, "setMemberFacts", facts)
    await desk.change(clerk, "closeMember", {**given, "idempotencyKey": desk.key()})

    asked = await desk.change(officer, "eraseMember", {**given, "idempotencyKey": desk.key()}, APPROVAL)
    assert await approve(desk, asked["approvalId"]) == "APPROVED"

    find = "query ($id: ID!) { member(by: {id: $id}) { facts { tiers segments attributes { code } version } } }"
    found = await desk.ask(service, find, id=ada)
    assert found["member"]["facts"] == {"tiers": [], "segments": [], "attributes": [], "version": 2}
    assert (await desk.change(service, "setMemberFacts", facts))["code"] == "MEMBER_CLOSED"
    streams = [json.loads(each).get("streams") for each in await told(desk, "member_facts_set")]
    assert streams == [[[str(member), 1]], [[str(member), 2]], None]
    assert await bank.fetch("SELECT FROM {book}.member_facts f WHERE f::text ~ 'gold|families|north'") == []


async def test_status_says_what_waits_and_what_is_signed(desk: Desk) -> None:
    """Before the first round nothing is signed; afterwards nothing waits."""
    asked = "{ auditStatus { size signedSize pending mergeDelayMs checkpointAgeSeconds verification { differences } } }"
    officer = desk.caller(Role.COMPLIANCE)

    before = (await desk.ask(officer, asked))["auditStatus"]
    await sequence(desk)
    after = (await desk.ask(officer, asked))["auditStatus"]

    assert (before["size"], before["signedSize"], before["verification"]) == ("0", None, None)
    assert before["pending"] > 0
    assert before["mergeDelayMs"] >= 0
    assert (after["pending"], after["mergeDelayMs"]) == (0, 0)
    assert after["size"] == after["signedSize"] == str(before["pending"])
    assert after["checkpointAgeSeconds"] >= 0


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.COMPLIANCE, Role.ANONYMOUS}])
async def test_nobody_but_compliance_looks_into_the_log(desk: Desk, role: Role) -> None:
    """Whatever their scopes."""
    caller = desk.caller(role, "ada", *Scope)

    assert await desk.refusal(caller, EVENTS) == "FORBIDDEN"
    assert await desk.refusal(caller, PROOF, id="x") == "FORBIDDEN"
    assert await desk.refusal(caller, REVEALED, id="x") == "FORBIDDEN"
