"""Claims of requests that wait are held against the approvals that they name, and against what came after them."""

from uuid import UUID

import pytest

from ledger.control.decide_request import ApproveRequest, RejectRequest
from ledger.engine import checks
from ledger.engine.claim import claim_after
from ledger.points.adjust import AdjustPoints
from ledger.reports import claim_checks
from tests.bank import Bank
from tests.planting import unfound

_RULES = (*checks.RULES, *claim_checks.RULES)
_WAITING, _ENTRY, _ID = "waiting_claim_matches_approval", "reference_matches_entry", "request_id_names_key"


async def _ask(bank: Bank, member: UUID, reference: str) -> UUID:
    """Sue asks, and may adjust nothing alone."""
    command = AdjustPoints(
        actor=bank.actor("support", "sue"), key=bank.key(), reference=reference, member_id=member, amount=9,
        reason_code="GOODWILL",
    )  # fmt: skip
    asked = (await bank.application.engine.execute(command)).unwrap()
    assert asked.approval_id is not None
    return asked.approval_id


@pytest.fixture
async def asked(bank: Bank) -> dict[str, UUID]:
    """Requests by what became of them; the first two had the same reference, one after the other."""
    engine, anna, member = bank.application.engine, bank.actor("approver", "anna"), await bank.enrol("m-1")
    rejected = await _ask(bank, member, "case-1")
    await engine.execute(RejectRequest(actor=anna, key=bank.key(), approval_id=rejected))
    approved = await _ask(bank, member, "case-1")
    rebuilt = bank.application.approvables
    (
        await engine.execute(ApproveRequest(actor=anna, key=bank.key(), approval_id=approved, approvables=rebuilt))
    ).unwrap()
    return {"rejected": rejected, "approved": approved, "pending": await _ask(bank, member, "case-2")}


async def test_each_rule_finds_what_is_planted(asked: dict[str, UUID], database_url: str) -> None:
    """A claim that names nothing, another's request, or one that still waits; an entry whose reference nobody has; a request
    that has none. One at a time; afterwards all is clean again.
    """
    one, after = "UPDATE book.requests SET {} WHERE outcome = '{}'", "UPDATE book.requests SET {} WHERE id = '\\x{}'"
    undecided = "state = 'pending', decided_by = NULL, decided_at = NULL, decision_event_id = NULL"
    names = {name: str(approval_id) for name, approval_id in asked.items()}
    ids = {name: claim_after(approval_id).hex() for name, approval_id in asked.items()}
    planted = [
        *((_WAITING, one.format("outcome = ''", names[name])) for name in asked),
        *((_WAITING, one.format("outcome = gen_random_uuid()::text", names[name])) for name in asked),
        *((_WAITING, one.format("key = 'case-3'", names[name])) for name in asked),
        *((_ID, one.format("key = 'case-3'", names[name])) for name in asked),
        *((_WAITING, one.format("decided_at = decided_at - interval '1 microsecond'", names[name])) for name in asked),
        (_WAITING, one.format("client = 'support:tom'", names["pending"])),
        (_WAITING, one.format("entry_id = (SELECT entry_id FROM registry.approvals WHERE state = 'approved')", names["pending"])),
        (_WAITING, after.format("entry_id = NULL", ids["approved"])),
        (_WAITING, after.format(f"id = '\\x{ids['pending']}'", ids["approved"])),
        (_ID, after.format(f"id = '\\x{ids['pending']}'", ids["approved"])),
        (_ID, after.format("id = decode(md5('x'), 'hex')", ids["rejected"])),
        (_ENTRY, after.format("entry_id = NULL", ids["approved"])),
        (_ENTRY, after.format("entry_id = gen_random_uuid()", ids["approved"])),
        (_WAITING, "UPDATE registry.approvals SET entry_id = NULL"),
        (_WAITING, f"UPDATE registry.approvals SET payload = '{{\"reference\":\"case-9\"}}' WHERE id = '{names['pending']}'"),
        (_WAITING, f"UPDATE registry.approvals SET {undecided} WHERE id = '{names['rejected']}'"),
    ]  # fmt: skip

    assert await unfound(database_url, planted, _RULES) == []
