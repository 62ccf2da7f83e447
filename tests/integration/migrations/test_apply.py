"""Migrating, also twice at once."""

import asyncio

from migrations.apply import head_revision, migrate_database


async def test_a_second_migration_changes_nothing(database_url: str) -> None:
    """A database at head stays at head."""
    outcome = await migrate_database(database_url, book_schema="book")

    assert outcome.before == outcome.after == head_revision()


async def test_two_processes_at_once_migrate_once(server_database: str) -> None:
    """The one that comes second waits for the first and finds its work done."""
    outcomes = await asyncio.gather(*(migrate_database(server_database, book_schema="book") for _ in range(2)))

    assert sorted(str(outcome.before) for outcome in outcomes) == sorted(["None", str(head_revision())])
    assert {outcome.after for outcome in outcomes} == {head_revision()}
