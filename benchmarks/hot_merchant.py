"""Spends at one merchant beside spends at a thousand: the rate must not fall, because no merchant row is locked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from benchmarks.book_under_test import Population, open_book
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Result, compare

CALLERS: Final = 64
MERCHANTS: Final = 1_000
MERCHANTS_SHORT: Final = 20
PAIRS_MORE: Final = 2
"""Than rounds of other benchmarks, so seven: noise on this scale asks for them."""


async def measure(bench: Bench) -> list[Result]:
    """One result, the median of seven pairs."""
    scale = bench.scale if bench.scale.short else replace(bench.scale, rounds=bench.scale.rounds + PAIRS_MORE)
    bench = replace(bench, scale=scale)
    population = Population(members=scale.members, merchants=MERCHANTS_SHORT if scale.short else MERCHANTS)
    async with open_book(bench, population) as book:
        one = EngineLoad(replace(book, merchants=book.merchants[:1]), seed=1)
        many = EngineLoad(book, seed=2)
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                "one": partial(one.run_singly, callers=CALLERS, seconds=scale.seconds / 2),
                "many": partial(many.run_singly, callers=CALLERS, seconds=scale.seconds / 2),
            }
        )
    await bench.check_book(book.url)
    return [
        compare(
            name="hot_merchant",
            unit="spends/s",
            ours=rounds["one"],
            baseline=rounds["many"],
            goal=Goal(at_least=0.9),
            settings={"members": scale.members, "merchants_of_baseline": population.merchants, "callers": CALLERS},
        )
    ]
