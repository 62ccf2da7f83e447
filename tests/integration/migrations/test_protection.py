"""What the database itself refuses, whoever asks: changed history, and anything that happened without being recorded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest

APPEND_ONLY = (
    "book.journal_entries",
    "book.postings",
    "book.statement_lines",
    "book.draws",
    "book.requests",
    "audit.events",
)
KEPT = (
    "book.members",
    "book.holders",
    "book.accounts",
    "book.lots",
    "book.holds",
    "book.payment_codes",
    "book.transfer_totals",
    "registry.programmes",
    "registry.assets",
    "registry.rates",
    "registry.merchants",
    "registry.terminals",
    "registry.api_keys",
    "registry.approvals",
)
EVENT = "INSERT INTO audit.events (id, resource_id, record) VALUES ($1, $2, 'x')"
ENTRY = (
    "INSERT INTO book.journal_entries (id, kind, effective_at, posted_at, actor, amount)"
    " VALUES ($1, 'earn', now(), now(), 'service:bank', 1)"
)


@asynccontextmanager
async def connected(url: str, role: str = "scrip_app") -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection in one of the product's roles."""
    connection = await asyncpg.connect(url, server_settings={"role": role})
    try:
        yield connection
    finally:
        await connection.close()


async def write_entries(connection: "asyncpg.Connection[asyncpg.Record]", entries: int, events: int) -> list[UUID]:
    """So many entries, of which only the first have events."""
    ids = [uuid4() for _ in range(entries)]
    for number, identity in enumerate(ids):
        await connection.execute(ENTRY, identity)
        if number < events:
            await connection.execute(EVENT, uuid4(), identity)
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
    """The rule refuses nothing else, and an event may come before or after its entry."""
    async with connected(database_url) as connection:
        async with connection.transaction():
            await write_entries(connection, 3, 3)
            last = uuid4()
            await connection.execute(EVENT, uuid4(), last)
            await connection.execute(ENTRY, last)

        assert await connection.fetchval("SELECT count(*) FROM book.journal_entries") == 4


async def test_an_earlier_transactions_event_records_nothing_of_a_later_one(database_url: str) -> None:
    """An event vouches only for its own transaction."""
    identity = uuid4()
    async with connected(database_url) as connection:
        await connection.execute(EVENT, uuid4(), identity)

        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            await connection.execute(ENTRY, identity)


async def test_a_check_in_mid_transaction_vouches_for_nothing_after_it(database_url: str) -> None:
    """Making the constraint immediate does not smuggle a later entry past it."""
    async with connected(database_url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await write_entries(connection, 1, 1)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await connection.execute("SET CONSTRAINTS ALL DEFERRED")
        await write_entries(connection, 1, 0)

        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="no audit event"):
            await transaction.commit()


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
            await connection.execute("UPDATE registry.programmes SET name = 'Q'")


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_the_application_has_no_right_to_change_history(database_url: str, table: str) -> None:
    """No UPDATE, DELETE or TRUNCATE is granted on what is append-only."""
    async with connected(database_url) as connection:
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedColumnError)):
                await connection.execute(statement)


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_trigger_refuses_the_owners_slips(database_url: str, table: str) -> None:
    """Even a superuser must switch the trigger off on purpose."""
    connection = await asyncpg.connect(database_url)
    column = await connection.fetchval(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", table
    )
    try:
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("table", KEPT)
async def test_rows_that_change_are_never_deleted(database_url: str, table: str) -> None:
    """What may be updated may still not vanish."""
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.FeatureNotSupportedError)):
            await connection.execute(f"DELETE FROM {table}")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE book.accounts SET floor = -5",
        "UPDATE book.accounts SET holder_id = holder_id",
        "UPDATE book.lots SET granted = granted",
        "UPDATE book.lots SET expires_at = expires_at",
        "UPDATE registry.api_keys SET secret_hash = secret_hash",
        "SELECT record FROM audit.events",
        "DROP TABLE book.postings",
        "ALTER TABLE book.postings DISABLE TRIGGER ALL",
    ],
)
async def test_the_application_may_do_only_what_it_needs(database_url: str, statement: str) -> None:
    """Least privilege, column by column; the audit log's records are not the application's to read."""
    async with connected(database_url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_the_auditor_reads_and_writes_nothing(database_url: str) -> None:
    """The auditor's role sees the book and the events and can change neither."""
    async with connected(database_url, "scrip_auditor") as connection:
        assert await connection.fetch("SELECT record FROM audit.events") == []
        assert await connection.fetch("SELECT * FROM book.postings") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(EVENT, uuid4(), uuid4())
