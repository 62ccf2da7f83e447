"""What the driver is told of arrays is what PostgreSQL would have answered."""

import asyncio
from datetime import UTC, date, datetime
from ipaddress import IPv4Network
from uuid import UUID

import asyncpg

from ledger.engine.array_types import KNOWN, teach

SENT = {
    "cidr": [IPv4Network("10.1.0.0/16"), None],
    "bool": [True, False, None],
    "bytea": [b"\0\xff", b""],
    "int2": [-3, 7],
    "int4": [-(2**31), 7],
    "int8": [2**62, None],
    "date": [date(1969, 7, 20), date(9999, 12, 31)],
    "timestamptz": [datetime(2026, 3, 4, 5, 6, 7, 890_123, UTC)],
    "uuid": [UUID(int=7), None],
}


async def test_a_taught_connection_sends_and_reads_arrays_without_a_question(database_url: str) -> None:
    """Every array is what PostgreSQL calls it, arrives as it was sent, and the statement itself is all that is run."""
    connection = await asyncpg.connect(database_url)
    await teach(connection)
    asked: list[str] = []
    connection.add_query_logger(lambda query: asked.append(query.query))

    named = f"SELECT {', '.join(f'${n}::{name}[]' for n, name in enumerate(SENT, 1))}, ARRAY[ROW(1::bigint, true)]"
    answered = await connection.fetchrow(named, *SENT.values())
    await asyncio.sleep(0)  # the driver tells its loggers afterwards
    assert answered is not None
    assert [*answered] == [*SENT.values(), [(1, True)]]
    assert asked == [named]
    rows = await connection.fetch(
        "SELECT a.oid, a.typname AS name, a.typelem AS elemtype, e.typname AS elemtype_name, e.typdelim AS elemdelim"
        " FROM pg_type a JOIN pg_type e ON e.oid = a.typelem WHERE a.oid = ANY ($1::int8[]) ORDER BY a.oid",
        [known["oid"] for known in KNOWN],
    )
    told = [(known["oid"], known["name"], known["elemtype"], known["elemtype_name"]) for known in KNOWN]
    assert [(row["oid"], row["name"], row["elemtype"], row["elemtype_name"]) for row in rows] == told
    assert {row["elemdelim"] for row in rows} == {b","}
    await connection.close()
