"""The worker's key rounds: an erased member's words go, everything that adds up stays, and the certificate proves it."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from audit.certificate import Certificate, certify
from audit.key_provider import ROOTS_MAX
from audit.merkle import leaf_hash
from audit.process_life import ClockWatch
from audit.record import SealedPart
from graphql_api.audit_log.root_key import new_root_key
from graphql_api.processes.key_rounds import KeyRounds
from graphql_api.processes.recorded_life import recorded
from graphql_api.settings import Settings
from ledger.control.decide_request import ApproveRequest
from ledger.control.erasure import RequestErasure
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.adjust import AdjustPoints
from ledger.points.spend import SpendPoints
from ledger.points.statement_query import newest_lines
from ledger.programme.rates import set_adjustment_limit
from ledger.reports.totals import programme_totals
from ledger.vouchers.close import CloseMember
from tests.bank import Bank, bank
from tests.fixtures_application import application
from tests.sequenced_log import sequencing

__all__ = ["application", "bank"]


@pytest.fixture
def settings(book_schema: str, tmp_path: Path) -> Settings:
    """Root keys in a file, so that they can be turned over."""
    key_file = tmp_path / "root.key"
    key_file.touch(mode=0o600)
    key_file.write_text(new_root_key().hex() + "\n")
    return Settings(var=tmp_path, root_key_file=key_file, book_schema=book_schema)


def rounds_of(bank: Bank) -> KeyRounds:
    """The worker's key rounds."""
    return KeyRounds(application=bank.application, clock=ClockWatch(bank.application.audit.acts, time.monotonic))


async def told(bank: Bank, type_: str) -> list[dict[str, object]]:
    """The records of a type, oldest first."""
    found = "SELECT convert_from(record, 'UTF8') FROM audit.events WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = $1 ORDER BY id"
    return [json.loads(row[0]) for row in await bank.fetch(found, type_)]


async def erase(bank: Bank, member_id: UUID) -> None:
    """Closes the member and lets two people agree to the erasure."""
    engine = bank.application.engine
    operator = bank.actor("operator", "olga")
    (await engine.execute(CloseMember(actor=operator, key=bank.key(), member_id=member_id, forfeit=True))).unwrap()
    asked = await engine.execute(
        RequestErasure(actor=bank.actor("compliance", "carl"), key=bank.key(), member_id=member_id, reason="by letter")
    )
    approve = ApproveRequest(
        actor=bank.actor("compliance", "cleo"),
        key=bank.key(),
        approval_id=asked.unwrap().approval_id,
        approvables=bank.application.approvables,
    )
    (await engine.execute(approve)).unwrap()


async def freeze(bank: Bank, member_id: UUID) -> None:
    """Freezes and unfreezes, with words about the member."""
    operator = bank.actor("operator", "olga")
    words = FreezeMember(
        actor=operator, key=bank.key(), member_id=member_id, reason_code="FRAUD", reason="called twice"
    )
    (await bank.application.engine.execute(words)).unwrap()
    (
        await bank.application.engine.execute(UnfreezeMember(actor=operator, key=bank.key(), member_id=member_id))
    ).unwrap()


async def sums(bank: Bank) -> list[object]:
    """The programme's totals, and what the merchant was paid, line by line."""
    totals = await programme_totals(
        bank.application.reader, programme_id=bank.programme_id, asset_id=bank.asset(), client="service:core"
    )
    paid = "SELECT p.* FROM book.postings p JOIN book.accounts a ON a.id = p.destination_id WHERE a.holder_id = $1"
    return [totals, await bank.fetch(paid, bank.merchant_id)]


async def certificate_of(bank: Bank, subject: UUID) -> Certificate:
    """The certificate, as the auditor reads it."""
    connection = await asyncpg.connect(bank.url, server_settings={"role": "scrip_auditor"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            found = await certify(connection, subject, turnover=timedelta(days=90))
    finally:
        await connection.close()
    assert found is not None
    return found


async def parts_of(bank: Bank, subject: UUID) -> list[SealedPart]:
    """What is sealed of a person."""
    return [SealedPart(*row) for row in await bank.fetch("SELECT * FROM audit.parts WHERE subject_id = $1", subject)]


async def test_erasure_leaves_sums_statements_and_records(bank: Bank) -> None:
    """The words are gone; totals, the merchant's and the member's lines and every record are what they were."""
    member = await bank.enrol("customer-4711")
    await bank.earn(member, 30)
    service = bank.actor()
    spend = SpendPoints(actor=service, key=bank.key(), member_id=member, amount=7, merchant_id=bank.merchant_id)
    (await bank.application.engine.execute(spend)).unwrap()
    await freeze(bank, member)
    await erase(bank, member)
    reader = bank.application.reader
    totals = await sums(bank)
    lines = await newest_lines(reader, bank.programme_id, member, bank.asset(), first=100, before=None)
    records = await bank.fetch("SELECT id, record FROM audit.events ORDER BY id")
    assert await parts_of(bank, member)

    done = await rounds_of(bank).settle_erasures()
    again = await rounds_of(bank).settle_erasures()

    assert (done, again) == (1, 0)
    assert await parts_of(bank, member) == []
    assert await sums(bank) == totals
    assert await newest_lines(reader, bank.programme_id, member, bank.asset(), first=100, before=None) == lines
    assert (await bank.fetch("SELECT id, record FROM audit.events ORDER BY id"))[: len(records)] == records
    assert len(await told(bank, "subject_erased")) == 1


async def test_the_certificate_proves_the_erasure(bank: Bank) -> None:
    """Its record's leaf is in the log, and it says how long a backup could revive the keys, then that this is over."""
    member = await bank.enrol("customer-4711")
    await freeze(bank, member)
    await erase(bank, member)
    await rounds_of(bank).settle_erasures()
    async with sequencing(bank.url) as sequencer:
        await sequencer.sequence()

    certificate = await certificate_of(bank, member)
    (await bank.application.audit.turnover.run(actor="cli:kim"))
    later = await certificate_of(bank, member)

    assert certificate.proof is not None
    record = json.loads(certificate.proof.record)
    assert (record["type"], record["subjects"]) == ("subject_erased", [str(member)])
    leaf = await bank.fetch("SELECT hash FROM audit.leaves WHERE index = $1", certificate.proof.place)
    assert leaf[0][0] == leaf_hash(certificate.proof.record)
    assert certificate.window is not None
    assert certificate.window.closed is None
    assert certificate.window.closes is not None
    assert certificate.window.closes > datetime.now(UTC) + timedelta(days=89)
    assert later.window is not None
    assert later.window.closed is not None
    printed = json.loads(certificate.encode())
    assert printed["record"] == certificate.proof.record.decode()
    assert "4711" not in certificate.encode().decode()


async def test_value_records_restrict_instead(bank: Bank) -> None:
    """The reason of an adjustment outlasts the wish; the name can be read on a legal basis, and by no other way."""
    operator = bank.actor("operator", "olga")
    await set_adjustment_limit(bank.application.units, operator, asset="POINTS", actor_kind="operator", amount=50)
    member = await bank.enrol("customer-4711")
    adjust = AdjustPoints(
        actor=operator, key=bank.key(), member_id=member, amount=5, reason_code="GOODWILL", reason="waited"
    )
    (await bank.application.engine.execute(adjust)).unwrap()
    await erase(bank, member)

    await rounds_of(bank).settle_erasures()

    certificate = await certificate_of(bank, member)
    assert (certificate.erasure.state, certificate.window) == ("restricted", None)
    opened = [
        await bank.application.audit.parts.open(part, legal_basis="court order")
        for part in await parts_of(bank, member)
    ]
    assert {"waited", "customer-4711"} <= set(opened)


async def test_a_revived_key_is_destroyed_again(bank: Bank) -> None:
    """Somebody restored the key store; the worker notices within a minute."""
    member = await bank.enrol("customer-4711")
    await freeze(bank, member)
    backup = await bank.fetch("SELECT * FROM keys.subjects WHERE id = $1", member)
    await erase(bank, member)
    await rounds_of(bank).settle_erasures()
    connection = await asyncpg.connect(bank.url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("DELETE FROM keys.subjects WHERE id = $1", member)
        await connection.execute(
            "INSERT INTO keys.subjects SELECT * FROM unnest($1::keys.subjects[])", [tuple(row) for row in backup]
        )
    finally:
        await connection.close()

    found = [await rounds_of(bank).find_revived() for _ in range(2)]

    assert found == [1, 0]
    assert (await bank.fetch("SELECT state FROM keys.subjects WHERE id = $1", member))[0][0] == "destroyed"
    assert len(await told(bank, "subject_erased")) == 2


async def turn_over(bank: Bank, every: timedelta) -> None:
    """A round of a worker that turns roots over when they are so old."""
    side = replace(bank.application.audit, turnover_every=every)
    await replace(rounds_of(bank), application=replace(bank.application, audit=side)).turn_over()


async def test_a_root_is_turned_over_when_it_is_due(bank: Bank) -> None:
    """Neither before nor again."""
    for every, adopted in ((timedelta(days=1), 1), (timedelta(0), 2), (timedelta(days=1), 2)):
        await turn_over(bank, every)

        assert len(await told(bank, "root_key_adopted")) == adopted
        assert len(await told(bank, "root_key_destroyed")) == adopted - 1


async def test_a_root_that_cannot_be_turned_over_stops_no_worker(bank: Bank) -> None:
    """The key file is full: the round says so and leaves it to the operator."""
    key_file = bank.application.settings.root_key_file
    assert key_file is not None
    key_file.write_text(key_file.read_text() + "".join(new_root_key().hex() + "\n" for _ in range(1, ROOTS_MAX)))

    await turn_over(bank, timedelta(0))

    assert await told(bank, "root_key_retired") == []


async def test_starts_and_stops_are_recorded(bank: Bank) -> None:
    """Both say how the process was configured; secrets are not in it."""
    async with recorded(bank.application):
        assert len(await told(bank, "process_started")) == 1

    started, stopped = (await told(bank, "process_started"))[0], (await told(bank, "process_stopped"))[0]
    assert started["facts"] == stopped["facts"]
    assert set(started["facts"]) == {"settings", "version"}  # type: ignore[call-overload]
    assert sha256(repr(bank.application.settings).encode()).hexdigest().startswith(str(started["facts"]["settings"]))  # type: ignore[index]


async def test_a_step_of_the_clock_is_recorded(bank: Bank) -> None:
    """The first look only remembers; a step forward or back beyond a second is an event, drift is none."""
    monotonic = [100.0]
    watch = ClockWatch(bank.application.audit.acts, lambda: monotonic[0])

    steps = [await watch.look()]
    monotonic[0] += 10
    steps.append(await watch.look())
    monotonic[0] -= 10
    steps.append(await watch.look())
    steps.append(await watch.look())

    assert [round(step.total_seconds()) for step in steps] == [0, -10, 10, 0]
    events = await told(bank, "clock_stepped")
    assert [round(int(event["facts"]["milliseconds"]) / 1000) for event in events] == [-10, 10]  # type: ignore[index]
