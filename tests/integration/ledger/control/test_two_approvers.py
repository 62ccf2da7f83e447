"""Restricted data take two others: both agree, each is another person, and SQL holds it too."""

import asyncio
from uuid import UUID

import asyncpg
import orjson
import pytest

from audit.record import SealedPart
from ledger.book.refusal import RefusalCode
from ledger.control import queries
from ledger.control.approval import Approval
from ledger.control.audit_access import AskForReveal, is_open_to
from ledger.control.decide_request import ApproveRequest, RejectRequest
from tests.bank import Bank, code_of

CORA, ANNA, BERT, CARL = ("compliance", "cora"), ("approver", "anna"), ("approver", "bert"), ("approver", "carl")


async def ask(bank: Bank, legal_basis: str | None = "court order 7") -> UUID:
    """Return a request to read restricted data."""
    command = AskForReveal(
        actor=bank.actor(*CORA), key=bank.key(), purpose="court", reason="they ask again",
        terms={"eventIds": "x", "legalBasis": legal_basis},
    )  # fmt: skip
    return (await bank.application.engine.execute(command)).unwrap().approval_id


def approve(bank: Bank, approval_id: UUID, who: tuple[str, str], reason: str | None = None) -> ApproveRequest:
    """Return an agreement."""
    return ApproveRequest(
        actor=bank.actor(*who), key=bank.key(), approval_id=approval_id, reason=reason,
        approvables=bank.application.approvables,
    )  # fmt: skip


async def shown(bank: Bank, approval_id: UUID) -> Approval:
    """Return the request as it stands."""
    found = await queries.approval_by_id(bank.application.reader, bank.programme_id, approval_id)
    assert found is not None
    return found


async def test_restricted_data_open_when_two_others_agreed(bank: Bank) -> None:
    """The first agreement opens nothing and is recorded with its reason; the second opens it to who asked."""
    approval_id, engine = await ask(bank), bank.application.engine

    first = (await engine.execute(approve(bank, approval_id, ANNA, "seen the order"))).unwrap()
    between = await shown(bank, approval_id)
    second = (await engine.execute(approve(bank, approval_id, BERT, "so have I"))).unwrap()
    after = await shown(bank, approval_id)

    assert (first.state, first.decided_by, second.state, second.decided_by) == (
        "pending", "approver:anna", "approved", "approver:bert",
    )  # fmt: skip
    assert (between.state, between.first_agreed_by, between.decided_by) == ("pending", "approver:anna", None)
    assert (after.state, after.first_agreed_by, after.version) == ("approved", "approver:anna", 3)
    assert first.decided_at == after.first_agreed_at
    assert after.decided_at is not None
    assert not is_open_to(between, "compliance:cora", AskForReveal.kind, after.decided_at)
    assert is_open_to(after, "compliance:cora", AskForReveal.kind, after.decided_at)
    sealed = await queries.sealed_reasons(bank.application.reader, bank.programme_id, approval_id)
    opened = [await bank.application.audit.parts.open(SealedPart(*reason)) for reason in sealed]
    assert opened == ["they ask again", "seen the order", "so have I"]
    records = await bank.fetch("SELECT record FROM audit.events WHERE resource_id = $1 ORDER BY id", approval_id)
    said = [(each["type"], each["streams"][0][1]) for each in map(orjson.loads, (row[0] for row in records))]
    assert said == [("approval_requested", 1), ("approval_agreed", 2), ("approval_approved", 3)]


async def test_one_other_suffices_where_no_legal_basis_is_named(bank: Bank) -> None:
    """What nobody's erasure restricts."""
    decision = await bank.application.engine.execute(approve(bank, await ask(bank, None), ANNA))

    assert decision.unwrap().state == "approved"


async def test_two_approvers_are_two_persons(bank: Bank) -> None:
    """APPROVAL_OWN for who agreed already, in whichever role, and for who asked; it waits on."""
    approval_id, engine = await ask(bank), bank.application.engine
    (await engine.execute(approve(bank, approval_id, ANNA))).unwrap()

    for who in (ANNA, ("compliance", "anna"), CORA, ("approver", "cora")):
        assert code_of(await engine.execute(approve(bank, approval_id, who))) == RefusalCode.APPROVAL_OWN

    assert (await shown(bank, approval_id)).state == "pending"
    assert (await shown(bank, approval_id)).version == 2


async def test_whoever_agreed_may_still_reject(bank: Bank) -> None:
    """And so may anybody else; afterwards it is decided."""
    approval_id, engine = await ask(bank), bank.application.engine
    (await engine.execute(approve(bank, approval_id, ANNA))).unwrap()

    reject = RejectRequest(actor=bank.actor(*ANNA), key=bank.key(), approval_id=approval_id)
    assert (await engine.execute(reject)).unwrap().state == "rejected"

    assert code_of(await engine.execute(approve(bank, approval_id, BERT))) == RefusalCode.APPROVAL_DECIDED


async def test_of_many_at_once_two_agree(bank: Bank) -> None:
    """Three people, twelve tries: one agrees first, another decides, the rest come too late."""
    approval_id, engine = await ask(bank), bank.application.engine

    tries = [approve(bank, approval_id, (ANNA, BERT, CARL)[number % 3]) for number in range(12)]
    outcomes = await asyncio.gather(*(engine.execute(each) for each in tries))

    done = [outcome.unwrap() for outcome in outcomes if outcome.refusal is None]
    assert sorted(each.state for each in done) == ["approved", "pending"]
    assert len({each.decided_by for each in done}) == 2
    assert {code_of(each) for each in outcomes} <= {"", RefusalCode.APPROVAL_DECIDED, RefusalCode.APPROVAL_OWN}


AGREE = "first_agreed_by = '{}', first_agreed_at = now(), first_agreed_event_id = id"
DECIDE = "state = 'approved', decided_by = '{}', decided_at = now(), decision_event_id = id"
WRONG = {
    "alone": DECIDE.format("approver:bert"),
    "one twice": f"{AGREE.format('approver:bert')}, {DECIDE.format('compliance:bert')}",
    "the requester": AGREE.format("approver:cora"),
    "half": "first_agreed_by = 'approver:bert'",
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
async def test_the_database_counts_them_too(bank: Bank, change: str) -> None:
    """Whatever a process in the application's role would write."""
    approval_id = await ask(bank)

    connection = await asyncpg.connect(bank.url, server_settings={"role": "scrip_app"})
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"UPDATE registry.approvals SET {change} WHERE id = $1", approval_id)
        with pytest.raises(asyncpg.CheckViolationError, match="restricted_data"):
            await connection.execute(
                "INSERT INTO registry.approvals (id, programme_id, kind, payload, requested_by, requested_at,"
                " request_event_id, expires_at) SELECT gen_random_uuid(), programme_id, kind, payload, requested_by,"
                " requested_at, request_event_id, expires_at FROM registry.approvals WHERE id = $1",
                approval_id,
            )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE registry.approvals SET approvers_needed = 1")
    finally:
        await connection.close()
