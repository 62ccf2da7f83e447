"""Nothing happens without being recorded: what has no event of its own transaction cannot be committed."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.engine.tables import INSTANCE_ID
from tests.integration.migrations.protected_database import APPEND_ONLY, EVENT, KEPT, connected

RECORDED = {
    "audit.bundles",
    "audit.erasures",
    "audit.legal_holds",
    "audit.reconciliations",
    "keys.branches",
    "keys.roots",
}
RECORDED |= {"book.member_facts", "book.payment_codes"}
"""Where a new row needs an event when its transaction commits, beside the registry; an entry needs its own at once."""

ENTRIES = (
    "INSERT INTO book.journal_entries (id, kind, effective_at, posted_at, actor, amount)"
    " SELECT id, 'earn', now(), now(), 'service:bank', 1 FROM unnest($1::uuid[]) id"
)
ENTRIES_AND_EVENTS = (
    f"WITH entries AS ({ENTRIES}) INSERT INTO audit.events (id, resource_id, record)"
    " SELECT gen_random_uuid(), id, 'x' FROM unnest($1) id"
)


async def write_entries(connection: "asyncpg.Connection[asyncpg.Record]", entries: int, events: int) -> list[UUID]:
    """So many entries in one statement, of which only the first have events."""
    ids = [uuid4() for _ in range(entries)]
    for identity in ids[:events]:
        await connection.execute(EVENT, uuid4(), identity)
    await connection.execute(ENTRIES, ids)
    return ids


@pytest.mark.parametrize(("entries", "events"), [(1, 0), (2, 1), (40, 39)])
async def test_a_commit_with_an_unrecorded_entry_fails(database_url: str, entries: int, events: int) -> None:
    """Each entry needs an event of its own; two entries and one event leave nothing behind."""
    async with connected(database_url) as connection:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            async with connection.transaction():
                await write_entries(connection, entries, events)

        assert await connection.fetchval("SELECT count(*) FROM book.journal_entries") == 0


async def test_a_commit_with_every_entry_recorded_succeeds(database_url: str) -> None:
    """The rule refuses nothing else; the event comes before its entry, or in the same statement."""
    async with connected(database_url) as connection:
        async with connection.transaction():
            await write_entries(connection, 3, 3)
            await connection.execute(ENTRIES_AND_EVENTS, [uuid4(), uuid4()])

        assert await connection.fetchval("SELECT count(*) FROM book.journal_entries") == 5


async def test_an_earlier_transactions_event_records_nothing_of_a_later_one(database_url: str) -> None:
    """An event vouches only for its own transaction, and no entry is said to be of another one."""
    identity = uuid4()
    async with connected(database_url) as connection:
        await connection.execute(EVENT, uuid4(), identity)

        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            await connection.execute(ENTRIES, [identity])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO book.journal_entries (tx_id) VALUES ('3')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO book.activities (tx_id) VALUES ('3')")


@pytest.mark.parametrize(
    "talk",
    [
        "SELECT set_config('scrip.events_checked', pg_current_xact_id() || '@' || statement_timestamp(), true)",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SET search_path = pg_temp, pg_catalog",
    ],
)
async def test_nothing_talks_an_entry_past_its_event(database_url: str, talk: str) -> None:
    """Neither a setting that says that all was checked, nor a check at another time, nor other meanings of names."""
    async with connected(database_url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await write_entries(connection, 1, 1)
        await connection.execute(talk)

        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            # One message: what a transaction's statements have in common is the same for the entry and the commit.
            await connection.execute(f"{ENTRIES.replace('$1', 'ARRAY[gen_random_uuid()]')}; {talk}; COMMIT")
        await transaction.rollback()

        assert await connection.fetchval("SELECT count(*) FROM book.journal_entries") == 0


async def test_a_registry_row_without_an_event_cannot_be_committed(database_url: str) -> None:
    """A programme is recorded when it is made and when it is changed."""
    programme = uuid4()
    insert = "INSERT INTO registry.programmes (id, code, name, time_zone) VALUES ($1, 'P', 'P', 'UTC')"
    async with connected(database_url) as connection:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            await connection.execute(insert, programme)
        async with connection.transaction():
            await connection.execute(EVENT, uuid4(), programme)
            await connection.execute(insert, programme)

        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            await connection.execute("UPDATE registry.programmes SET open_from = now()")


async def test_a_row_of_the_registry_needs_an_event(database_url: str) -> None:
    """A deferred trigger asks for it when a row is made, and when one that may change is changed."""
    async with connected(database_url, "scrip_auditor") as connection:
        rows = await connection.fetch(
            "SELECT tgrelid::regclass::text AS name, bit_or(tgtype) & 4 > 0 AS made, bit_or(tgtype) & 16 > 0 AS changed"
            " FROM pg_trigger WHERE tgdeferrable AND tginitdeferred AND tgenabled = 'O'"
            " AND tgfoid = 'audit.require_registry_event()'::regprocedure GROUP BY 1"
        )

    clock = "registry.instance"
    registry = {name for name in (*APPEND_ONLY, *KEPT) if name.startswith("registry.")} - {clock}
    changing = {
        clock,
        "audit.erasures",
        "audit.legal_holds",
        "book.member_facts",
        "keys.branches",
        "keys.roots",
        "keys.subjects",
    }
    assert {row["name"] for row in rows if row["made"]} == registry | RECORDED
    assert {row["name"] for row in rows if row["changed"]} == registry | changing


async def test_the_ledgers_clock_only_moves_forward(database_url: str) -> None:
    """Its offset is set once and then grows, and each time there is an event of it."""
    move = "UPDATE registry.instance SET clock_offset_us = $1"
    async with connected(database_url) as connection:
        for offset in (-5, -5, 7):
            async with connection.transaction():
                await connection.execute(move, offset)
                await connection.execute(EVENT, uuid4(), INSTANCE_ID)
        with pytest.raises(asyncpg.CheckViolationError, match="only moves forward"):
            await connection.execute(move, 6)
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            await connection.execute(move, 8)
