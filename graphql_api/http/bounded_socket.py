"""WebSockets as they come off the socket: a handshake that cannot be read is refused, and who reads nothing is not read."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from graphql_api.http.bounded_head import refusal


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which would leave a malformed handshake without an answer, and answer pings without end."""

    def data_received(self, data: bytes) -> None:
        """Refuse what is no handshake."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(
                refusal(b"400 Bad Request", "REQUEST_MALFORMED", "The WebSocket handshake is malformed.")
            )
            self.transport.close()

    def handle_ping(self) -> None:
        """Answer; and read no more before the answers have left."""
        super().handle_ping()
        if not self.writable.is_set() and self.transport.is_reading():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """The answers have left."""
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()
