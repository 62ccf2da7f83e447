"""What a process says of a database that was not migrated for it."""

import asyncpg
import pytest

from migrations.apply import head_revision, migrate_database
from migrations.shape import WrongShape, newest_revision, require_book, require_shape, require_true_clock
from tests.bank import Bank, bank
from tests.fixtures_application import application, settings

__all__ = ["application", "bank", "settings"]


async def _as_application(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url, server_settings={"role": "scrip_app"})


def test_the_newest_file_is_the_head() -> None:
    """Names of files and Alembic's chain agree."""
    assert newest_revision() == head_revision()


async def test_a_database_behind_is_told_to_migrate(database_url: str) -> None:
    """The application may look; one at head passes, as does one that a newer release made, and an older one does not."""
    owner, application = await asyncpg.connect(database_url), await _as_application(database_url)
    try:
        await require_shape(application)
        await owner.execute("UPDATE registry.alembic_version SET version_num = '9999'")
        await require_shape(application)
        with pytest.raises(WrongShape, match="a newer release made"):
            await migrate_database(database_url, book_schema="book")

        await owner.execute("UPDATE registry.alembic_version SET version_num = '0001'")
        with pytest.raises(WrongShape, match=f"stands at 0001, and this release needs {newest_revision()}"):
            await require_shape(application)
    finally:
        await owner.close()
        await application.close()


async def test_an_empty_database_is_told_to_migrate(server_database: str) -> None:
    """Nothing is there to look at."""
    connection = await asyncpg.connect(server_database)
    try:
        with pytest.raises(WrongShape, match="the database is empty; run `scrip migrate`"):
            await require_shape(connection)
    finally:
        await connection.close()


async def test_another_book_is_told_from_ours(bank: Bank) -> None:
    """By its schema at once, by the number that ids carry as soon as there are any."""
    ours = bank.application.settings
    connection = await _as_application(bank.url)
    try:
        await require_book(connection, schema=ours.book_schema, number=7)
        await bank.enrol("C-1")
        await require_book(connection, schema=ours.book_schema, number=ours.book_number)
        with pytest.raises(WrongShape, match=f"carry the number {ours.book_number}, and SCRIP_BOOK_NUMBER is 7"):
            await require_book(connection, schema=ours.book_schema, number=7)
        with pytest.raises(WrongShape, match="no book in the schema ledger, which SCRIP_BOOK_SCHEMA names"):
            await require_book(connection, schema="ledger", number=ours.book_number)
    finally:
        await connection.close()


async def test_a_moved_clock_is_told(database_url: str) -> None:
    """A database that stood in a sandbox goes on in no production."""
    owner, application = await asyncpg.connect(database_url), await _as_application(database_url)
    try:
        await require_true_clock(application)
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("UPDATE registry.instance SET clock_offset_us = -86400000000 * 3650")
        with pytest.raises(WrongShape, match="the ledger's clock was moved to 20"):
            await require_true_clock(application)
    finally:
        await owner.execute("UPDATE registry.instance SET clock_offset_us = 0")
        await owner.close()
        await application.close()
