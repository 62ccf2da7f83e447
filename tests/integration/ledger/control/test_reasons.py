"""Reasons of requests and decisions: sealed, open for the approver, and who read them is on record."""

from uuid import UUID

from audit.record import SealedPart
from ledger.control import queries
from ledger.control.decide_request import RejectRequest
from ledger.control.reasons import read_reasons
from tests.bank import Bank
from tests.integration.ledger.control.adjustments import CHECKER, ask


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
