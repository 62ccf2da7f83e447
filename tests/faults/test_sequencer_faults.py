"""The sequencer killed between any two statements, with another one at work: every event gets one place, nothing else.

A first round counts its messages to the server; then each of them is the one at which its connection breaks.
"""

import asyncio

import asyncpg
import pytest

from audit.sequencer import Sequencer
from tests.faults.proxy import Fault, FaultProxy, Moment, Side, Way, fault_proxy
from tests.sequenced_log import Connection, assert_log_is_whole, forget_events, record_events, sequencing

MOMENTS = [(Side.FRONTEND, Moment.BEFORE), (Side.FRONTEND, Moment.WITHIN), (Side.BACKEND, Moment.BEFORE)]
"""Not sent, half sent; sent but not answered. Every answer lost is a message that arrived, the commit's too."""
EVENTS = 257
"""More than a tile, so that every round writes leaves and tiles."""


async def find_breaks(proxy: FaultProxy, connection: Connection, side: Side) -> list[int]:
    """Which messages of a new sequencer's round begin something; of the rows of one answer only the first does."""
    await record_events(connection, EVENTS)
    async with sequencing(proxy.url) as sequencer:
        proxy.arm()
        await sequencer.sequence()
        kinds = proxy.kinds(side)
    assert len(kinds) >= 20
    return [at + 1 for at, kind in enumerate(kinds) if at == 0 or kind != kinds[at - 1]]


async def begin_log(connection: Connection, url: str) -> None:
    """Leave a log of one round: each break finds the same one, so that a later one takes no longer than the first."""
    await forget_events(connection)
    await record_events(connection, EVENTS)
    async with sequencing(url) as sequencer:
        await sequencer.sequence()


async def is_broken(sequencer: Sequencer) -> bool:
    """Run one round; whether its connection broke. Anything else that goes wrong is raised."""
    try:
        await sequencer.sequence()
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
        return True
    return False


@pytest.mark.parametrize(("side", "moment"), MOMENTS)
@pytest.mark.slow
async def test_a_sequencer_killed_at_any_message_leaves_a_whole_log(
    connection: Connection, database_url: str, side: Side, moment: Moment
) -> None:
    """Either the round stands or nothing of it; the next sequencer goes on from there."""
    async with fault_proxy(database_url) as proxy:
        breaks = await find_breaks(proxy, connection, side)

        for message in breaks:
            await begin_log(connection, database_url)
            await record_events(connection, EVENTS)
            async with sequencing(proxy.url) as sequencer:
                proxy.arm(Fault(side=side, message=message, moment=moment, way=Way.CLOSE))
                broken = await is_broken(sequencer)
            assert proxy.struck
            assert broken
            await assert_log_is_whole(connection)
            async with sequencing(database_url) as next_one:
                await next_one.sequence()
            await assert_log_is_whole(connection)
            assert await connection.fetchval("SELECT size FROM audit.tree") == 2 * EVENTS


@pytest.mark.parametrize(("side", "moment"), MOMENTS)
@pytest.mark.slow
async def test_two_sequencers_at_once_keep_one_log(
    connection: Connection, database_url: str, side: Side, moment: Moment
) -> None:
    """One dies at any message while the other, which does not stand by, sequences the same events."""
    async with fault_proxy(database_url) as proxy:
        breaks = await find_breaks(proxy, connection, side)

        for message in breaks:
            await begin_log(connection, database_url)
            await record_events(connection, EVENTS)
            async with sequencing(proxy.url) as sequencer, sequencing(database_url) as other:
                proxy.arm(Fault(side=side, message=message, moment=moment, way=Way.RESET))
                await asyncio.gather(is_broken(sequencer), other.sequence())
                await other.sequence()
            await assert_log_is_whole(connection)
            assert await connection.fetchval("SELECT size FROM audit.tree") == 2 * EVENTS


async def test_two_healthy_sequencers_at_once_keep_one_log(connection: Connection, database_url: str) -> None:
    """Rounds of both, side by side and without the advisory lock, while events keep coming."""

    async def keep_sequencing(sequencer: Sequencer) -> None:
        for _ in range(40):
            await sequencer.sequence()

    async def keep_recording() -> None:
        for count in range(1, 60):
            await record_events(connection, count)

    async with sequencing(database_url, batch_max=50) as one, sequencing(database_url, batch_max=70) as other:
        await asyncio.gather(keep_sequencing(one), keep_sequencing(other), keep_recording())
        while await connection.fetchval("SELECT count(*) FROM audit.pending"):
            await one.sequence()

    assert await connection.fetchval("SELECT size FROM audit.tree") == sum(range(1, 60))
    await assert_log_is_whole(connection)
