"""Spends through the engine in this process: by many callers at once, one by one, or in lists."""

from __future__ import annotations

import asyncio
import time
from random import Random
from uuid import UUID

from benchmarks.book_under_test import BookUnderTest
from benchmarks.measurement import Measurement, summarise
from ledger.points.spend import SpendPoints


class SpendLoad:
    """Spends of one point by random members at random merchants, each with a key of its own.

    The sequence follows from `seed`, so that two runs ask for the same; keys look like the version 4 ids of clients.
    """

    def __init__(self, book: BookUnderTest, *, seed: int = 0) -> None:
        self._book = book
        self._random = Random(seed)

    def next_spend(self) -> SpendPoints:
        """A spend that nobody asked for yet."""
        random = self._random
        return SpendPoints(
            actor=self._book.till,
            key=str(UUID(int=random.getrandbits(128), version=4)),
            member_id=random.choice(self._book.members),
            merchant_id=random.choice(self._book.merchants),
            amount=1,
        )

    async def run_singly(self, *, callers: int, seconds: float) -> Measurement:
        """A closed loop of `callers` tasks, each waiting for its spend before it asks for the next."""
        latencies_ms: list[float] = []
        began_at, cpu_began = time.perf_counter(), time.process_time()
        ends_at = began_at + seconds

        async def call() -> None:
            while (sent_at := time.perf_counter()) < ends_at:
                (await self._book.engine.execute(self.next_spend())).unwrap()
                latencies_ms.append((time.perf_counter() - sent_at) * 1_000)

        await asyncio.gather(*(call() for _ in range(callers)))
        elapsed = time.perf_counter() - began_at
        cores = (time.process_time() - cpu_began) / elapsed
        return summarise(latencies_ms, seconds=elapsed, notes={"cores": cores})

    async def run_lists(self, *, items: int, callers: int, seconds: float) -> Measurement:
        """The same with lists of `items`; a latency is a list's, an operation is a spend."""
        latencies_ms: list[float] = []
        began_at = time.perf_counter()
        ends_at = began_at + seconds

        async def call() -> None:
            while (sent_at := time.perf_counter()) < ends_at:
                for outcome in await self._book.engine.execute_list([self.next_spend() for _ in range(items)]):
                    outcome.unwrap()
                latencies_ms.append((time.perf_counter() - sent_at) * 1_000)

        await asyncio.gather(*(call() for _ in range(callers)))
        lists = summarise(latencies_ms, seconds=time.perf_counter() - began_at)
        return Measurement(
            operations=lists.operations * items,
            rate=lists.rate * items,
            p50_ms=lists.p50_ms,
            p99_ms=lists.p99_ms,
        )
