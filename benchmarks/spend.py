"""`engine.execute(spend)` at 64 callers in one process, and lists of 1,000, beside the plain PL/pgSQL transfer.

The engine keeps lots and draws, stored outcomes, statement lines and audit events; the plain ledger none of them.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks.baseline_transfer import MERCHANTS, create_plain_ledger
from benchmarks.book_under_test import Population, open_book
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Result, best_of, compare

CALLERS: Final = 64
PLAIN_CLIENTS: Final = (8, 16, 64)
LIST_ITEMS: Final = 1_000
LIST_CALLERS: Final = 2
UNIT: Final = "spends/s"


async def measure(bench: Bench) -> list[Result]:
    """Three results: against the baseline at as many clients, against its best, and lists against its best."""
    seconds = bench.scale.seconds
    plain = await create_plain_ledger(bench, merchants=MERCHANTS)
    population = Population(members=bench.scale.members, merchants=MERCHANTS)
    async with open_book(bench, population) as book:
        load = EngineLoad(book)
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                "ours": partial(load.run_singly, callers=CALLERS, seconds=seconds),
                "lists": partial(load.run_lists, items=LIST_ITEMS, callers=LIST_CALLERS, seconds=seconds),
                **{
                    f"plain_{clients}": partial(plain.transfer, clients=clients, seconds=seconds)
                    for clients in PLAIN_CLIENTS
                },
            }
        )
    await bench.check_book(book.url)
    best = best_of(*(rounds[f"plain_{clients}"] for clients in PLAIN_CLIENTS))
    settings = {"members": bench.scale.members, "merchants": MERCHANTS, "callers": CALLERS}
    lists = {**settings, "callers": LIST_CALLERS, "items": LIST_ITEMS}
    plain_64 = rounds[f"plain_{CALLERS}"]
    return [
        compare(
            name="spend",
            unit=UNIT,
            ours=rounds["ours"],
            baseline=plain_64,
            goal=Goal(at_least=2),
            settings=settings,
        ),
        compare(
            name="spend_best",
            unit=UNIT,
            ours=rounds["ours"],
            baseline=best,
            goal=Goal(at_least=1),
            settings=settings,
        ),
        compare(
            name="spend_lists",
            unit=UNIT,
            ours=rounds["lists"],
            baseline=best,
            goal=Goal(at_least=1.5),
            settings=lists,
        ),
    ]
