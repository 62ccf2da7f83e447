"""`/graphql` over WebSocket: subscriptions by the graphql-transport-ws protocol, and nothing else.

The connection is opened by `connection_init` with a payload `{"Authorization": "Bearer …"}`, because browsers
cannot set headers on WebSockets. Close codes are the protocol's.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from starlette.types import Message as ASGIMessage
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from graphql_api.http.operations import Desk
from graphql_api.http.request_log import RECORD
from graphql_api.http.transport_messages import CloseSocket, parse_message
from graphql_api.http.transport_session import Hangup, Session
from graphql_api.permissions import Role
from graphql_api.request_record import RequestRecord

PROTOCOL = "graphql-transport-ws"
_COUNTED = frozenset({Role.MEMBER, Role.MERCHANT})
"""The bank's own systems hear of many members, and may open as many connections as they need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionLimits:
    """Bounds of one connection; it is closed after `lifetime_seconds`, so credentials are looked at again.

    opening_bytes_max: of all messages until it is known who sends them; reading them is charged to nobody
    per_client: connections of one member or merchant in this process, who must not take those of all others
    connections_max: in this process; where all are taken, one that has not said who it is gives way to the next
    """

    per_connection: int = 20
    per_client: int = 20
    init_timeout_seconds: float = 10.0
    opening_bytes_max: int = 16_384
    lifetime_seconds: float = 3_600.0
    connections_max: int = 2_000


class SubscriptionEndpoint:
    """The ASGI application behind the WebSocket route."""

    def __init__(self, desk: Desk, *, origins: frozenset[str], limits: SubscriptionLimits) -> None:
        self._desk = desk
        self._origins = origins
        self._limits = limits
        self._open = 0
        self._unopened: dict[asyncio.Timeout, None] = {}
        self._of_client: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until either side closes it."""
        record: RequestRecord = scope[RECORD]
        record.route = "/graphql"
        record.kind = "subscription"
        socket = WebSocket(scope, receive, send)
        # Closing before accepting is answered with 403: the page or client learns nothing more.
        if not self._may_connect(socket) or not self._has_room():
            record.status = 403
            await socket.close()
            return
        if PROTOCOL not in scope.get("subprotocols", ()):
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(PROTOCOL)
        record.status = 101
        self._open += 1
        try:
            await self._serve(socket, record)
        finally:
            self._open -= 1

    def _may_connect(self, socket: WebSocket) -> bool:
        origin = socket.headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        # A page that this server itself served (GraphiQL) may talk back to it.
        return origin in {f"http://{socket.headers.get('host')}", f"https://{socket.headers.get('host')}"}

    def _has_room(self) -> bool:
        """Whether one more may connect. Whoever has a credential shows it at once; so who has kept silent longest loses
        its place to the next, and opening many connections without a word keeps nobody out.
        """
        if self._open < self._limits.connections_max:
            return True
        silent = next((opening for opening in self._unopened if not opening.expired()), None)
        if silent is not None:
            del self._unopened[silent]
            silent.reschedule(asyncio.get_running_loop().time())
        return silent is not None

    async def _serve(self, socket: WebSocket, record: RequestRecord) -> None:
        async def send(text: str) -> None:
            try:
                await socket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                # RuntimeError is how Starlette says that the connection is closing already.
                raise Hangup from None

        address = self._desk.addresses.of(socket.scope)
        session = Session(self._desk, record, address=address, send=send, limit=self._limits.per_connection)
        places = ExitStack()
        try:
            async with asyncio.timeout(self._limits.lifetime_seconds):
                async with asyncio.timeout(self._limits.init_timeout_seconds) as opening:
                    self._unopened[opening] = None
                    places.callback(self._unopened.pop, opening, None)
                    await self._converse(socket, session, opening, places)
        except CloseSocket as close:
            await _close(socket, close.code, close.reason)
        except TimeoutError:
            if session.caller is None:
                await _close(socket, 4408, "Connection initialisation timeout")
            else:
                await _close(socket, 1001, "Connect again")
        except Hangup:
            pass
        finally:
            places.close()
            await session.stop_all()

    @contextmanager
    def _place_of(self, client: str) -> Iterator[None]:
        """One of the client's connections; CloseSocket where it has as many as it may."""
        self._of_client[client] += 1
        try:
            if self._of_client[client] > self._limits.per_client:
                raise CloseSocket(4429, f"At most {self._limits.per_client} connections")
            yield
        finally:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    async def _converse(self, socket: WebSocket, session: Session, opening: asyncio.Timeout, places: ExitStack) -> None:
        unopened = self._limits.opening_bytes_max
        while True:
            received = await _receive(socket, session)
            if received["type"] == "websocket.disconnect":
                return
            text = received.get("text")
            if text is None:
                raise CloseSocket(4400, "A message must be text")
            raw = text.encode()
            unopened -= len(raw)
            if session.caller is None and unopened < 0:
                raise CloseSocket(1009, "Message too big")
            await session.handle(parse_message(raw), len(raw))
            if session.caller is not None and opening.when() is not None:
                opening.reschedule(None)
                self._unopened.pop(opening, None)
                if session.caller.role in _COUNTED:
                    places.enter_context(self._place_of(session.caller.client))


async def _receive(socket: WebSocket, session: Session) -> ASGIMessage:
    """What comes next; CloseSocket once the credential proves nothing any more, whether or not anything comes."""
    while True:
        await session.require_proof()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(session.proven_until):
                return await socket.receive()


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
        with suppress(WebSocketDisconnect):  # it may be lost before this has left
            await socket.close(code, reason)
