"""Adjustments above what their maker may do alone: asked for, approved by somebody else, and as they stand."""

from uuid import UUID

import pytest

from ledger.control import queries
from ledger.control.approval import Approval
from ledger.control.decide_request import ApproveRequest
from ledger.points.adjust import AdjustPoints
from ledger.programme.rates import set_adjustment_limit
from tests.bank import Bank

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
