"""How a lone spend's latency grows with the number of members, and with the member's open lots."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from benchmarks.book_under_test import Population, open_book
from benchmarks.engine_load import SpendLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Result, compare, p50_ms

MEMBERS: Final = (1_000, 100_000, 1_000_000)
LOTS: Final = (10, 100, 1_000)
LOT_HOLDERS: Final = 20


async def measure(bench: Bench) -> list[Result]:
    """Four results: the larger two of either kind beside the smallest."""
    short = bench.scale.short
    by_members = [
        Population(members=10 if short else members, lots_per_member=1, name=f"members_{members}")
        for members in MEMBERS
    ]
    by_lots = [
        Population(members=LOT_HOLDERS, lots_per_member=lots // 10 if short else lots, name=f"lots_{lots}")
        for lots in LOTS
    ]
    return [*await _compare_sizes(bench, by_members), *await _compare_sizes(bench, by_lots)]


async def _compare_sizes(bench: Bench, populations: Sequence[Population]) -> list[Result]:
    """All sizes stand side by side on the server, so that rounds interleave."""
    async with AsyncExitStack() as stack:
        books = [await stack.enter_async_context(open_book(bench, population)) for population in populations]
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                population.name: partial(SpendLoad(book).run_singly, callers=1, seconds=bench.scale.seconds / 2)
                for population, book in zip(populations, books, strict=True)
            }
        )
    for book in books:
        await bench.check_book(book.url)
    smallest, *larger = populations
    return [
        compare(
            name=f"growth_{population.name}",
            unit="ms (p50)",
            ours=rounds[population.name],
            baseline=rounds[smallest.name],
            figure=p50_ms,
            settings={"baseline_is": smallest.name, "lots_per_member": population.lots_per_member},
        )
        for population in larger
    ]
