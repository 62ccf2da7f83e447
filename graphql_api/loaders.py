"""Batching loaders: what many requests ask for at once is read by one statement.

A loader lives as long as its process and remembers nothing: an answer is never older than its question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BatchLoader(Generic[K, V]):
    """Gathers keys while at most `in_flight_max` loads are under way, then loads up to `batch_max` of them at once.

    load: the values of the keys, in their order
    """

    def __init__(
        self, load: Callable[[Sequence[K]], Awaitable[Sequence[V]]], *, batch_max: int = 500, in_flight_max: int = 2
    ) -> None:
        self._load = load
        self._batch_max = batch_max
        self._in_flight_max = in_flight_max
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._is_scheduled = False

    def load(self, key: K) -> "asyncio.Future[V]":
        """The value of `key`, read after this call; raises what the load raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V] = loop.create_future()
        self._waiting.append((key, future))
        self._schedule(loop)
        return future

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting and not self._is_scheduled and len(self._running) < self._in_flight_max:
            self._is_scheduled = True
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_scheduled = False
        batch, self._waiting = self._waiting[: self._batch_max], self._waiting[self._batch_max :]
        batch = [(key, future) for key, future in batch if not future.done()]
        if not batch:
            self._schedule(loop)
            return
        task = loop.create_task(self._answer(batch))
        self._running.add(task)
        task.add_done_callback(self._finish)
        self._schedule(loop)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._schedule(task.get_loop())

    async def _answer(self, batch: Sequence[tuple[K, "asyncio.Future[V]"]]) -> None:
        try:
            values = await self._load([key for key, _ in batch])
            for (_, future), value in zip(batch, values, strict=True):
                if not future.done():
                    future.set_result(value)
        except Exception as error:  # noqa: BLE001 - handed to everybody who asked
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
