"""How these tests talk graphql-transport-ws: a connection to a server of its own, its messages and its end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from graphql_api.http.app import HttpOptions
from graphql_api.permissions import Scope
from tests.e2e.http.serving import bearer, sample_app, served

PROTOCOL = Subprotocol("graphql-transport-ws")
DEFAULTS = HttpOptions()


@asynccontextmanager
async def connected(
    options: HttpOptions = DEFAULTS, *, origin: str | None = None, protocol: Subprotocol = PROTOCOL
) -> AsyncIterator[ClientConnection]:
    """An open connection to a server of its own."""
    async with served(sample_app(options)) as url:
        address = f"ws{url.removeprefix('http')}/graphql"
        async with connect(
            address, subprotocols=[protocol], additional_headers={"origin": origin} if origin else None
        ) as socket:
            yield socket


async def send(socket: ClientConnection, **message: object) -> None:
    """Send one message."""
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> dict[str, object]:
    """The next message."""
    return dict(json.loads(await asyncio.wait_for(socket.recv(), 30)))


async def begin(socket: ClientConnection, *scopes: Scope) -> None:
    """Open the connection as an operator."""
    await send(socket, type="connection_init", payload={"Authorization": bearer(*scopes)["authorization"]})
    assert await receive(socket) == {"type": "connection_ack"}


async def close_code(socket: ClientConnection) -> int:
    """The code with which the server closes."""
    try:
        while True:
            await receive(socket)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
