"""Migrating, also twice at once."""

import asyncio
import secrets

import asyncpg
import pytest

from migrations.apply import head_revision, migrate_database
from migrations.shape import VERSIONS, WrongShape, require_shape
from tests.databases import DatabaseServer


async def test_a_second_migration_changes_nothing(database_url: str) -> None:
    """A database at head stays at head."""
    outcome = await migrate_database(database_url, book_schema="book")

    assert outcome.before == outcome.after == head_revision()


async def test_a_url_may_say_what_the_driver_knows(database_url: str) -> None:
    """Above all whether the connection is encrypted, as for every other process."""
    mark = "&" if "?" in database_url else "?"

    outcome = await migrate_database(f"{database_url}{mark}sslmode=prefer", book_schema="book")

    assert outcome.before == outcome.after == head_revision()


async def test_a_database_of_another_encoding_is_refused(server: DatabaseServer) -> None:
    """It would count a name's bytes where the rule means characters, and one such member would stop a whole import."""
    name = f"scrip_test_ascii_{secrets.token_hex(4)}"
    locale = "LOCALE_PROVIDER libc LOCALE 'C'"
    server.execute(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' {locale} TEMPLATE template0")
    try:
        with pytest.raises(WrongShape, match="the database's encoding is SQL_ASCII; make it anew by CREATE DATABASE"):
            await migrate_database(server.url_of(name), book_schema="book")
        connection = await asyncpg.connect(server.url_of(name))
        try:
            with pytest.raises(WrongShape, match="encoding is SQL_ASCII"):
                await require_shape(connection)
            assert not await connection.fetchval("SELECT to_regnamespace('registry')")
        finally:
            await connection.close()
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_two_processes_at_once_migrate_once(server_database: str) -> None:
    """The one that comes second waits for the first and finds its work done."""
    outcomes = await asyncio.gather(*(migrate_database(server_database, book_schema="book") for _ in range(2)))

    assert sorted(str(outcome.before) for outcome in outcomes) == sorted(["None", str(head_revision())])
    assert {outcome.after for outcome in outcomes} == {head_revision()}
    connection = await asyncpg.connect(server_database)
    try:
        # A table of one's own, and triggers on it, are nobody's to make.
        assert not await connection.fetchval("SELECT has_database_privilege('scrip_app', current_database(), 'TEMP')")
    finally:
        await connection.close()


async def test_roles_that_an_administrator_made_are_enough(server: DatabaseServer) -> None:
    """A login that may create no role and was granted none but its own migrates a database that it owns."""
    name = f"scrip_test_plain_{secrets.token_hex(4)}"
    server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'plain'", f"CREATE DATABASE {name} OWNER {name}")
    try:
        connection = await asyncpg.connect(server.url_of(name))
        try:
            await connection.execute(f"SET SESSION AUTHORIZATION {name}")
            script = (VERSIONS / "0001_create_roles_and_registry.sql").read_text()
            await connection.execute(script[: script.index("CREATE SCHEMA")])
        finally:
            await connection.close()
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")
