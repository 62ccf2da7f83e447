"""A closed member is erased once another agrees: its name is free, and what was said of it is forgotten."""

import json

from graphql_api.permissions import Role
from tests.integration.graphql.compliance import APPROVAL, approve, told
from tests.integration.graphql.desk import Desk, gid


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
