"""The protocol of subscriptions: pings, broken conversations, and who may open one from where."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from graphql_api.http.app import HttpOptions
from tests.e2e.http.conversation import begin, close_code, connected, receive, send


async def test_pings_are_answered() -> None:
    """A ping gets a pong, before and after opening."""
    async with connected() as socket:
        await send(socket, type="ping")
        assert await receive(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["not JSON"], 4400),
        (["[]"], 4400),
        (['{"type": "start"}'], 4400),
        (['{"type": "ping", "type": "ping"}'], 4400),
        (['{"type": "subscribe"}'], 4400),
        (['{"type": "subscribe", "id": "a", "payload": {"query": 5}}'], 4400),
        (['{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }"}}'], 4401),
        (['{"type": "connection_init"}'], 4403),
        (['{"type": "connection_init", "payload": {"Authorization": "Bearer x"}}'], 4403),
        (['{"type": "connection_init", "payload": {"Authorization": 5}}'], 4400),
    ],
)
async def test_a_broken_conversation_is_closed(messages: list[str], code: int) -> None:
    """The protocol's close codes tell what was wrong."""
    async with connected() as socket:
        for message in messages:
            await socket.send(message)

        assert await close_code(socket) == code


async def test_binary_messages_are_refused() -> None:
    """Messages are text."""
    async with connected() as socket:
        await socket.send(b"\x00\xff")

        assert await close_code(socket) == 4400


async def test_another_subprotocol_is_refused() -> None:
    """The older graphql-ws protocol is not spoken."""
    async with connected(protocol=Subprotocol("graphql-ws")) as socket:
        assert await close_code(socket) == 4406


async def test_an_unknown_origin_is_refused() -> None:
    """A web page may connect only from a listed origin; clients that are no browsers send none."""
    options = HttpOptions(allowed_origins=frozenset({"https://app.bank.example"}))
    async with connected(options, origin="https://app.bank.example") as socket:
        await begin(socket)
    with pytest.raises(InvalidStatus):
        async with connected(options, origin="https://evil.example"):
            pass
