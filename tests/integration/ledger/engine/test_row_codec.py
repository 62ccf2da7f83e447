"""What is packed here, PostgreSQL reads as the same rows."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.engine import row_codec
from ledger.engine.database import Database

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row = tuple[object, ...]

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_123, UTC)
ROWS = [
    (uuid4(), 10**15, 7, -3, '文 "quoted"', b"\0\xff", True, NOW, date(1969, 7, 20), None),
    (None, None, None, None, None, None, None, None, None, None),
    (uuid4(), -1, 0, 0, "", b"", False, datetime(9999, 12, 31, tzinfo=UTC), date(2000, 1, 1), None),
]
SHANGHAI = timezone(timedelta(hours=8))
VALUES: dict[str, Sequence[object]] = {
    "boolean": (True, False),
    "bigint": (2**63 - 1, -(2**63), 0),
    "smallint": (2**15 - 1, -(2**15)),
    "integer": (2**31 - 1, -(2**31)),
    "text": ("", '文 "quoted", {braced}\\', "a" * 300),
    "bytea": (b"", b"\0\xff{}", bytes(300)),
    "uuid": (UUID(int=0), UUID(int=2**128 - 1), UUID(int=0x7B7D << 64)),
    "date": (date(1, 1, 2), date(9999, 12, 30), date(2000, 1, 1)),
    "timestamp with time zone": (
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC),
        NOW.astimezone(SHANGHAI),
    ),
    "xid8": (None,),
}
"""By the type of the column: the least and the greatest that the driver takes for no infinity, and whatever is awkward."""

TABLES_WRITTEN = """
    SELECT attrelid::regclass::text AS name, array_agg(format_type(atttypid, atttypmod) ORDER BY attnum) AS types
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relkind IN ('r', 'p') AND relnamespace IN ('book'::regnamespace, 'registry'::regnamespace)
        AND attnum > 0 AND NOT attisdropped AND has_any_column_privilege(attrelid, 'INSERT')
    GROUP BY attrelid ORDER BY 1
"""


class WrittenTable(NamedTuple):
    """A table whose rows are packed here."""

    name: str
    types: Sequence[str]


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


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[Connection]:
    """A connection for batches."""
    connection = await Database(database_url, book_schema="book", pool_size=1).open_writer()
    yield connection
    await connection.close()


async def written_tables(writer: Connection) -> list[WrittenTable]:
    """Every table of the book and the registry whose columns are all of types that have a form."""
    found = [WrittenTable(row["name"], row["types"]) for row in await writer.fetch(TABLES_WRITTEN)]
    return [table for table in found if VALUES.keys() >= set(table.types)]


def rows_of(table: WrittenTable) -> Iterator[Row]:
    """Rows of the awkward values; then, column by column, rows in which only it is NULL, and all but it."""
    values = [VALUES[type_name] for type_name in table.types]
    for n in range(max(map(len, values))):
        yield tuple(of_column[n % len(of_column)] for of_column in values)
    whole = tuple(of_column[-1] for of_column in values)
    for n in range(len(values)):
        yield (*whole[:n], None, *whole[n + 1 :])
        yield (*[None] * n, whole[n], *[None] * (len(values) - n - 1))


async def test_rows_of_every_table_are_what_the_driver_would_send(database_url: str, writer: Connection) -> None:
    """The server finds the same in both, byte by byte, wherever NULLs stand and whatever is declared NOT NULL."""
    plain = await asyncpg.connect(database_url)
    tables = await written_tables(writer)
    differing = []
    for table in tables:
        for row in rows_of(table):
            sent = f"SELECT array_send($1::{table.name}[])"
            ours, drivers = await writer.fetchval(sent, [row]), await plain.fetchval(sent, [row])
            if ours != drivers:
                differing.append((table.name, row))
        rows = list(rows_of(table))
        found = await writer.fetch(f"SELECT * FROM unnest($1::{table.name}[])", rows)
        if [tuple(row) for row in found] != rows:
            differing.append((table.name, ()))
    await plain.close()

    assert differing == []
    assert {"accounts", "draws", "journal_entries", "lots", "postings", "requests", "statement_lines"} <= {
        table.name.removeprefix("book.") for table in tables
    }


async def test_a_null_where_none_may_be_is_refused_by_the_server(writer: Connection) -> None:
    """Its refusal names the column, as for every other broken rule."""
    insert = "INSERT INTO book.statement_lines SELECT * FROM unnest($1::book.statement_lines[])"
    with pytest.raises(asyncpg.NotNullViolationError) as refused:
        await writer.execute(insert, [(uuid4(), 1, uuid4(), 5, 0), (uuid4(), 1, uuid4(), None, 0)])
    assert refused.value.column_name == "posted_after"
