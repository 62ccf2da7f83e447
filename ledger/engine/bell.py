"""Waking writers: who began to wait last is woken first."""

import asyncio
from functools import partial


class Bell:
    """Rung for all who wait, the latest first, so that commands which come one by one are all written on one connection:
    it knows their statements, and another one is opened only where two batches are in flight.
    """

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[bool]] = []

    def ring(self) -> None:
        """Wakes everybody who waits now."""
        waiting, self._waiting = self._waiting, []
        for each in reversed(waiting):
            _settle(each, is_ring=True)

    async def heard(self) -> None:
        """Waits for the next ring; whoever looks for work and finds none waits before anything else may run."""
        await self._next()

    async def heard_within(self, longest_s: float) -> bool:
        """The same for so long at most; whether it rang."""
        rung = self._next()
        alarm = asyncio.get_running_loop().call_later(longest_s, partial(_settle, rung, is_ring=False))
        try:
            return await rung
        finally:
            alarm.cancel()

    def _next(self) -> "asyncio.Future[bool]":
        rung: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(rung)
        return rung


def _settle(rung: "asyncio.Future[bool]", *, is_ring: bool) -> None:
    if not rung.done():
        rung.set_result(is_ring)
