"""Erasure: the ledger forgets who a closed member was; sums, statements and the record stay."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from audit.record import SealedPart
from graphql_api.bootstrap import open_application
from ledger.book.refusal import RefusalCode
from ledger.control.approvable import Approvables
from ledger.control.decide_request import ApproveRequest, Decision
from ledger.control.erasure import ERASURE, RequestErasure
from ledger.engine.outcome import Outcome
from ledger.members.enrol import EnrolMember
from ledger.members.facts import set_member_facts
from ledger.members.queries import erased_members, member_by_id
from ledger.vouchers.close import CloseMember
from tests.bank import Bank, code_of

MAKER, CHECKER = ("compliance", "carl"), ("compliance", "cleo")


async def _close(bank: Bank, member_id: UUID) -> None:
    command = CloseMember(actor=bank.actor("operator", "olga"), key=bank.key(), member_id=member_id, forfeit=True)
    (await bank.application.engine.execute(command)).unwrap()


def _request(bank: Bank, member_id: UUID) -> RequestErasure:
    return RequestErasure(actor=bank.actor(*MAKER), key=bank.key(), member_id=member_id, reason="asked by letter")


async def _approve(bank: Bank, approval_id: UUID, who: tuple[str, str] = CHECKER) -> Outcome[Decision]:
    kinds = Approvables(kinds=(ERASURE,))
    command = ApproveRequest(actor=bank.actor(*who), key=bank.key(), approval_id=approval_id, approvables=kinds)
    return await bank.application.engine.execute(command)


async def _erase(bank: Bank, member_id: UUID) -> UUID:
    await _close(bank, member_id)
    asked = (await bank.application.engine.execute(_request(bank, member_id))).unwrap()
    (await _approve(bank, asked.approval_id)).unwrap()
    return asked.approval_id


async def test_the_name_at_the_bank_is_forgotten(bank: Bank) -> None:
    """It stands nowhere in clear, and can be enrolled anew as somebody else; the entries stay."""
    member = await bank.enrol("customer-4711")
    await bank.earn(member, 30)

    await _erase(bank, member)

    view = await member_by_id(bank.application.reader, bank.programme_id, member)
    assert view is not None
    assert view.external_id == f"erased:{member}"
    tables = await bank.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('book', 'registry', 'audit', 'keys')"
    )
    for table in tables:
        rows = await bank.fetch(f"SELECT t::text FROM {table['name']} t")
        assert not any("customer-4711" in row[0] for row in rows), table["name"]
        assert not any(b"customer-4711".hex() in row[0] for row in rows), table["name"]
    assert await bank.enrol("customer-4711") != member
    assert await erased_members(bank.application.reader, limit=10) == [member]


async def test_the_name_is_sealed_into_the_event(bank: Bank) -> None:
    """As long as the member's key stands, it can be read on a legal basis."""
    member = await bank.enrol("customer-4711")

    await _erase(bank, member)

    found = "SELECT p.* FROM audit.parts p JOIN audit.events e ON e.id = p.event_id WHERE convert_from(e.record, 'UTF8')::jsonb ->> 'type' = 'erase'"
    part = SealedPart(*(await bank.fetch(found))[0])
    assert part.subject_id == member
    assert await bank.application.audit.parts.open(part) == "customer-4711"


async def test_the_reasons_belong_to_the_person(bank: Bank) -> None:
    """What was written about the request goes with the person's key."""
    member = await bank.enrol("m-1")

    await _erase(bank, member)

    subjects = await bank.fetch("SELECT DISTINCT subject_id FROM audit.parts")
    assert [row[0] for row in subjects] == [member]


async def test_an_open_member_is_not_erased(bank: Bank) -> None:
    """Close first: points, vouchers and debts must be settled before nobody knows whose they were."""
    member = await bank.enrol("m-1")

    refused = await bank.application.engine.execute(_request(bank, member))

    assert code_of(refused) == RefusalCode.MEMBER_NOT_CLOSED


async def test_nobody_erases_alone(bank: Bank) -> None:
    """The requester cannot approve."""
    member = await bank.enrol("m-1")
    await _close(bank, member)
    asked = (await bank.application.engine.execute(_request(bank, member))).unwrap()

    refused = await _approve(bank, asked.approval_id, MAKER)

    assert code_of(refused) == RefusalCode.APPROVAL_OWN


async def test_who_was_erased_is_unknown(bank: Bank) -> None:
    """A second erasure finds nobody."""
    member = await bank.enrol("m-1")
    await _erase(bank, member)

    again = await bank.application.engine.execute(_request(bank, member))

    assert code_of(again) == RefusalCode.MEMBER_NOT_FOUND


async def test_nobody_is_enrolled_by_an_erased_name(bank: Bank) -> None:
    """The form is kept for erasures."""
    command = EnrolMember(actor=bank.actor(), key=bank.key(), external_id="erased:somebody")

    assert code_of(await bank.application.engine.execute(command)) == RefusalCode.INVALID_INPUT


async def test_the_database_lets_a_name_be_forgotten_and_nothing_else(bank: Bank) -> None:
    """Neither another name nor another member's mark."""
    member = await bank.enrol("m-1")

    for statement in ("external_id = 'other'", f"external_id = 'erased:{bank.programme_id}'", "enrolled_at = now()"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await bank.fetch(f"UPDATE book.members SET {statement} WHERE id = $1", member)


async def test_another_process_forgets_the_name_too(bank: Bank) -> None:
    """What it remembers of names goes when it hears that the person's key is destroyed."""
    member = await bank.enrol("m-1")
    async with open_application(bank.application.settings, url=bank.url) as other:
        await other.notices.listen()
        assert await other.member_ids.find(bank.programme_id, "m-1") == member

        await _erase(bank, member)
        await bank.application.audit.eraser.erase(member)

        async with asyncio.timeout(20):
            while await other.member_ids.find(bank.programme_id, "m-1"):  # noqa: ASYNC110  a notice is on its way
                await asyncio.sleep(0.01)


async def test_the_log_tells_the_erasure_from_what_was_said_of_the_member(bank: Bank) -> None:
    """Both are about one id and have versions of their own: the log has no version twice."""
    member = await bank.enrol("m-1")
    operator = bank.actor("operator", "olga")
    await set_member_facts(bank.application.units, operator, member_id=member, tiers=["gold"], segments=[])
    await _erase(bank, member)

    await bank.application.audit.eraser.erase(member)

    sql = "SELECT convert_from(record, 'UTF8')::jsonb -> 'streams' AS streams FROM audit.events WHERE resource_id = $1"
    streams = [row["streams"] for row in await bank.fetch(sql, member)]
    assert len(streams) == len(set(streams)) == 3
