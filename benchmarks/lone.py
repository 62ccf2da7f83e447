"""The latency of a lone spend through the engine, beside the plain transfer's at one client."""

from __future__ import annotations

from functools import partial

from benchmarks.baseline_transfer import MERCHANTS, create_plain_ledger
from benchmarks.book_under_test import Population, open_book
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Result, compare, p50_ms


async def measure(bench: Bench) -> list[Result]:
    """One result: half of the lone spends take at most so many times the plain transfer's median."""
    seconds = bench.scale.seconds / 2
    plain = await create_plain_ledger(bench, merchants=MERCHANTS)
    population = Population(members=bench.scale.members, merchants=MERCHANTS)
    async with open_book(bench, population) as book:
        load = EngineLoad(book)
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                "ours": partial(load.run_singly, callers=1, seconds=seconds),
                "plain": partial(plain.transfer, clients=1, seconds=seconds),
            }
        )
    await bench.check_book(book.url)
    return [
        compare(
            name="lone",
            unit="ms (p50)",
            ours=rounds["ours"],
            baseline=rounds["plain"],
            figure=p50_ms,
            goal=Goal(at_most=4),
            settings={"members": bench.scale.members, "callers": 1},
        )
    ]
