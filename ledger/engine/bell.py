"""Waking writers: who began to wait last is woken first."""

import asyncio


class Bell:
    """Rung for all who wait, the latest first, so that commands which come one by one are all written on one connection:
    it knows their statements, and another one is opened only where two batches are in flight.
    """

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def ring(self) -> None:
        """Wakes everybody who waits now."""
        waiting, self._waiting = self._waiting, []
        for each in reversed(waiting):
            if not each.done():
                each.set_result(None)

    async def heard(self) -> None:
        """Waits for the next ring; whoever looks for work and finds none waits before anything else may run."""
        rung = asyncio.get_running_loop().create_future()
        self._waiting.append(rung)
        await rung
