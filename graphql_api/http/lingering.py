"""How a connection ends whose request is answered before it is whole: soon, yet not before the answer is read.

Closed with bytes unread, a connection is reset, and the client may never see what it was told (RFC 9112, 9.6).
"""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from graphql_api.http.unread import UnreadEnds

LINGER_SECONDS_MAX = 5.0
LINGER_BYTES_MAX: Final = 1_048_576
"""So long, and so much of it, is dropped what still comes of a request that is answered."""
_CLOSE: Final = (b"connection", b"close")


class LingeringClose(UnreadEnds, HttpToolsProtocol):
    """uvicorn's protocol, which would drop the rest of such a request without bound, and go on with the connection."""

    _is_early = False
    _bytes_left: int | None = None
    _end: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None

    @property
    def is_lingering(self) -> bool:
        """Whether all is said, and nothing is heard any more."""
        return self._bytes_left is not None

    def linger(self) -> None:
        """Say no more and hear no more, and end the connection within bounds."""
        if self.is_lingering or self.transport.is_closing():
            return
        self._bytes_left = LINGER_BYTES_MAX
        self._end = self.loop.call_later(LINGER_SECONDS_MAX, self.transport.abort)
        self._unset_keepalive_if_required()
        self.transport.write_eof()
        self.transport.resume_reading()

    def drop(self, data: bytes) -> None:
        """Something came that is not heard."""
        self._bytes_left = (self._bytes_left or 0) - len(data)
        if self._bytes_left < 0:
            self.transport.abort()

    def give_up(self) -> bool:
        """Whether the request that is being answered can still be answered otherwise: it is not whole, and nothing was said.
        Whoever was answering it is told that the client is gone.
        """
        running = self._running
        if running is None or running is not self.cycle or running.response_started or not running.more_body:
            return False
        running.disconnected = True
        running.message_event.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has closed it, or we have."""
        if self._end is not None:
            self._end.cancel()
        if self._running is not None and not self._running.response_complete:
            # uvicorn tells the last request that came, which may be another than the one that is being answered.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """An answer is given."""
        super().on_response_complete()
        if self._is_early:
            self.linger()
        elif self.transport.is_closing():
            self.watch_unread()

    def timeout_keep_alive_handler(self) -> None:
        """No other request has come."""
        super().timeout_keep_alive_handler()
        self.watch_unread()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_last(message: Message) -> None:
                if message["type"] != "http.response.start" or not cycle.more_body:
                    await send(message)
                    return
                self._is_early = True
                message["headers"] = [*message.get("headers", ()), _CLOSE]
                await send(message)
                cycle.keep_alive = True  # or uvicorn would close as soon as it has written the rest

            await app(scope, receive, send_last)

        self._running = cycle
        super()._start_asgi_task(cycle, answer)  # type: ignore[arg-type]
