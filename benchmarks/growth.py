"""How a lone spend's latency grows with the number of members, and with the member's open lots.

Every book fills through the engine from empty; a million members take minutes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from benchmarks.book_under_test import BookUnderTest, Population, open_book
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Result, compare, p50_ms

MEMBERS: Final = (1_000, 100_000, 1_000_000)
LOTS: Final = (10, 100, 1_000)
LOT_HOLDERS: Final = 20


async def measure(bench: Bench) -> list[Result]:
    """Four results: the larger two of either kind beside the smallest. The short form has one of either kind."""
    sizes = 2 if bench.scale.short else len(MEMBERS)
    return [
        *await _compare_sizes(bench, [_members(bench, count) for count in MEMBERS[:sizes]]),
        *await _compare_sizes(bench, [_lots(bench, count) for count in LOTS[:sizes]]),
    ]


def _members(bench: Bench, count: int) -> Population:
    members = min(count, bench.scale.members) if bench.scale.short else count
    return Population(members=members, lots_per_member=1, name=f"members_{count}")


def _lots(bench: Bench, count: int) -> Population:
    lots = min(count, LOTS[0]) if bench.scale.short else count
    return Population(members=LOT_HOLDERS, lots_per_member=lots, name=f"lots_{count}")


async def _compare_sizes(bench: Bench, populations: Sequence[Population]) -> list[Result]:
    """All sizes stand side by side on the server, so that rounds interleave."""
    books: list[BookUnderTest] = []
    fill_seconds: list[float] = []
    async with AsyncExitStack() as stack:
        for population in populations:
            began_at = time.perf_counter()
            books.append(await stack.enter_async_context(open_book(bench, population)))
            fill_seconds.append(round(time.perf_counter() - began_at, 1))
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                population.name: partial(EngineLoad(book).run_singly, callers=1, seconds=bench.scale.seconds / 2)
                for population, book in zip(populations, books, strict=True)
            }
        )
    for book in books:
        await bench.check_book(book.url)
    smallest = populations[0]
    return [
        compare(
            name=f"growth_{population.name}",
            unit="ms (p50)",
            ours=rounds[population.name],
            baseline=rounds[smallest.name],
            figure=p50_ms,
            settings={
                "baseline_is": smallest.name,
                "members": population.members,
                "lots_per_member": population.lots_per_member,
                "fill_seconds": seconds,
            },
        )
        for population, seconds in list(zip(populations, fill_seconds, strict=True))[1:]
    ]
