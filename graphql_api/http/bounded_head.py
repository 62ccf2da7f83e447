"""The heads of requests, bounded in length and time, which uvicorn leaves to a proxy that may not be there."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from graphql_api.http.answers import error_body

HEAD_BYTES_MAX = 65_536
"""Beyond it and one read of the socket, what has come of a head is dropped."""
HEAD_SECONDS_MAX = 10.0


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol, which answers a head that never ends with 431 or 408 and what is no HTTP with a coded 400."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first head its time, of which an idle connection has no more."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what has come of a head that is not complete."""
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(
                    b"431 Request Header Fields Too Large", "HEAD_TOO_LARGE", "The request's head is too long."
                )

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """A head ends."""
        self._arrived()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP as everything else is refused."""
        self._refuse(b"400 Bad Request", "REQUEST_MALFORMED", msg)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._head_bytes = 0
            self._deadline = self.loop.call_later(HEAD_SECONDS_MAX, self._give_up)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._refuse(b"408 Request Timeout", "HEAD_TOO_SLOW", "The request's head did not come in time.")

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        """Answer and close; only close where an earlier request is still being answered."""
        self._arrived()
        if getattr(self.cycle, "response_complete", True):
            body = error_body(message, code)
            head = b"HTTP/1.1 %b\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: %d\r\n"
            self.transport.write(head % (status, len(body)) + b"connection: close\r\n\r\n" + body)
        self.transport.close()
