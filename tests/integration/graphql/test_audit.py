"""Looking into the audit log: what happened is found and proven, by compliance only, and each look is on record."""

import pytest

from audit.note import parse_note
from graphql_api.permissions import Role, Scope
from ledger.engine.command import Actor
from ledger.programme.setup import create_programme
from tests.integration.graphql.compliance import APPROVAL, EVENTS, PROOF, REVEALED, adjust, sequence, told
from tests.integration.graphql.desk import Desk, gid
from tests.sequenced_log import KEY


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
