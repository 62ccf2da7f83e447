"""What the database itself refuses, whoever asks: changed history, and anything that happened without being recorded."""

import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from uuid import UUID, uuid4

import asyncpg
import pytest

import ledger
from ledger.engine.shelf import Shelf
from ledger.engine.tables import INSTANCE_ID


def tables(schema: str, names: str) -> tuple[str, ...]:
    """The named tables of the schema."""
    return tuple(f"{schema}.{name}" for name in names.split())


APPEND_ONLY = (
    *tables("audit", "checkpoints events leaves reconciliations tiles"),
    *tables("book", "activities awards campaign_figure_cuts draws journal_entries listed_members postings requests"),
    *tables("book", "roll_up_cuts statement_lines tier_credits tier_grants tier_steps"),
    *tables("registry", "activity_types campaign_steps campaign_versions member_attributes"),
    *tables("registry", "tier_ladder_versions voucher_template_versions"),
)
KEPT = (
    *tables("audit", "erasures legal_holds tree"),
    *tables(
        "book", "accounts campaign_counts campaign_grants campaign_lots campaign_reach holders holds imported_codes"
    ),
    *tables("book", "lots member_facts members payment_codes redemptions roll_ups tier_packs tier_standings"),
    *tables("book", "transfer_totals voucher_counts voucher_stocks vouchers"),
    *tables("keys", "roots subjects"),
    *tables("registry", "adjustment_limits api_keys approvals assets campaigns instance member_lists merchants"),
    *tables("registry", "partners programmes rates terminals tier_ladders voucher_templates"),
)
UNCHANGED = ("audit.bundles", "audit.parts", "audit.pending")
"""What is deleted once it has served, and never changed before."""
FREE = ("keys.branches", "registry.alembic_version")
"""Tables that no trigger keeps whole: a rule of their own or none protects them."""
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
STANDING_VERSION = "SELECT standing_version FROM registry.instance"
TABLES = "schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('audit', 'book', 'keys', 'registry')"
EVENT = "INSERT INTO audit.events (id, resource_id, record) VALUES ($1, $2, 'x')"
ENTRIES = (
    "INSERT INTO book.journal_entries (id, kind, effective_at, posted_at, actor, amount)"
    " SELECT id, 'earn', now(), now(), 'service:bank', 1 FROM unnest($1::uuid[]) id"
)
ENTRIES_AND_EVENTS = (
    f"WITH entries AS ({ENTRIES}) INSERT INTO audit.events (id, resource_id, record)"
    " SELECT gen_random_uuid(), id, 'x' FROM unnest($1) id"
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


async def owners_connection(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection in the role of the database's owner, a superuser."""
    return await asyncpg.connect(url)


async def first_column(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> str:
    """The name of the table's first column."""
    return str(
        await connection.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", table
        )
    )


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


async def test_what_is_kept_between_batches_is_read_anew_after_any_change(database_url: str) -> None:
    """Each table of a standing shelf raises the version that every batch compares, for a new row and a changed one."""
    modules = [m.name for m in pkgutil.walk_packages(ledger.__path__, "ledger.") if m.name.endswith(".rows")]
    shelves = [shelf for m in modules for shelf in vars(import_module(m)).values() if isinstance(shelf, Shelf)]
    standing = {f"{shelf.table.schema}.{shelf.table.name}" for shelf in shelves if shelf.standing}
    connection = await owners_connection(database_url)
    try:
        seen = [await connection.fetchval(STANDING_VERSION)]
        for table in sorted(standing):
            await connection.execute(f"INSERT INTO {table} SELECT * FROM {table} WHERE false")
            seen.append(await connection.fetchval(STANDING_VERSION))
            if table not in APPEND_ONLY:
                column = await first_column(connection, table)
                await connection.execute(f"UPDATE {table} SET {column} = DEFAULT WHERE false")
                seen.append(await connection.fetchval(STANDING_VERSION))
    finally:
        await connection.close()

    assert len(standing) > 10
    assert seen == sorted(set(seen))


async def test_every_table_says_how_it_is_protected(database_url: str) -> None:
    """A new table takes its place in one of the lists above, and so in the tests below."""
    async with connected(database_url, "scrip_auditor") as connection:
        found = {row[0] for row in await connection.fetch(f"SELECT {TABLES}")}

    assert sorted([*APPEND_ONLY, *KEPT, *UNCHANGED, *FREE]) == sorted(found)


async def test_no_role_has_a_right_to_change_history(database_url: str) -> None:
    """No UPDATE is granted on what is append-only, and DELETE only on what is deleted once it has served."""
    async with connected(database_url, "scrip_auditor") as connection:
        rights = await connection.fetch(
            "SELECT name, role, has_any_column_privilege(role, name, 'UPDATE') AS changes,"
            " has_table_privilege(role, name, 'DELETE') OR has_table_privilege(role, name, 'TRUNCATE') AS deletes"
            f" FROM (SELECT {TABLES}) named (name),"
            " unnest(ARRAY['scrip_app', 'scrip_sequencer', 'scrip_auditor', 'scrip_key_admin']) role"
        )

    assert {row["name"] for row in rights if row["changes"]}.isdisjoint({*APPEND_ONLY, *UNCHANGED})
    assert {(row["name"], row["role"]) for row in rights if row["deletes"]} == {
        ("audit.bundles", "scrip_key_admin"),
        ("audit.parts", "scrip_key_admin"),
        ("audit.pending", "scrip_sequencer"),
        ("keys.branches", "scrip_key_admin"),
    }


async def test_a_trigger_refuses_the_owners_slips(database_url: str) -> None:
    """Even a superuser must switch the trigger off on purpose to change what is append-only."""
    connection = await owners_connection(database_url)
    try:
        for table in (*APPEND_ONLY, *UNCHANGED):
            column = await first_column(connection, table)
            with pytest.raises(asyncpg.RestrictViolationError, match=f"{table} is append-only"):
                await connection.execute(f"UPDATE {table} SET {column} = DEFAULT")
    finally:
        await connection.close()


async def test_rows_never_vanish(database_url: str) -> None:
    """What may be updated may still not be deleted; a table to which others refer cannot be truncated anyway."""
    connection = await owners_connection(database_url)
    try:
        for table in (*APPEND_ONLY, *KEPT):
            with pytest.raises(asyncpg.RestrictViolationError, match=f"{table} is append-only"):
                await connection.execute(f"DELETE FROM {table}")
            with pytest.raises((asyncpg.RestrictViolationError, asyncpg.FeatureNotSupportedError)):
                await connection.execute(f"TRUNCATE {table}")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        ("keys.roots", "reference, state, adopted_at, destroyed_at", "'r', 'destroyed', now(), now()"),
        (
            "keys.branches",
            "kind, name, root_id, state, created_at",
            "'house', 'h', gen_random_uuid(), 'destroyed', now()",
        ),
    ],
)
async def test_a_destroyed_key_above_others_stays_destroyed(
    database_url: str, table: str, columns: str, values: str
) -> None:
    """As a member's own does; nobody brings it back, not even the owner by a slip."""
    connection = await owners_connection(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(f"INSERT INTO {table} (id, {columns}) VALUES (gen_random_uuid(), {values})")

        with pytest.raises(asyncpg.RestrictViolationError, match="for ever"):
            await connection.execute(f"UPDATE {table} SET state = 'active'")
    finally:
        await connection.close()


async def test_only_an_empty_bucket_goes_without_a_trace(database_url: str) -> None:
    """The key of a month or of the house is destroyed by an event, or it stays."""
    branch = "INSERT INTO keys.branches (id, kind, name, root_id, wrapped, created_at)"
    branch += " VALUES ($1, $2, 'b', gen_random_uuid(), 'x', now())"
    connection = await asyncpg.connect(database_url, server_settings={"session_replication_role": "replica"})
    kept, gone = uuid4(), uuid4()
    try:
        await connection.execute(branch, kept, "epoch")
        await connection.execute(branch, gone, "bucket")
    finally:
        await connection.close()

    async with connected(database_url, "scrip_key_admin") as administrator:
        await administrator.execute("DELETE FROM keys.branches WHERE id = $1", gone)
        with pytest.raises(asyncpg.RestrictViolationError, match=r"keys\.branches is append-only"):
            await administrator.execute("DELETE FROM keys.branches WHERE id = $1", kept)


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


@pytest.mark.parametrize(
    "change",
    ["api_keys SET expires_at = NULL", "api_keys SET revoked_at = NULL", "merchants SET state = 'closed'"],
)
async def test_a_credential_that_ends_is_told_to_every_process(database_url: str, change: str) -> None:
    """What a process keeps of keys and merchants is read anew after the commit that changed them."""
    heard: list[str] = []
    async with connected(database_url) as listening, connected(database_url) as changing:
        await listening.add_listener("scrip_credentials", lambda *notice: heard.append(str(notice[2])))
        await changing.execute(f"UPDATE registry.{change} WHERE false")
        await listening.fetchval("SELECT 1")

    assert heard == ["scrip_credentials"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE book.accounts SET floor = -5",
        "UPDATE book.accounts SET holder_id = holder_id",
        "UPDATE book.lots SET granted = granted",
        "UPDATE book.lots SET expires_at = expires_at",
        "UPDATE registry.api_keys SET secret_hash = secret_hash",
        "UPDATE registry.instance SET standing_version = 1",
        "INSERT INTO keys.subjects (id, created_at, state) VALUES (gen_random_uuid(), now(), 'destroyed')",
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
