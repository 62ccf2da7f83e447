"""WebSockets as they come off the socket: a handshake that cannot be read is refused, and who reads nothing is not read."""

import asyncio
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from graphql_api.http.bounded_head import refusal
from graphql_api.http.unread import UnreadEnds

FRAGMENTS_MAX: Final = 1_000


class BoundedSocket(UnreadEnds, WebSocketsSansIOProtocol):
    """uvicorn's protocol, which would leave a malformed handshake without an answer, answer pings without end, and keep
    fragments of nothing without end.
    """

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

    def handle_cont(self, event: Frame) -> None:
        """Take another fragment of a message; the message's length is bounded, but not by how many it comes in."""
        if len(self.frames) < FRAGMENTS_MAX:
            super().handle_cont(event)
        elif not self.transport.is_closing():
            self.conn.fail(1009, "Too many fragments")
            self.handle_parser_exception()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on. Text that is no UTF-8 is its sender's fault, and uvicorn would log it with a traceback."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.fail(1007, "A message must be UTF-8")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Nothing more will be said."""
        super().on_task_complete(task)
        self.watch_unread()

    def resume_writing(self) -> None:
        """The answers have left."""
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
