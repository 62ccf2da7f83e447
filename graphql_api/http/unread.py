"""Answers that nobody reads: they do not stay in our memory, nor keep a connection, for ever."""

import asyncio
from typing import Final

UNREAD_SECONDS_MAX = 30.0
_READ_BYTES_MIN: Final = 65_536
"""So much is read in that time of what waits to leave, or all of it."""


class UnreadEnds(asyncio.Protocol):
    """A connection that ends when its peer reads too little of what waits for it; uvicorn and the kernel would wait."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _look: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """More waits than is sent on."""
        super().pause_writing()
        self.watch_unread()

    def resume_writing(self) -> None:
        """Most of it has left."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_looking()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing waits any more."""
        self._stop_looking()
        super().connection_lost(exc)

    def watch_unread(self) -> None:
        """To be called when writing pauses, and when nothing more will be written."""
        if self._look is None:
            waiting = self.transport.get_write_buffer_size()
            self._look = self.loop.call_later(UNREAD_SECONDS_MAX, self._look_again, waiting)

    def _look_again(self, before: int) -> None:
        self._look = None
        waiting = self.transport.get_write_buffer_size()
        if waiting > max(0, before - _READ_BYTES_MIN):
            self.transport.abort()
        elif waiting:
            self.watch_unread()

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
