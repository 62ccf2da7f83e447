"""A host that keeps silent stands in nobody's way: the next one is asked, and a connection to it ends by itself."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ledger.engine.connecting import connect, hosts_of
from tests.faults.proxy import HOST, fault_proxy


@pytest.mark.parametrize(
    ("url", "alone"),
    [
        ("postgresql:///scrip?host=/run", ["postgresql:///scrip?host=/run"]),
        ("postgresql://u:p%40@db:1/scrip", ["postgresql://u:p%40@db:1/scrip"]),
        ("postgresql://a,[::1]:2/s?x=y,z", ["postgresql://a/s?x=y,z", "postgresql://[::1]:2/s?x=y,z"]),
        (
            "postgresql://[::1]:2,b/s?host=//x,y@z",
            ["postgresql://[::1]:2/s?host=//x,y@z", "postgresql://b/s?host=//x,y@z"],
        ),
        ("postgresql://u:p@a,b", ["postgresql://u:p@a", "postgresql://u:p@b"]),
        ("postgresql://u:p,w@a:1,b:2/s", ["postgresql://u:p,w@a:1/s", "postgresql://u:p,w@b:2/s"]),
    ],
)
def test_a_url_of_several_hosts_is_one_for_each(url: str, alone: list[str]) -> None:
    """The same login, database and parameters for every host, in their order."""
    assert hosts_of(url) == alone


@asynccontextmanager
async def silent_host() -> AsyncIterator[int]:
    """The port of a server that takes connections and never says a word, as one whose disk hangs."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), HOST)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in held:
            writer.close()


async def test_a_silent_host_gives_way_to_the_next(database_url: str) -> None:
    """The second host is reached within the first one's time; its connection is given up when it goes silent too."""
    async with silent_host() as silent, fault_proxy(database_url) as proxy:
        both = proxy.url.replace(f"{HOST}:{proxy.port}", f"{HOST}:{silent},{HOST}:{proxy.port}")

        connection = await connect(both, host_s=0.3)
        assert await connection.fetchval("SELECT 1") == 1
        own = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
        assert own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
        await connection.close()

        with pytest.raises(TimeoutError):
            await connect(f"postgresql://u@{HOST}:{silent}/scrip", host_s=0.1)
