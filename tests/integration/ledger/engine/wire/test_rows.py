"""What is packed here, PostgreSQL reads as the same rows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.engine.database import Database
from ledger.engine.wire.pipeline import Pipeline, Statement
from ledger.engine.wire.row_packer import Sent
from tests.integration.ledger.engine.wire.conftest import Connection

Row = tuple[object, ...]

NOW = datetime(2026, 3, 4, 5, 6, 7, 890_123, UTC)
ROWS = [
    (uuid4(), 10**15, 7, -3, '文 "quoted"', b"\0\xff", True, NOW, date(1969, 7, 20), ["a", None], None),
    (None, None, None, None, None, None, None, None, None, None, None),
    (uuid4(), -1, 0, 0, "", b"", False, datetime(9999, 12, 31, tzinfo=UTC), date(2000, 1, 1), [], None),
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
    "text[]": ([], ["", 'a "b"', None], ["文"]),
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


def whole_rows(rows: Sequence[Row]) -> Sent:
    """The rows with all their columns."""
    return Sent(rows, frozenset(range(len(rows[0]))))


EVERY_TYPE = (
    "CREATE TABLE public.every_type (a uuid, b bigint, c integer, d smallint, e text, f bytea, g boolean,"
    " h timestamptz, i date, j text[], k xid8)"
)


async def test_every_type_of_column_arrives_as_it_was_sent(database_url: str, plain: Connection) -> None:
    """All types, NULLs, extremes and a column that the database fills itself."""
    await plain.execute(EVERY_TYPE)
    writer = await Database(database_url, book_schema="book", pool_size=1, role="postgres").open_writer()
    whole = Statement(
        "SELECT a, b, c, d, e, f, g, h, i, j FROM unnest($1::public.every_type[]) WHERE k IS NULL", (whole_rows(ROWS),)
    )
    short = Statement("SELECT a, b FROM unnest($1::public.every_type[])", (whole_rows([row[:2] for row in ROWS]),))

    assert await writer.run([whole, short]) == [[row[:10] for row in ROWS], [row[:2] for row in ROWS]]
    writer.close()


async def written_tables(plain: Connection) -> list[WrittenTable]:
    """Every table of the book and the registry that batches may write, whose columns are all of types that have a form."""
    await plain.execute("SET ROLE scrip_app")
    found = [WrittenTable(row["name"], row["types"]) for row in await plain.fetch(TABLES_WRITTEN)]
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


async def test_rows_of_every_table_are_what_the_driver_would_send(plain: Connection, writer: Pipeline) -> None:
    """The server finds the same in both, byte by byte, wherever NULLs stand and whatever is declared NOT NULL."""
    tables = await written_tables(plain)
    differing = []
    for table in tables:
        sent = f"SELECT array_send($1::{table.name}[])"
        differing += [
            (table.name, row)
            for row in rows_of(table)
            if await writer.run([Statement(sent, (whole_rows([row]),))]) != [[(await plain.fetchval(sent, [row]),)]]
        ]
        readable = [n for n, type_name in enumerate(table.types) if type_name != "xid8"]
        names = ", ".join(f"c{n}" for n in range(len(table.types)))
        rows = list(rows_of(table))
        read = f"SELECT {', '.join(f'c{n}' for n in readable)} FROM unnest($1::{table.name}[]) AS t({names})"
        if await writer.run([Statement(read, (whole_rows(rows),))]) != [
            [tuple(row[n] for n in readable) for row in rows]
        ]:
            differing.append((table.name, ()))

    assert differing == []
    assert {"accounts", "draws", "journal_entries", "lots", "postings", "requests", "statement_lines"} <= {
        table.name.removeprefix("book.") for table in tables
    }


async def test_a_null_where_none_may_be_is_refused_by_the_server(writer: Pipeline) -> None:
    """Its refusal names the column, as for every other broken rule."""
    insert = "INSERT INTO book.statement_lines SELECT * FROM unnest($1::book.statement_lines[])"
    with pytest.raises(asyncpg.NotNullViolationError) as refused:
        await writer.run(
            [Statement(insert, (whole_rows([(uuid4(), 1, uuid4(), 5, 0), (uuid4(), 1, uuid4(), None, 0)]),))]
        )
    assert refused.value.column_name == "posted_after"
