"""How long a WebSocket lives, and at what pace it tells: by its credential and its caller's allowance."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from graphql_api.http import credentials
from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.app import HttpOptions
from graphql_api.http.development_tokens import sign_token
from graphql_api.http.rate_limits import Rate
from graphql_api.permissions import Role
from tests.e2e.http.conversation import PROTOCOL, begin, connected, receive, send
from tests.e2e.http.serving import KEY, StoredKeys, sample_app, served
from tests.unit.graphql_api.http.credentials_world import new_api_key

TICKING = {"query": "subscription { ticks(count: 1000, pause: 0.1) }"}


async def _heard_until_the_end(socket: ClientConnection) -> tuple[list[dict[str, object]], int | None, str | None]:
    """All messages, and the code and reason of the close."""
    heard: list[dict[str, object]] = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(await receive(socket))
    return heard, socket.close_code, socket.close_reason


async def _chatter(socket: ClientConnection) -> None:
    while True:
        await send(socket, type="pong")
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("how", ["silent", "chatting", "subscribed"])
async def test_a_connection_ends_when_its_token_does(how: str) -> None:
    """Whether or not anything happens on it; and nothing is told after that."""
    async with connected() as socket:
        # A clock may be wrong by half a minute: a token that expired 28 seconds ago is good for two more.
        now = time.time()
        expiring = sign_token(KEY, role=Role.OPERATOR, subject="olga", now=now, ttl_seconds=-28)
        await send(socket, type="connection_init", payload={"Authorization": f"Bearer {expiring}"})
        assert await receive(socket) == {"type": "connection_ack"}
        chatting = asyncio.create_task(_chatter(socket)) if how == "chatting" else None
        if how == "subscribed":
            await send(socket, id="a", type="subscribe", payload=TICKING)
        heard, code, reason = await _heard_until_the_end(socket)
        lasted = time.time() - now
        if chatting is not None:
            await asyncio.gather(chatting, return_exceptions=True)

    assert (code, reason) == (4403, "The token has expired.")
    assert 0.5 < lasted < 10
    assert len([message for message in heard if message["type"] == "next"]) < 21
    assert (len(heard) > 5) == (how == "subscribed")


@asynccontextmanager
async def _let_in(keys: StoredKeys) -> AsyncIterator[ClientConnection]:
    """A connection that was let in by an API key, which is put among these."""
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys[made.key_id] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")
    async with (
        served(sample_app(api_keys=keys)) as url,
        connect(f"ws{url.removeprefix('http')}/graphql", subprotocols=[PROTOCOL]) as socket,
    ):
        await send(socket, type="connection_init", payload={"Authorization": f"Bearer {made.text}"})
        assert await receive(socket) == {"type": "connection_ack"}
        yield socket


async def test_a_connection_ends_within_a_minute_of_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was revoked is noticed on an idle connection when what was remembered of it is looked at again."""
    monkeypatch.setattr(credentials, "REMEMBER_SECONDS", 0.3)
    keys = StoredKeys()
    async with _let_in(keys) as socket:
        async with asyncio.timeout(10):
            while keys.asked < 3:  # noqa: ASYNC110 - the server asks, nobody tells
                await asyncio.sleep(0.05)
        keys.keys.clear()
        ended = await asyncio.wait_for(_heard_until_the_end(socket), 5)

    assert ended == ([], 4403, "The API key is not valid.")


async def test_a_connection_outlives_a_registry_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """That nobody can say whether a key is good ends nothing; it is asked again until somebody can."""

    class Losing(StoredKeys):
        async def find(self, key_id: str) -> StoredApiKey | None:
            if self.asked == 1:
                self.asked += 1
                raise ConnectionRefusedError
            return await super().find(key_id)

    monkeypatch.setattr(credentials, "REMEMBER_SECONDS", 0.3)
    keys = Losing()
    async with _let_in(keys) as socket:
        async with asyncio.timeout(10):
            while keys.asked < 4:  # noqa: ASYNC110 - the server asks, nobody tells
                await asyncio.sleep(0.05)
        await send(socket, type="ping")

        assert await receive(socket) == {"type": "pong"}


async def test_events_are_told_at_the_pace_that_is_paid_for() -> None:
    """Each costs what the operation costs, of an allowance for events; what the caller asks for costs it nothing more."""
    async with connected(HttpOptions(rate=Rate(capacity=10, per_second=10.0))) as socket:
        await begin(socket)
        started = time.monotonic()
        await send(socket, id="a", type="subscribe", payload={"query": "subscription { ticks(count: 15) }"})
        told = [await receive(socket) for _ in range(11)]
        await send(socket, id="b", type="subscribe", payload={"query": "{ hello }"})
        answered = [await receive(socket) for _ in range(2)]
        rest = [await receive(socket) for _ in range(5)]
        lasted = time.monotonic() - started

    assert [message["id"] for message in (*told, *answered, *rest)] == ["a"] * 11 + ["b"] * 2 + ["a"] * 5
    assert [message["type"] for message in (*answered, *rest)] == ["next", "complete"] + ["next"] * 4 + ["complete"]
    assert lasted > 0.5
