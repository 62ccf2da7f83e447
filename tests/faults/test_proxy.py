"""The fault proxy itself, before a real PostgreSQL: it counts, breaks where it is told to, and only there."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from graphql_api.processes.embedded import EmbeddedServer
from tests.faults.proxy import Fault, FaultProxy, Moment, Side, Way, fault_proxy

LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)
"""What the driver raises, depending on when it notices that the connection is gone."""

COMMIT = "INSERT INTO kept VALUES ($1)"
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def proxy(durable_server: EmbeddedServer) -> AsyncIterator[FaultProxy]:
    """A proxy before a database with one empty table."""
    async with fault_proxy(durable_server.url) as running:
        connection = await asyncpg.connect(durable_server.url)
        await connection.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept (number int)")
        await connection.close()
        yield running


async def kept(server: EmbeddedServer) -> list[int]:
    """The committed numbers, read past the proxy when every other connection's backend has ended."""
    connection = await asyncpg.connect(server.url)
    try:
        async with asyncio.timeout(30):
            while await connection.fetchval(OTHERS) > 0:
                await connection.execute("SELECT pg_sleep(0.01)")
        return [row["number"] for row in await connection.fetch("SELECT number FROM kept ORDER BY 1")]
    finally:
        await connection.close()


async def prepared(proxy: FaultProxy) -> asyncpg.Connection:
    """A connection that has already prepared the insert."""
    connection: asyncpg.Connection = await asyncpg.connect(proxy.url)
    await connection.execute(COMMIT, 0)
    return connection


async def test_messages_of_both_sides_are_counted(proxy: FaultProxy) -> None:
    """A prepared statement is Bind, Execute, Sync; its answer BindComplete, CommandComplete, ReadyForQuery."""
    connection = await prepared(proxy)

    proxy.arm()
    await connection.execute(COMMIT, 1)

    assert proxy.kinds(Side.FRONTEND) == "BES"
    assert proxy.kinds(Side.BACKEND) == "2CZ"
    assert not proxy.struck
    await connection.close()


@pytest.mark.parametrize("way", [Way.CLOSE, Way.RESET])
@pytest.mark.parametrize(
    ("side", "message", "moment", "committed"),
    [
        (Side.FRONTEND, 1, Moment.BEFORE, False),
        (Side.FRONTEND, 2, Moment.BEFORE, False),
        (Side.FRONTEND, 3, Moment.BEFORE, False),
        (Side.FRONTEND, 3, Moment.WITHIN, False),
        (Side.FRONTEND, 3, Moment.AFTER, True),
        (Side.BACKEND, 1, Moment.BEFORE, True),
        (Side.BACKEND, 2, Moment.WITHIN, True),
        (Side.BACKEND, 3, Moment.BEFORE, True),
    ],
)
async def test_the_client_loses_the_answer_wherever_it_is_cut(
    proxy: FaultProxy,
    durable_server: EmbeddedServer,
    way: Way,
    side: Side,
    message: int,
    moment: Moment,
    committed: bool,
) -> None:
    """Cut before Sync arrives nothing is committed; cut after it, it is; the client is told neither."""
    connection = await prepared(proxy)

    proxy.arm(Fault(side=side, message=message, moment=moment, way=way))
    with pytest.raises(LOST):
        await asyncio.wait_for(connection.execute(COMMIT, 1), 30)

    assert proxy.struck
    assert await kept(durable_server) == ([0, 1] if committed else [0])


async def test_a_fault_strikes_once(proxy: FaultProxy, durable_server: EmbeddedServer) -> None:
    """After the fault a new connection through the same proxy works, so a retry by key can be tested."""
    connection = await prepared(proxy)
    proxy.arm(Fault(side=Side.FRONTEND, message=1))
    with pytest.raises(LOST):
        await connection.execute(COMMIT, 1)

    again = await prepared(proxy)
    await again.execute(COMMIT, 1)

    await again.close()
    assert await kept(durable_server) == [0, 0, 1]


async def test_silence_leaves_the_client_waiting(proxy: FaultProxy) -> None:
    """A silent fault answers nothing and closes nothing: only a deadline helps the client."""
    connection = await prepared(proxy)
    proxy.arm(Fault(side=Side.FRONTEND, message=3, way=Way.SILENCE))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(connection.execute(COMMIT, 1))), 0.3)

    assert not connection.is_closed()
    connection.terminate()


async def test_one_connection_breaks_and_the_others_stay(proxy: FaultProxy) -> None:
    """A fault breaks the connection that carried the n-th message, unless it says every connection."""
    first, second = await prepared(proxy), await prepared(proxy)

    proxy.arm(Fault(side=Side.FRONTEND, message=1))
    with pytest.raises(LOST):
        await first.execute(COMMIT, 1)
    await second.execute(COMMIT, 2)
    third = await prepared(proxy)
    proxy.arm(Fault(side=Side.FRONTEND, message=1, every_connection=True))
    with pytest.raises(LOST):
        await second.execute(COMMIT, 3)
    with pytest.raises(LOST):
        await third.execute(COMMIT, 4)


async def test_the_strike_happens_before_the_client_notices(proxy: FaultProxy) -> None:
    """What a test kills at message n is dead by the time the client sees its connection break."""
    struck: list[str] = []
    connection = await prepared(proxy)
    proxy.arm(Fault(side=Side.BACKEND, message=2, strike=lambda: struck.append(proxy.kinds(Side.BACKEND))))

    with pytest.raises(LOST):
        await connection.execute(COMMIT, 1)

    assert struck == ["2C"]
