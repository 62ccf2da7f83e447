"""Commands through the engine in this process: by many callers at once, one by one, or in lists."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import Random

from benchmarks.book_under_test import BookUnderTest
from benchmarks.measurement import Measurement, summarise
from ledger.engine.unit import AnyCommand
from ledger.points.earn import EarnPoints
from ledger.points.spend import SpendPoints

Ask = Callable[[BookUnderTest, Random], AnyCommand]
"""A command that nobody asked for yet."""


def ask_spend(book: BookUnderTest, random: Random) -> SpendPoints:
    """A spend of one point by a random member at a random merchant."""
    return SpendPoints(
        actor=book.till,
        key=new_key(random),
        member_id=random.choice(book.members),
        merchant_id=random.choice(book.merchants),
        amount=1,
    )


def ask_earn(book: BookUnderTest, random: Random) -> EarnPoints:
    """An earn of one point by a random member."""
    return EarnPoints(actor=book.till, key=new_key(random), member_id=random.choice(book.members), amount=1)


def new_key(random: Random) -> str:
    """A key as long as the ids of most clients. Made in 0.2 us: whoever asks shares the process that is measured."""
    return random.randbytes(18).hex()


class EngineLoad:
    """Commands on a book, each with a key of its own. The sequence follows from `seed`; loads of one book have different ones."""

    def __init__(self, book: BookUnderTest, *, ask: Ask = ask_spend, seed: int | str = 0) -> None:
        self._book = book
        self._ask = ask
        self._random = Random(seed)

    def next_command(self) -> AnyCommand:
        """The next one of the sequence."""
        return self._ask(self._book, self._random)

    async def run_singly(self, *, callers: int, seconds: float) -> Measurement:
        """A closed loop of `callers` tasks, each waiting for its outcome before it asks for the next."""
        latencies_ms: list[float] = []
        began_at, cpu_began = time.perf_counter(), time.process_time()
        ends_at = began_at + seconds

        async def call() -> None:
            while (sent_at := time.perf_counter()) < ends_at:
                (await self._book.engine.execute(self.next_command())).unwrap()
                latencies_ms.append((time.perf_counter() - sent_at) * 1_000)

        await asyncio.gather(*(call() for _ in range(callers)))
        elapsed = time.perf_counter() - began_at
        cores = (time.process_time() - cpu_began) / elapsed
        return summarise(latencies_ms, seconds=elapsed, notes={"cores": cores})

    async def run_lists(self, *, items: int, callers: int, seconds: float) -> Measurement:
        """The same with lists of `items`; a latency is a list's, an operation is a command."""
        latencies_ms: list[float] = []
        began_at = time.perf_counter()
        ends_at = began_at + seconds

        async def call() -> None:
            while (sent_at := time.perf_counter()) < ends_at:
                for outcome in await self._book.engine.execute_list([self.next_command() for _ in range(items)]):
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
