"""Is a database in the shape that this release needs? Asked at every start, so without Alembic."""

from pathlib import Path
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

VERSIONS = Path(__file__).parent / "versions"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_CLOCK = """
SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond', clock_offset_us FROM registry.instance
"""


ENCODING = "SHOW server_encoding"
_BEFORE_AUDITORS_LOOK = "0014 or before"
"""Auditors may look since 0015."""


class WrongShape(Exception):
    """The database is not in a shape that this release can work with; the message says where it stands and what to do."""


def newest_revision() -> str:
    """The newest revision that this code knows, by the names of its files."""
    return max(path.name[:4] for path in VERSIONS.glob("[0-9]*.sql"))


def require_encoding(encoding: str) -> None:
    """Raise WrongShape unless the server's encoding is UTF-8: in another one it counts bytes where the book's rules mean
    characters, or has none for what a name is written in. A cluster that was made under the locale C has another.
    """
    if encoding != "UTF8":
        raise WrongShape(
            f"the database's encoding is {encoding}; make it anew by CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


async def require_shape(connection: Connection) -> None:
    """Raise WrongShape unless the database stands at this release's revision or a later one, and holds texts as UTF-8.

    A later one passes: processes of the old release go on, and may be started again, while a new one takes over.
    """
    require_encoding(await connection.fetchval(ENCODING))
    wanted = newest_revision()
    try:
        stands = await connection.fetchval("SELECT max(version_num) FROM registry.alembic_version")
    except asyncpg.UndefinedTableError:
        stands = None
    except asyncpg.InsufficientPrivilegeError:
        stands = _BEFORE_AUDITORS_LOOK
    if stands is None:
        raise WrongShape("the database is empty; run `scrip migrate`")
    if stands < wanted:
        raise WrongShape(f"the database stands at {stands}, and this release needs {wanted}; run `scrip migrate`")


async def require_schema(connection: Connection, schema: str) -> None:
    """Raise WrongShape unless there is a book of that schema."""
    if await connection.fetchval("SELECT to_regclass($1)", f"{schema}.members") is None:
        raise WrongShape(f"the database has no book in the schema {schema}, which SCRIP_BOOK_SCHEMA names")


async def require_book(connection: Connection, *, schema: str, number: int) -> None:
    """Raise WrongShape unless the book of that schema is there, and carries that number as soon as it has members."""
    await require_schema(connection, schema)
    minted = await connection.fetchval(f'SELECT id FROM "{schema}".members LIMIT 1')  # noqa: S608 - settings know names
    carried = number if minted is None else minted.int >> 64 & 0xFFF
    if carried != number:
        raise WrongShape(f"the ids of the book {schema} carry the number {carried}, and SCRIP_BOOK_NUMBER is {number}")


async def require_true_clock(connection: Connection) -> None:
    """Raise WrongShape where the ledger's clock was moved: what is due, expires or is late would be so at a made-up time."""
    now, moved_by = await connection.fetchrow(_CLOCK) or (None, 0)
    if moved_by:
        raise WrongShape(f"the ledger's clock was moved to {now:%Y-%m-%d}, which no production database is")
