"""An event loop in a thread of its own, for connections that outlive the loop of a test."""

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import TypeVar

import uvloop

T = TypeVar("T")


class Desk:
    """Runs coroutines one beside the other until it is closed."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="desk", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """The work's result; this thread waits."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def hand_over(self, work: Coroutine[object, object, T]) -> T:
        """The work's result; the caller's own loop goes on meanwhile."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def close(self) -> None:
        """Ends the thread; what still runs is not waited for."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
