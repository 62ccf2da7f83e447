"""Bring a database to the present shape, from an empty one or from any released version.

Everything happens in one transaction under one lock: a failed migration leaves nothing behind, and two
processes that start at once migrate once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ledger.engine.connecting import connect
from migrations.shape import ENCODING, WrongShape, newest_revision, require_encoding

SCRIPTS = Path(__file__).parent
VERSION_SCHEMA = "registry"
MIGRATION_LOCK = 0x5C21_9001
"""Key of the advisory lock; any fixed number that nothing else in the database uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """Where a database stood and where it stands; revisions are None for an empty database."""

    before: str | None
    after: str | None


def migrate(url: str, *, book_schema: str) -> Migrated:
    """Migrate the database at a `postgresql://` URL to head, as the URL's own user; WrongShape where it is beyond head
    or of another encoding than UTF-8.
    """
    return asyncio.run(migrate_database(url, book_schema=book_schema))


async def migrate_database(url: str, *, book_schema: str) -> Migrated:
    """Migrate to head, for callers that already run an event loop."""
    # The driver reads the URL as it does for every other process: SQLAlchemy would know neither sslmode nor several hosts.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade, book_schema)
    finally:
        await engine.dispose()


def head_revision() -> str | None:
    """Return the newest revision that this code knows."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


def _upgrade(connection: Connection, book_schema: str) -> Migrated:
    require_encoding(connection.execute(text(ENCODING)).scalar_one())
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    # Waiting long for a table lock would queue every writer behind the migration; better to fail and try again.
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {VERSION_SCHEMA}"))
    before = _current_revision(connection)
    if before is not None and before > newest_revision():
        raise WrongShape(f"the database stands at {before}, which a newer release made; migrate with that one")
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["book_schema"] = book_schema
    command.upgrade(config, "head")
    return Migrated(before=before, after=_current_revision(connection))


def _current_revision(connection: Connection) -> str | None:
    options = {"version_table_schema": VERSION_SCHEMA}
    return MigrationContext.configure(connection, opts=options).get_current_revision()
