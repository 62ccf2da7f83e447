"""Waking writers: one at a time, and first who began to wait last."""

import asyncio
from functools import partial


class Bell:
    """Who waits for work, and how many are about to look for it.

    As the latest is woken first, commands that come one by one are all written on one connection, which knows their
    statements; others are opened only where several batches are in flight.
    """

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[bool]] = []
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
        await self._hear(self._next())

    async def heard_within(self, longest_s: float) -> bool:
        """The same for so long at most; whether it rang."""
        rung = self._next()
        alarm = asyncio.get_running_loop().call_later(longest_s, partial(_settle, rung, is_ring=False))
        try:
            return await self._hear(rung)
        finally:
            alarm.cancel()

    def _next(self) -> "asyncio.Future[bool]":
        rung: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(rung)
        return rung

    def _wake(self, rung: "asyncio.Future[bool]") -> None:
        self._coming += _settle(rung, is_ring=True)

    async def _hear(self, rung: "asyncio.Future[bool]") -> bool:
        try:
            return await rung
        finally:
            # Also where the task was cancelled on its way.
            if rung.done() and not rung.cancelled() and rung.result():
                self._coming -= 1
            elif rung in self._waiting:
                self._waiting.remove(rung)


def _settle(rung: "asyncio.Future[bool]", *, is_ring: bool) -> bool:
    """Whether it was the first to tell."""
    if rung.done():
        return False
    rung.set_result(is_ring)
    return True
