"""Arrays of ids and of bytes go to PostgreSQL and come back as by the driver's own codec."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811

from ledger.engine import array_codec
from ledger.engine.database import Database

ID = uuid4()
SENT: Sequence[tuple[str, Sequence[object]]] = (
    ("uuid", []),
    ("uuid", [ID]),
    ("uuid", [UUID(int=0), DriverUUID(ID.bytes), UUID(int=2**128 - 1)]),
    ("uuid", [None, ID, None]),
    ("uuid", [None]),
    ("uuid", (ID, str(ID))),
    ("bytea", []),
    ("bytea", [b"", b"\0\xff", bytes(70_000)]),
    ("bytea", [None, b"\xff\xff\xff\xff", None]),
    ("bytea", (memoryview(b"view"), bytearray(b"array"))),
)


async def test_the_server_gets_the_same_bytes_as_from_the_driver(database_url: str) -> None:
    """Empty, with NULLs, as lists and tuples, of every kind of id and of bytes that the driver takes."""
    ours, plain = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    array_codec.install(ours)
    for element, values in SENT:
        sent = f"SELECT array_send($1::{element}[]), $1::{element}[], ARRAY[ROW($1::{element}[])], cardinality($1)"
        found, expected = await ours.fetchrow(sent, values), await plain.fetchrow(sent, values)
        assert found is not None
        assert found == expected
        assert {type(value) for value in found[1]} <= {DriverUUID, bytes, type(None)}
    assert await ours.fetchval("SELECT $1::uuid[] IS NULL", None) is True
    await ours.close()
    await plain.close()


@pytest.mark.parametrize(
    ("element", "values"), [("uuid", [5]), ("uuid", ["no id"]), ("uuid", [[ID]]), ("bytea", ["a"])]
)
async def test_what_is_no_element_is_refused(database_url: str, element: str, values: Sequence[object]) -> None:
    """The driver's own error, and the connection goes on."""
    connection = await asyncpg.connect(database_url)
    array_codec.install(connection)
    with pytest.raises(asyncpg.DataError):
        await connection.fetchval(f"SELECT $1::{element}[]", values)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


async def test_an_array_of_arrays_is_not_read_as_a_flat_one(database_url: str) -> None:
    """Nobody reads such; whoever does gets an error instead of a list without its shape."""
    connection = await asyncpg.connect(database_url)
    array_codec.install(connection)
    with pytest.raises(ValueError, match="2 dimensions"):
        await connection.fetchval("SELECT ARRAY[ARRAY[gen_random_uuid()]]")
    await connection.close()


async def test_a_writer_asks_nothing_about_arrays(database_url: str) -> None:
    """A new connection for batches knows them all: a statement is the only one that is run."""
    writer = await Database(database_url, book_schema="book", pool_size=1).open_writer()
    asked: list[str] = []
    writer.add_query_logger(lambda query: asked.append(query.query))
    named = "SELECT $1::uuid[], $2::bytea[], $3::timestamptz[], ARRAY[ROW($4::smallint[])]"
    instants = [datetime(2026, 3, 4, tzinfo=UTC)]

    answered = await writer.fetchrow(named, [ID], [b"a"], instants, [7])

    await asyncio.sleep(0)  # the driver tells its loggers afterwards
    assert answered is not None
    assert [*answered] == [[ID], [b"a"], instants, [([7],)]]
    assert asked == [named]
    await writer.close()
