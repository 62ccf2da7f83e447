"""Arrays go to PostgreSQL as by the driver's own codec, and come back so."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811

from ledger.engine.wire.pipeline import Pipeline, Statement
from tests.integration.ledger.engine.wire.conftest import Connection

ID = uuid4()
SENT: Sequence[tuple[str, Sequence[object]]] = (
    ("uuid", []),
    ("uuid", [ID]),
    ("uuid", [UUID(int=0), DriverUUID(ID.bytes), UUID(int=2**128 - 1)]),
    ("uuid", [None, ID, None]),
    ("uuid", [None]),
    ("uuid", (ID, ID)),
    ("bytea", []),
    ("bytea", [b"", b"\0\xff", bytes(70_000)]),
    ("bytea", [None, b"\xff\xff\xff\xff", None]),
    ("text", []),
    ("text", ["", '文 "quoted"', "a" * 300, None]),
    ("smallint", []),
    ("smallint", [2**15 - 1, -(2**15), 0]),
)


@pytest.mark.parametrize(("element", "values"), SENT)
async def test_the_server_gets_the_same_bytes_as_from_the_driver(
    writer: Pipeline, plain: Connection, element: str, values: Sequence[object]
) -> None:
    """Empty, with NULLs, as lists and tuples, of every kind of element."""
    sent = f"SELECT array_send($1::{element}[]), cardinality($1)"
    [[found]] = await writer.run([Statement(sent, (values,))])
    assert found == tuple(await plain.fetchrow(sent, values) or ())


async def test_a_whole_array_may_be_null(writer: Pipeline) -> None:
    """None for an argument is NULL, not an empty array."""
    assert await writer.run([Statement("SELECT $1::uuid[] IS NULL", (None,))]) == [[(True,)]]


@pytest.mark.parametrize("values", ["'{}'::text[]", "ARRAY['', 'a', '文', NULL]"])
async def test_texts_are_read_as_by_the_driver(writer: Pipeline, plain: Connection, values: str) -> None:
    """Empty, with NULLs."""
    assert await writer.run([Statement(f"SELECT {values}")]) == [[(await plain.fetchval(f"SELECT {values}"),)]]


@pytest.mark.parametrize("values", ["'{}'::cidr[]", "ARRAY['10.1.0.0/16', '::/0', '2001:db8::1/128', NULL]::cidr[]"])
async def test_networks_are_read_as_by_the_driver(writer: Pipeline, plain: Connection, values: str) -> None:
    """Of both families, with NULLs."""
    assert await writer.run([Statement(f"SELECT {values}")]) == [[(await plain.fetchval(f"SELECT {values}"),)]]


async def test_an_array_of_arrays_is_not_read_as_a_flat_one(writer: Pipeline) -> None:
    """Nobody reads such; whoever does gets an error instead of a list without its shape, and the connection goes on."""
    with pytest.raises(ValueError, match="2 dimensions"):
        await writer.run([Statement("SELECT ARRAY[ARRAY['a']]")])
    assert await writer.run([Statement("SELECT 1")]) == [[(1,)]]


@pytest.mark.parametrize(("sql", "argument"), [("SELECT $1::integer", 1), ("SELECT $1::public.unknown[]", [])])
async def test_a_type_without_a_form_is_refused(
    writer: Pipeline, plain: Connection, sql: str, argument: object
) -> None:
    """Before anything is sent of it, and the connection goes on."""
    await plain.execute("CREATE TABLE public.unknown (a interval)")
    with pytest.raises(TypeError, match="no form for arguments of the type"):
        await writer.run([Statement(sql, (argument,))])
    with pytest.raises(TypeError, match="no form for values of the type"):
        await writer.run([Statement("SELECT interval '1 day'")])
    assert await writer.run([Statement("SELECT 1")]) == [[(1,)]]


async def test_what_is_no_element_is_never_sent(writer: Pipeline) -> None:
    """An error of Python's own, and the connection goes on."""
    for element, values in (("uuid", ["no id"]), ("bytea", ["a"]), ("text", [5]), ("smallint", [2**15])):
        with pytest.raises(Exception) as raised:
            await writer.run([Statement(f"SELECT cardinality($1::{element}[])", (values,))])
        assert not isinstance(raised.value, asyncpg.PostgresError)
    assert await writer.run([Statement("SELECT 1")]) == [[(1,)]]
