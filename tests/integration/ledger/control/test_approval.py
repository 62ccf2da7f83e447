"""Maker and checker: an adjustment above the limit waits for somebody else, and runs once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from audit.record import SealedPart
from graphql_api.bootstrap import open_application
from ledger.book.refusal import RefusalCode
from ledger.control import queries
from ledger.control.approvable import Approvable, Approvables, Approved
from ledger.control.approval import VALID, Approval, ApprovalState
from ledger.control.decide_request import ApproveRequest, RejectRequest, WithdrawRequest
from ledger.control.reasons import read_reasons
from ledger.points.adjust import AdjustPoints
from ledger.points.adjust_approval import ADJUSTMENT
from ledger.points.entry_query import entry_by_reference
from ledger.points.spend import SpendPoints
from ledger.programme.rates import set_adjustment_limit
from ledger.programme.setup import create_programme
from tests.bank import Bank, code_of

MAKER, CHECKER, SECOND = ("operator", "olga"), ("approver", "anna"), ("approver", "bert")


@pytest.fixture
async def member(bank: Bank) -> UUID:
    """A member with 100 points; operators adjust up to 50 alone."""
    operator = bank.actor(*MAKER)
    await set_adjustment_limit(bank.application.units, operator, asset="POINTS", actor_kind="operator", amount=50)
    member = await bank.enrol("m-1")
    await bank.earn(member, 100)
    return member


def adjust(bank: Bank, member_id: UUID, amount: int, reference: str | None = None) -> AdjustPoints:
    """An adjustment by the maker."""
    return AdjustPoints(
        actor=bank.actor(*MAKER), key=bank.key(), member_id=member_id, amount=amount, reason_code="GOODWILL",
        reason="the lady waited an hour", reference=reference,
    )  # fmt: skip


async def ask(bank: Bank, member_id: UUID, amount: int) -> UUID:
    """A request that waits; its id."""
    receipt = (await bank.application.engine.execute(adjust(bank, member_id, amount))).unwrap()
    assert receipt.approval_id is not None
    return receipt.approval_id


def approve(bank: Bank, approval_id: UUID, who: tuple[str, str] = CHECKER) -> ApproveRequest:
    """An approval."""
    return ApproveRequest(
        actor=bank.actor(*who), key=bank.key(), approval_id=approval_id, approvables=bank.application.approvables
    )


async def shown(bank: Bank, approval_id: UUID) -> Approval:
    """The request as it stands."""
    found = await queries.approval_by_id(bank.application.reader, bank.programme_id, approval_id)
    assert found is not None
    return found


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


async def test_nobody_decides_their_own_request(bank: Bank, member: UUID) -> None:
    """APPROVAL_OWN for approving and rejecting, in whichever role; the request waits on."""
    approval_id, engine = await ask(bank, member, 500), bank.application.engine

    for kind, name in (MAKER, ("approver", MAKER[1]), ("service", MAKER[1])):
        own = await engine.execute(approve(bank, approval_id, (kind, name)))
        reject = RejectRequest(actor=bank.actor(kind, name), key=bank.key(), approval_id=approval_id)
        rejected = await engine.execute(reject)
        assert (code_of(own), code_of(rejected)) == (RefusalCode.APPROVAL_OWN, RefusalCode.APPROVAL_OWN)

    assert (await shown(bank, approval_id)).state == "pending"
    assert (await bank.account(member))["posted"] == 100


async def test_a_rejected_request_never_runs(bank: Bank, member: UUID) -> None:
    """It is decided; approving it afterwards is APPROVAL_DECIDED, also when its time is over."""
    approval_id, engine = await ask(bank, member, 500), bank.application.engine

    reject = RejectRequest(actor=bank.actor(*CHECKER), key=bank.key(), approval_id=approval_id, reason="too much")
    decision = (await engine.execute(reject)).unwrap()
    late = await engine.execute(approve(bank, approval_id, SECOND))
    await bank.advance(2 * VALID)
    later = await engine.execute(approve(bank, approval_id, SECOND))

    assert (decision.state, decision.entry_id) == ("rejected", None)
    assert code_of(late) == code_of(later) == RefusalCode.APPROVAL_DECIDED
    assert (await shown(bank, approval_id)).state == "rejected"
    assert (await bank.account(member))["posted"] == 100


async def test_only_the_requester_withdraws(bank: Bank, member: UUID) -> None:
    """FORBIDDEN for another; afterwards the request is decided."""
    approval_id, engine = await ask(bank, member, 500), bank.application.engine
    other = WithdrawRequest(actor=bank.actor(*CHECKER), key=bank.key(), approval_id=approval_id)
    own = WithdrawRequest(actor=bank.actor(*MAKER), key=bank.key(), approval_id=approval_id)

    forbidden = await engine.execute(other)
    withdrawn = (await engine.execute(own)).unwrap()
    late = await engine.execute(approve(bank, approval_id))

    assert code_of(forbidden) == RefusalCode.FORBIDDEN
    assert withdrawn.state == "withdrawn"
    assert code_of(late) == RefusalCode.APPROVAL_DECIDED


async def test_at_its_expiry_a_request_is_over(bank: Bank, member: UUID) -> None:
    """After seven days nobody decides it any more, and it reads as expired though nothing was written."""
    approval_id, engine, reader = await ask(bank, member, 500), bank.application.engine, bank.application.reader

    await bank.advance(timedelta(days=7))
    late = await engine.execute(approve(bank, approval_id))
    own = await engine.execute(approve(bank, approval_id, MAKER))

    assert (code_of(late), code_of(own)) == (RefusalCode.APPROVAL_EXPIRED, RefusalCode.APPROVAL_EXPIRED)
    page = queries.approvals_page
    assert await page(reader, bank.programme_id, limit=9, state=ApprovalState.PENDING) == []
    expired = await page(reader, bank.programme_id, limit=9, state=ApprovalState.EXPIRED)
    assert [approval.id for approval in expired] == [approval_id]


async def test_another_programme_sees_and_decides_nothing(bank: Bank, member: UUID) -> None:
    """APPROVAL_NOT_FOUND, as for an id that never was."""
    approval_id, engine, reader = await ask(bank, member, 500), bank.application.engine, bank.application.reader
    other = await create_programme(bank.application.units, bank.actor(), code="OTHER", name="Other", time_zone="UTC")
    stranger = Bank(application=bank.application, url=bank.url, programme_id=other.id, keys=1000)

    codes = {
        code_of(await engine.execute(approve(stranger, approval_id))),
        code_of(await engine.execute(approve(bank, UUID(int=7)))),
        code_of(await engine.execute(
            RejectRequest(actor=stranger.actor(*CHECKER), key="r", approval_id=approval_id)
        )),
        code_of(await engine.execute(
            WithdrawRequest(actor=stranger.actor(*MAKER), key="w", approval_id=approval_id)
        )),
    }  # fmt: skip

    assert codes == {RefusalCode.APPROVAL_NOT_FOUND}
    assert await queries.approval_by_id(reader, other.id, approval_id) is None
    assert await queries.sealed_reasons(reader, other.id, approval_id) == []


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


async def test_reasons_are_sealed_and_open_for_the_approver(bank: Bank, member: UUID) -> None:
    """Neither row nor record shows them; the reasons of request and decision come in this order."""
    approval_id = await ask(bank, member, 500)
    reject = RejectRequest(actor=bank.actor(*CHECKER), key=bank.key(), approval_id=approval_id, reason="too much")
    (await bank.application.engine.execute(reject)).unwrap()

    sealed = await queries.sealed_reasons(bank.application.reader, bank.programme_id, approval_id)

    rows = await bank.fetch("SELECT row_to_json(a)::text FROM registry.approvals a")
    records = await bank.fetch("SELECT convert_from(record, 'utf8') FROM audit.events")
    opened = [await bank.application.audit.parts.open(SealedPart(*reason)) for reason in sealed]
    assert opened == ["the lady waited an hour", "too much"]
    assert all("waited" not in row[0] and "too much" not in row[0] for row in (*rows, *records))


async def test_who_reads_reasons_stands_in_the_programmes_log(bank: Bank, member: UUID) -> None:
    """The reading is an event about the request, of the request's programme."""
    approval_id = await ask(bank, member, 51)
    checker = bank.actor(*CHECKER)

    await read_reasons(bank.application.reader, bank.application.units, checker, approval_id)

    (event,) = await bank.fetch(
        "SELECT event ->> 'actor' AS actor, event ->> 'programme' AS programme, event ->> 'resource' AS resource"
        " FROM (SELECT convert_from(record, 'UTF8')::jsonb AS event FROM audit.events) events"
        " WHERE event ->> 'type' = 'reasons_read'"
    )
    assert tuple(event) == (checker.client, str(checker.programme_id), str(approval_id))


async def test_of_two_approvers_at_once_one_approves(bank: Bank, member: UUID) -> None:
    """Two processes, twenty tries by two people: it runs once, the others are APPROVAL_DECIDED."""
    approval_id = await ask(bank, member, 500)
    async with open_application(bank.application.settings, url=bank.url) as other:
        engines = (bank.application.engine, other.engine)
        outcomes = await asyncio.gather(
            *(engines[n % 2].execute(approve(bank, approval_id, (CHECKER, SECOND)[n // 2 % 2])) for n in range(20))
        )

    assert sorted(code_of(outcome) for outcome in outcomes) == ["", *["APPROVAL_DECIDED"] * 19]
    assert (await bank.account(member))["posted"] == 600


async def test_approve_and_reject_at_once_agree_with_the_book(bank: Bank, member: UUID) -> None:
    """Of an approval, a rejection and a withdrawal that race, one wins; the points moved exactly if it was the approval."""
    for _ in range(10):
        before = (await bank.account(member))["posted"]
        approval_id = await ask(bank, member, 60)
        async with open_application(bank.application.settings, url=bank.url) as other:
            outcomes = await asyncio.gather(
                bank.application.engine.execute(approve(bank, approval_id)),
                other.engine.execute(RejectRequest(actor=bank.actor(*SECOND), key=bank.key(), approval_id=approval_id)),
                other.engine.execute(
                    WithdrawRequest(actor=bank.actor(*MAKER), key=bank.key(), approval_id=approval_id)
                ),
            )
        row = await shown(bank, approval_id)
        moved = (await bank.account(member))["posted"] - before

        assert sorted(code_of(outcome) for outcome in outcomes) == ["", "APPROVAL_DECIDED", "APPROVAL_DECIDED"]
        assert moved == (60 if row.state == "approved" else 0)


async def test_a_request_and_its_approval_in_one_batch(bank: Bank, member: UUID) -> None:
    """Other members' requests are decided beside new ones; a refused item leaves its neighbours alone."""
    first, engine = await ask(bank, member, 60), bank.application.engine

    outcomes = await asyncio.gather(
        engine.execute(approve(bank, first)),
        engine.execute(adjust(bank, member, 70)),
        engine.execute(approve(bank, first, SECOND)),
        engine.execute(adjust(bank, member, 10)),
    )

    assert sorted(code_of(outcome) for outcome in outcomes) == ["", "", "", "APPROVAL_DECIDED"]
    assert (await bank.account(member))["posted"] == 170


@pytest.mark.parametrize("role", ["operator", "approver"])
async def test_the_database_refuses_a_decision_by_the_requester(bank: Bank, member: UUID, role: str) -> None:
    """The rule holds in SQL too, whatever the code does and whichever of their roles the requester decides in."""
    approval_id = await ask(bank, member, 60)

    with pytest.raises(Exception, match="approvals_never_by_requester"):
        await bank.fetch(
            "UPDATE registry.approvals SET state = 'approved', decided_by = $2, decided_at = now(),"
            " decision_event_id = id WHERE id = $1", approval_id, f"{role}:{MAKER[1]}",
        )  # fmt: skip


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
