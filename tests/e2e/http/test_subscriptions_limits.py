"""What a connection may take: bytes before it says who it is, its allowance, its places and its time."""

import asyncio
import json
import time
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from graphql_api.http.app import HttpOptions
from graphql_api.http.development_tokens import sign_token
from graphql_api.http.rate_limits import Rate
from graphql_api.http.subscriptions import SubscriptionLimits
from graphql_api.permissions import Role
from tests.e2e.http.conversation import PROTOCOL, begin, close_code, connected, receive, send
from tests.e2e.http.serving import KEY, bearer, sample_app, served


@pytest.mark.parametrize("said", ["a" * 18_000, "\U0001f600" * 4_500])
async def test_nobody_says_much_before_saying_who_it_is(said: str) -> None:
    """Reading is work: until it can be charged, little is read, by the bytes that came."""
    async with connected() as socket:
        for at in range(0, len(said), len(said) // 3):
            await socket.send(
                json.dumps({"type": "pong", "payload": {"a": said[at:][: len(said) // 3]}}, ensure_ascii=False)
            )

        assert await close_code(socket) == 1009


SCARCE = HttpOptions(rate=Rate(capacity=400, per_second=0.001))
FILLER: dict[str, object] = {"a": [{}] * 9_000}


async def test_messages_that_ask_nothing_are_charged_by_their_length() -> None:
    """As what is asked is; short ones cost nothing."""
    async with connected(SCARCE) as socket:
        await begin(socket)
        for _ in range(500):
            await send(socket, type="pong")
        for _ in range(3):
            await send(socket, type="pong", payload=FILLER)

        assert await close_code(socket) == 4429


async def test_what_is_taken_back_at_once_is_charged_all_the_same() -> None:
    """Reading it was the work."""
    asked = {"query": "{ hello }", "variables": FILLER}
    async with connected(SCARCE) as socket:
        await begin(socket)
        for _ in range(3):
            await send(socket, id="a", type="subscribe", payload=asked)
            await send(socket, id="a", type="complete")
        heard = await receive(socket)
        while heard["type"] != "error":
            heard = await receive(socket)

    assert "RATE_LIMITED" in str(heard)


async def test_limits_of_a_connection() -> None:
    """A second init, an id in use, however long, and one subscription too many close the connection."""
    slow = {"query": "subscription { ticks(count: 1, pause: 60) }"}
    long = "ä" * 256
    codes = []
    for extra in ("init", "again", "more"):
        async with connected(HttpOptions(subscriptions=SubscriptionLimits(per_connection=2))) as socket:
            await begin(socket)
            await send(socket, id=long, type="subscribe", payload=slow)
            if extra == "init":
                await send(socket, type="connection_init")
            if extra == "again":
                await send(socket, id=long, type="subscribe", payload=slow)
            if extra == "more":
                await send(socket, id="b", type="subscribe", payload=slow)
                await send(socket, id="c", type="subscribe", payload=slow)
            codes.append(await close_code(socket))

    assert codes == [4429, 4409, 4429]


@pytest.mark.parametrize(("role", "merchant_id"), [(Role.MEMBER, None), (Role.MERCHANT, "m-1")])
async def test_one_client_cannot_take_all_connections(role: Role, merchant_id: str | None) -> None:
    """One too many is closed, a place that was left is free again, and the bank's own have none of this limit."""
    limits = HttpOptions(subscriptions=SubscriptionLimits(per_client=1))
    client = sign_token(KEY, role=role, subject="m-1", merchant_id=merchant_id, now=time.time())
    async with served(sample_app(limits)) as url:

        async def opened(authorization: str = f"Bearer {client}") -> ClientConnection:
            socket = await connect(f"ws{url.removeprefix('http')}/graphql", subprotocols=[PROTOCOL])
            await send(socket, type="connection_init", payload={"Authorization": authorization})
            assert await receive(socket) == {"type": "connection_ack"}
            return socket

        async def is_open(socket: ClientConnection) -> bool:
            try:
                await send(socket, type="ping")
                return await receive(socket) == {"type": "pong"}
            except ConnectionClosed:
                return False

        first = await opened()
        assert await close_code(await opened()) == 4429
        assert await is_open(first)
        await first.close()
        async with asyncio.timeout(30):
            while not await is_open(await opened()):
                pass
        assert [await is_open(await opened(bearer()["authorization"])) for _ in range(2)] == [True, True]


async def test_a_silent_connection_is_closed() -> None:
    """Who opens a socket must say who it is in time."""
    limits = SubscriptionLimits(init_timeout_seconds=0.05)
    async with connected(HttpOptions(subscriptions=limits)) as socket:
        assert await close_code(socket) == 4408


async def test_who_says_nothing_gives_way_to_the_next() -> None:
    """Where all places are taken, the longest silent one is closed; who has said who it is keeps its place."""
    limits = SubscriptionLimits(connections_max=2)
    async with served(sample_app(HttpOptions(subscriptions=limits))) as url, AsyncExitStack() as sockets:
        address = f"ws{url.removeprefix('http')}/graphql"

        async def opened() -> ClientConnection:
            return await sockets.enter_async_context(connect(address, subprotocols=[PROTOCOL]))

        silent = await opened()
        known = [await opened()]
        await begin(known[0])
        known.append(await opened())
        assert await close_code(silent) == 4408
        await begin(known[1])
        with pytest.raises(InvalidStatus):
            await opened()
        for socket in known:
            await send(socket, type="ping")
            assert await receive(socket) == {"type": "pong"}


async def test_a_connection_has_a_lifetime() -> None:
    """An old connection is closed, so that its credential is looked at again."""
    limits = SubscriptionLimits(lifetime_seconds=0.2)
    async with connected(HttpOptions(subscriptions=limits)) as socket:
        await begin(socket)
        assert await close_code(socket) == 1001
