"""What is packed here, PostgreSQL reads as the same rows."""

from datetime import UTC, date, datetime
from uuid import uuid4

import asyncpg

from ledger.engine import row_codec

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_123, UTC)
ROWS = [
    (uuid4(), 10**15, 7, -3, '文 "quoted"', b"\0\xff", True, NOW, date(1969, 7, 20), None),
    (None, None, None, None, None, None, None, None, None, None),
    (uuid4(), -1, 0, 0, "", b"", False, datetime(9999, 12, 31, tzinfo=UTC), date(2000, 1, 1), None),
]


async def test_every_type_of_column_arrives_as_it_was_sent(database_url: str) -> None:
    """All types, NULLs, extremes and a column that the database fills itself."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "CREATE TABLE public.every_type (a uuid, b bigint, c integer, d smallint, e text, f bytea, g boolean,"
        " h timestamptz, i date, j xid8)"
    )
    await row_codec.install(connection)
    found = await connection.fetch("SELECT * FROM unnest($1::public.every_type[])", ROWS)
    assert [tuple(row) for row in found] == ROWS
    short = await connection.fetch("SELECT a, b FROM unnest($1::public.every_type[])", [row[:2] for row in ROWS])
    assert [tuple(row) for row in short] == [row[:2] for row in ROWS]
    await connection.close()


async def test_tables_of_other_types_keep_the_drivers_codec(database_url: str) -> None:
    """A column whose type has no form here leaves its whole table alone."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE public.other_type (a interval, b bigint)")
    await row_codec.install(connection)
    found = await connection.fetch("SELECT b FROM unnest($1::public.other_type[])", [(None, 5)])
    assert [row["b"] for row in found] == [5]
    await connection.close()
