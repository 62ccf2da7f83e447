"""Maker and checker: an adjustment above the limit waits for somebody else, and runs once."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ledger.book.refusal import RefusalCode
from ledger.control import queries
from ledger.control.approvable import Approvable, Approvables, Approved
from ledger.control.approval import ApprovalState
from ledger.points.adjust import AdjustPoints
from ledger.points.adjust_approval import ADJUSTMENT
from ledger.points.entry_query import entry_by_reference
from ledger.points.spend import SpendPoints
from tests.bank import Bank, code_of
from tests.integration.ledger.control.adjustments import CHECKER, MAKER, adjust, approve, ask, shown


async def test_within_the_limit_nobody_else_is_asked(bank: Bank, member: UUID) -> None:
    """At the limit the adjustment is posted, one above it waits and posts nothing."""
    engine = bank.application.engine

    alone = (await engine.execute(adjust(bank, member, 50))).unwrap()
    waits = (await engine.execute(adjust(bank, member, 51))).unwrap()
    down = (await engine.execute(adjust(bank, member, -51))).unwrap()

    assert (alone.approval_id, alone.posted) == (None, 150)
    assert (waits.entry_id, down.entry_id) == (None, None)
    assert waits.approval_id is not None
    assert (await bank.account(member))["posted"] == 150
    pending = await queries.approvals_page(
        bank.application.reader, bank.programme_id, limit=9, state=ApprovalState.PENDING
    )
    assert [approval.id for approval in pending] == [down.approval_id, waits.approval_id]


async def test_an_approval_runs_what_was_asked_for_in_the_same_step(bank: Bank, member: UUID) -> None:
    """The entry is the maker's, the decision the checker's, both in one transaction with their events."""
    approval_id = await ask(bank, member, 500)

    decision = (await bank.application.engine.execute(approve(bank, approval_id))).unwrap()

    entry = (await bank.fetch("SELECT *, tx_id::text FROM {book}.journal_entries WHERE id = $1", decision.entry_id))[0]
    events = await bank.fetch(
        "SELECT tx_id::text FROM audit.events WHERE resource_id = any($1) ORDER BY id", [approval_id, entry["id"]]
    )
    row = await shown(bank, approval_id)
    assert (await bank.account(member))["posted"] == 600
    assert (entry["kind"], entry["actor"], entry["amount"], entry["reason_code"]) == (
        "adjust", "operator:olga", 500, "GOODWILL",
    )  # fmt: skip
    assert (row.state, row.requested_by, row.decided_by, row.entry_id, row.version) == (
        "approved", "operator:olga", "approver:anna", entry["id"], 2,
    )  # fmt: skip
    assert (decision.state, decision.requested_by, decision.decided_by) == (
        "approved",
        "operator:olga",
        "approver:anna",
    )
    assert [event["tx_id"] == entry["tx_id"] for event in events] == [False, True, True]


async def test_an_approved_entry_keeps_the_requests_reference_and_date(bank: Bank, member: UUID) -> None:
    """The reference was claimed by asking; a second request under it is refused though nothing was posted yet."""
    engine = bank.application.engine
    earlier = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    command = replace(adjust(bank, member, 500, reference="case-7"), effective_at=earlier)
    asked = (await engine.execute(command)).unwrap()
    again = await engine.execute(adjust(bank, member, 600, reference="case-7"))
    assert asked.approval_id is not None

    decision = (await engine.execute(approve(bank, asked.approval_id))).unwrap()

    entries = await bank.fetch("SELECT * FROM {book}.journal_entries WHERE id = $1", decision.entry_id)
    assert code_of(again) == RefusalCode.REFERENCE_TAKEN
    assert [(entry["reference"], entry["effective_at"]) for entry in entries] == [("case-7", earlier)]


async def test_who_asked_finds_the_approved_entry_by_the_reference(bank: Bank, member: UUID) -> None:
    """Nothing while it waits; then the entry, for the asking client only."""
    engine, reader = bank.application.engine, bank.application.reader
    asked = [(await engine.execute(adjust(bank, member, 500, reference=f"case-{n}"))).unwrap() for n in range(2)]
    maker = {"client": bank.actor(*MAKER).client, "kind": "adjust", "reference": "case-0"}
    waiting = await entry_by_reference(reader, bank.programme_id, **maker)
    assert asked[0].approval_id is not None

    decision = (await engine.execute(approve(bank, asked[0].approval_id))).unwrap()

    found = await entry_by_reference(reader, bank.programme_id, **maker)
    assert waiting is None
    assert found is not None
    assert (found.id, found.reference) == (decision.entry_id, "case-0")
    checker = {**maker, "client": bank.actor(*CHECKER).client}
    assert await entry_by_reference(reader, bank.programme_id, **checker) is None
    assert await entry_by_reference(reader, bank.programme_id, **{**maker, "reference": "case-1"}) is None


async def test_the_same_key_gives_the_same_decision(bank: Bank, member: UUID) -> None:
    """A replay runs nothing again."""
    command = approve(bank, await ask(bank, member, 500))

    first = await bank.application.engine.execute(command)
    second = await bank.application.engine.execute(command)

    assert second.replayed
    assert second.reply == first.reply
    assert (await bank.account(member))["posted"] == 600


async def test_what_can_no_longer_run_leaves_the_request_waiting(bank: Bank, member: UUID) -> None:
    """The points were spent meanwhile: the approval is refused with that, and may be tried again later."""
    approval_id, engine = await ask(bank, member, -90), bank.application.engine
    spend = SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=60)
    (await engine.execute(spend)).unwrap()

    refused = await engine.execute(approve(bank, approval_id))
    await bank.earn(member, 60)
    done = await engine.execute(approve(bank, approval_id))

    assert code_of(refused) == RefusalCode.INSUFFICIENT_POINTS
    assert done.unwrap().state == "approved"
    assert (await bank.account(member))["posted"] == 10


async def test_pages_of_requests_end(bank: Bank, member: UUID) -> None:
    """Newest first, each once."""
    ids = [await ask(bank, member, 60 + n) for n in range(3)]
    reader = bank.application.reader

    first = await queries.approvals_page(reader, bank.programme_id, limit=2)
    second = await queries.approvals_page(reader, bank.programme_id, limit=2, before=first[-1].id)

    assert [approval.id for approval in (*first, *second)] == ids[::-1]


def test_two_kinds_of_one_name_are_refused() -> None:
    """Which of them would run a request must never be open."""

    def rebuild(approved: Approved) -> AdjustPoints:
        raise NotImplementedError(approved)

    with pytest.raises(ValueError, match="one kind"):
        Approvables(kinds=(ADJUSTMENT, Approvable(kind="adjust", rebuild=rebuild)))
