"""Reconciling: log and ledger agree, and whatever a superuser changes in either is found."""

import asyncpg
import pytest

from audit.reconcile import Reconciliation, reconcile, record_reconciliation
from graphql_api.audit_log.log_reconciling import balances_of, reconcile_log
from ledger.engine.outcome import Outcome
from ledger.members.freeze import FreezeMember
from ledger.points.hold import HoldPoints
from ledger.points.spend import SpendPoints
from tests.bank import Bank, bank
from tests.fixtures_application import application, settings
from tests.sequenced_log import sequencing

__all__ = ["application", "bank", "settings"]


async def reconciled(bank: Bank) -> Reconciliation:
    """What comparing says, which is told of all that it reads."""
    told: list[tuple[int, int]] = []
    result = await reconcile_log(
        bank.url,
        book_schema=bank.application.settings.book_schema,
        on_progress=lambda more, size: told.append((more, size)),
    )
    assert {of for _, of in told} == {result.entries}
    assert result.count or sum(more for more, _ in told) == result.entries
    return result


@pytest.fixture
async def busy(bank: Bank) -> Bank:
    """A member who earned, holds some and spent some; half of it has its place in the log, half waits."""
    member_id = await bank.enrol("ada")
    await bank.earn(member_id, 500)
    async with sequencing(bank.url) as sequencer:
        await sequencer.sequence()
    actor = bank.actor("member", str(member_id))
    common = {"actor": actor, "member_id": member_id}
    held: Outcome[object] = await bank.application.engine.execute(
        HoldPoints(**common, key=bank.key(), amount=50, merchant_id=bank.merchant_id)  # type: ignore[arg-type]
    )
    spent: Outcome[object] = await bank.application.engine.execute(
        SpendPoints(**common, key=bank.key(), amount=120)  # type: ignore[arg-type]
    )
    assert held.refusal is None
    assert spent.refusal is None
    return bank


async def test_log_and_ledger_agree(busy: Bank) -> None:
    """Also where some events wait for their place; the result becomes an entry, and the status tells of it."""
    result = await reconciled(busy)

    assert result.differences == []
    assert result.entries > result.size > 0
    assert result.accounts == 3
    await record_reconciliation(busy.application.audit.acts, result)
    rows = await busy.fetch("SELECT size, holes, differences FROM audit.reconciliations")
    assert [tuple(row) for row in rows] == [(result.size, 0, 0)]


CHANGES: dict[str, tuple[str, str]] = {
    "a balance": ("UPDATE {book}.accounts SET posted = posted + 1 WHERE role = 'wallet'", "the log says 380"),
    "a version": ("UPDATE {book}.accounts SET version = version + 1 WHERE role = 'wallet'", "at version 3"),
    "a posting": ("UPDATE {book}.postings SET amount = amount + 1 WHERE amount = 120", "the log says"),
    "a record": (
        (
            "UPDATE audit.events SET record = convert_to(replace(convert_from(record, 'UTF8'), '500', '900'), 'UTF8')"
            " WHERE convert_from(record, 'UTF8') LIKE '%\"amount\":500%'"
        ),
        "its record is not what was logged",
    ),
    "a leaf": (
        "UPDATE audit.leaves SET hash = sha256('x') WHERE index = 3",
        "its record is not what was logged",
    ),
    "a lost event": (
        "DELETE FROM audit.pending WHERE id = (SELECT min(id::text)::uuid FROM audit.pending)",
        "it is neither in the log",
    ),
    "what an event is about": (
        "UPDATE audit.events SET resource_id = gen_random_uuid() WHERE resource_id IS NOT NULL",
        "its record tells of another event",
    ),
    "a lost event that waits": (
        "DELETE FROM audit.events WHERE id = (SELECT min(id::text)::uuid FROM audit.pending)",
        "there is no such event",
    ),
    "an event that waits again": (
        "INSERT INTO audit.pending SELECT event_id FROM audit.leaves WHERE index = 0",
        "it is in the log already",
    ),
    "a tile in the sequencer's way": (
        "INSERT INTO audit.tiles VALUES (0, 9, decode(repeat('00', 8192), 'hex'), sha256('x'))",
        "1 are stored, and the leaves fill 0",
    ),
    "a checkpoint's size": ("UPDATE audit.checkpoints SET size = size - 1", "not its note's"),
    "a checkpoint that stays the newest": (
        (
            "INSERT INTO audit.checkpoints (id, size, signed_at, note) OVERRIDING SYSTEM VALUE"
            " SELECT 1::bigint << 40, 0, now(), E'x\\n0\\nx\\n' FROM audit.tree"
        ),
        "not in order",
    ),
    "a checkpoint's root": (
        "UPDATE audit.checkpoints SET note = regexp_replace(note, E'\\n[A-Za-z0-9+/]{4}', E'\\nAAAA')",
        "another root than it says",
    ),
    "a checkpoint's note": (
        "UPDATE audit.checkpoints SET note = split_part(note, '=', 1)",
        "another root than it says",
    ),
    "the tree": ("DELETE FROM audit.tree", "entries"),
    "a lost record": (
        "DELETE FROM audit.events WHERE id = (SELECT event_id FROM audit.leaves ORDER BY index DESC LIMIT 1)",
        "its record is not what was logged",
    ),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES.keys())
async def test_what_a_superuser_changes_is_found(busy: Bank, change: str, said: str) -> None:
    """In the book or in the log, wherever it is. The change is taken back, for the bank's own last check."""
    schema = busy.application.settings.book_schema
    async with asyncpg.create_pool(busy.url, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        attempt = connection.transaction()
        await attempt.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        assert (await reconcile(connection, balances_of(schema))).is_clean
        await connection.execute(change.replace("{book}", schema))
        result = await reconcile(connection, balances_of(schema))
        await attempt.rollback()

    assert any(said in difference.what for difference in result.differences), result.differences


PARTS: dict[str, tuple[str, str]] = {
    "UPDATE audit.parts SET sealed = 'x'": ("private", "it is not the part that was logged"),
    "UPDATE audit.parts SET epoch = 'value/1999-01'": ("private", "it is not the part that was logged"),
    "UPDATE audit.parts SET subject_id = gen_random_uuid()": ("private", "it is not the part that was logged"),
    "DELETE FROM audit.parts": ("private", "it is missing, and no entry says that it was destroyed"),
    "UPDATE audit.parts SET name = 'other'": ("other", "no entry names it"),
    "INSERT INTO audit.parts SELECT event_id, 'more', subject_id, epoch, suite, sealed FROM audit.parts": (
        "more",
        "no entry names it",
    ),
    (
        "INSERT INTO audit.parts SELECT event.id, part.name, part.subject_id, part.epoch, part.suite, part.sealed"
        " FROM audit.parts part, audit.events event WHERE event.id <> part.event_id"
    ): ("private", "no entry names it"),
    "UPDATE audit.parts SET event_id = gen_random_uuid()": ("private", "no entry names it"),
}


async def test_a_part_that_a_superuser_changes_is_found(busy: Bank) -> None:
    """Altered, missing, or too many, of an event that has parts, of one that has none, or of none."""
    bob = await busy.enrol("bob")
    await busy.application.engine.execute(
        FreezeMember(
            actor=busy.actor("operator", "olga"), key=busy.key(), member_id=bob, reason_code="FRAUD", reason="twice"
        )
    )
    schema = busy.application.settings.book_schema

    async with asyncpg.create_pool(busy.url, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        for change, (name, said) in PARTS.items():
            attempt = connection.transaction()
            await attempt.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            assert (await reconcile(connection, balances_of(schema))).parts == 1
            await connection.execute(change)
            result = await reconcile(connection, balances_of(schema))
            await attempt.rollback()

            found = [each.what for each in result.differences if each.subject.startswith(f"part {name} of ")]
            assert said in found, (change, result.differences)


TILES = (
    "UPDATE audit.tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 33)",
    "UPDATE audit.tiles SET root = sha256('x')",
    "DELETE FROM audit.tiles",
)


async def test_a_tile_that_a_superuser_changes_is_found(bank: Bank) -> None:
    """Proofs are made of tiles, though the leaves would still tell the truth."""
    async with bank.application.audit.acts.begin() as doing:
        for _ in range(256):
            doing.record("audit_read")
    async with sequencing(bank.url) as sequencer:
        await sequencer.sequence()
    schema = bank.application.settings.book_schema

    for change in TILES:
        async with asyncpg.create_pool(bank.url, min_size=1, max_size=1) as pool, pool.acquire() as connection:
            attempt = connection.transaction()
            await attempt.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            assert (await reconcile(connection, balances_of(schema))).is_clean
            await connection.execute(change)
            result = await reconcile(connection, balances_of(schema))
            await attempt.rollback()

        assert tuple(result.differences[0]) == ("tile/0/000", "it is not what the leaves make of it")
