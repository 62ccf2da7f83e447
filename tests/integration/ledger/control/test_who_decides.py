"""Who decides a request, and once: never its maker, nobody of another programme, nobody when it is over."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.book.refusal import RefusalCode
from ledger.control import queries
from ledger.control.approval import VALID, ApprovalState
from ledger.control.decide_request import RejectRequest, WithdrawRequest
from ledger.programme.setup import create_programme
from tests.bank import Bank, code_of
from tests.integration.ledger.control.adjustments import CHECKER, MAKER, SECOND, approve, ask, shown


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


@pytest.mark.parametrize("role", ["operator", "approver"])
async def test_the_database_refuses_a_decision_by_the_requester(bank: Bank, member: UUID, role: str) -> None:
    """The rule holds in SQL too, whatever the code does and whichever of their roles the requester decides in."""
    approval_id = await ask(bank, member, 60)

    with pytest.raises(Exception, match="approvals_never_by_requester"):
        await bank.fetch(
            "UPDATE registry.approvals SET state = 'approved', decided_by = $2, decided_at = now(),"
            " decision_event_id = id WHERE id = $1", approval_id, f"{role}:{MAKER[1]}",
        )  # fmt: skip
