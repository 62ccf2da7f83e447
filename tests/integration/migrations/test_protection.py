"""What the database itself refuses, whoever asks: changed history, and more than a role needs."""

from uuid import uuid4

import asyncpg
import pytest

from tests.integration.migrations.protected_database import (
    APPEND_ONLY,
    EVENT,
    FREE,
    KEPT,
    TABLES,
    UNCHANGED,
    connected,
    first_column,
    owners_connection,
)


async def test_every_table_says_how_it_is_protected(database_url: str) -> None:
    """A new table takes its place in one of the lists, and so in the tests below."""
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
