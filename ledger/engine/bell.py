"""Waking writers: one at a time, and first who began to wait last."""

import asyncio


class Bell:
    """Who waits for work, and how many are about to look for it.

    As the latest is woken first, commands that come one by one are all written on one connection, which knows their
    statements; others are opened only where several batches are in flight.
    """

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._coming = 0

    def ring(self) -> None:
        """Wakes one, unless somebody is about to look anyway."""
        while self._waiting and not self._coming:
            self._wake(self._waiting.pop())

    def ring_for_all(self) -> None:
        """Wakes everybody who waits now."""
        while self._waiting:
            self._wake(self._waiting.pop())

    async def pause(self) -> None:
        """Lets others run before the caller looks; they need not wake anybody."""
        self._coming += 1
        try:
            await asyncio.sleep(0)
        finally:
            self._coming -= 1

    async def heard(self) -> None:
        """Waits for a ring; whoever looks for work and finds none waits before anything else may run."""
        rung: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(rung)
        try:
            await rung
        finally:
            # Also where the task was cancelled on its way.
            if rung.done() and not rung.cancelled():
                self._coming -= 1
            elif rung in self._waiting:
                self._waiting.remove(rung)

    def _wake(self, rung: "asyncio.Future[None]") -> None:
        if not rung.done():
            rung.set_result(None)
            self._coming += 1
