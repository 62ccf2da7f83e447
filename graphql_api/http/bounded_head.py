"""Requests as they come off the socket: bounded heads and trailers, and no upgrades but to a WebSocket.

uvicorn leaves all this to a proxy that may not be there.
"""

import asyncio
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from graphql_api.http.answers import error_body
from graphql_api.http.lingering import LingeringClose

HEAD_BYTES_MAX = 65_536
"""Beyond it and one read of the socket, what has come of a head, of trailers or of a chunk's extensions is dropped."""
HEAD_SECONDS_MAX = 10.0
_OF_UPGRADES: Final = {b"upgrade", b"http2-settings"}
_OF_BODIES: Final = {b"content-length", b"transfer-encoding"}


class BoundedHead(LingeringClose):
    """uvicorn's protocol, which answers a head that never ends with 431 or 408 and what is no HTTP with a coded 400.

    Trailers are no headers, and are dropped (RFC 9110, 6.5.1). An upgrade to anything but a WebSocket is not heard
    (7.8): the request is read again without it.
    """

    _deadline: asyncio.TimerHandle | None = None
    _idle_bytes = 0
    _has_head = False
    _has_moved = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the first head its time, of which an idle connection has no more."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what has come since a head, a part of a body or a message was complete."""
        if self.is_lingering:
            self.drop(data)
            return
        self._unset_keepalive_if_required()
        self._has_moved = False
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if not self._has_moved and not self._is_answering:
            self._await_head()  # also behind blank lines, with which none begins
        self._idle_bytes = 0 if self._has_moved else self._idle_bytes + len(data)
        if self._idle_bytes > HEAD_BYTES_MAX:
            self._refuse(b"431 Request Header Fields Too Large", "HEAD_TOO_LARGE", "The request's head is too long.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._has_head = False
        self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head."""
        if not self._has_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A head ends."""
        self._arrived()
        self._has_head = True
        if self.parser.should_upgrade():
            self.scope["method"] = self.parser.get_method().decode("ascii")
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body has come."""
        self._has_moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._has_moved = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP as everything else is refused."""
        self._refuse(b"400 Bad Request", "REQUEST_MALFORMED", msg)

    @property
    def _is_answering(self) -> bool:
        return not getattr(self.cycle, "response_complete", True)

    def _upgrade(self, rest: bytes) -> None:
        if not self._should_upgrade() or self.parser.get_http_version() != "1.1":
            self._go_on_without_upgrade(rest)
        elif self.scope["method"] != "GET" or rest or any(name in _OF_BODIES for name, _ in self.headers):
            self.send_400_response("A WebSocket begins with a GET without a body.")
        elif self._is_answering or self.flow.write_paused:
            self.send_400_response("A WebSocket begins when earlier requests are answered.")
        else:
            self.handle_websocket_upgrade()

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Reads the request again as it would have come without the wish; CONNECT has no other meaning."""
        method = self.scope["method"].encode()
        if method == b"CONNECT":
            self.send_400_response("This server is no proxy.")
            return
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % field for field in map(_without_upgrade, self.headers) if field[0] not in _OF_UPGRADES]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join([*lines, b"", rest]))

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS_MAX, self._give_up)

    def _arrived(self) -> None:
        self._has_moved = True
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._refuse(b"408 Request Timeout", "HEAD_TOO_SLOW", "The request's head did not come in time.")

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        """Answer and end; only end where an earlier request is still being answered."""
        self._arrived()
        if self._is_answering and not self.give_up():
            self.transport.close()
        elif not (self.is_lingering or self.transport.is_closing()):
            self.transport.write(refusal(status, code, message))
            self.linger()


def refusal(status: bytes, code: str, message: str) -> bytes:
    """An answer that ends the connection."""
    body = error_body(message, code)
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: %d\r\n"
    return head % (status, len(body)) + b"connection: close\r\n\r\n" + body


def _without_upgrade(field: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = field
    if name != b"connection":
        return field
    options = (option.strip() for option in value.split(b","))
    return name, b", ".join(option for option in options if option.lower() not in _OF_UPGRADES)
