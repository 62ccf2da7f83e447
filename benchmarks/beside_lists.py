"""The latency of single spends while others send lists of 1,000 through the same process, beside single spends alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

from benchmarks.book_under_test import Population, open_book
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Measurement, Result, compare, p50_ms
from benchmarks.spend import LIST_CALLERS, LIST_ITEMS

CALLERS: Final = 8


async def measure(bench: Bench) -> list[Result]:
    """One result: the median of single spends beside lists, and alone; the lists' own figures are notes."""
    seconds = bench.scale.seconds
    async with open_book(bench, Population(members=bench.scale.members)) as book:
        load, lists = EngineLoad(book), EngineLoad(book, seed=1)
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                "beside": partial(_run_beside, load, lists, seconds=seconds),
                "alone": partial(load.run_singly, callers=CALLERS, seconds=seconds),
            }
        )
    await bench.check_book(book.url)
    return [
        compare(
            name="beside_lists",
            unit="ms (p50)",
            ours=rounds["beside"],
            baseline=rounds["alone"],
            figure=p50_ms,
            settings={"members": bench.scale.members, "callers": CALLERS, "lists": LIST_CALLERS, "items": LIST_ITEMS},
        )
    ]


async def _run_beside(load: EngineLoad, lists: EngineLoad, *, seconds: float) -> Measurement:
    single, long = await asyncio.gather(
        load.run_singly(callers=CALLERS, seconds=seconds),
        lists.run_lists(items=LIST_ITEMS, callers=LIST_CALLERS, seconds=seconds),
    )
    return replace(single, notes={**single.notes, "list_items_per_s": long.rate, "list_p50_ms": long.p50_ms})
