"""Of decisions that race, one is made; those of one batch leave each other alone."""

import asyncio
from uuid import UUID

from graphql_api.bootstrap import open_application
from ledger.control.decide_request import RejectRequest, WithdrawRequest
from tests.bank import Bank, code_of
from tests.integration.ledger.control.adjustments import CHECKER, MAKER, SECOND, adjust, approve, ask, shown


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
