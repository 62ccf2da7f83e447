"""A draft of ten rules simulated over recorded activities, beside reporting such activities through the engine in lists.

Nothing is posted by the simulation, so it reads the same activities in every round.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from random import Random
from time import perf_counter
from typing import Final

from benchmarks.book_under_test import LIST, LISTS_AT_ONCE, BookUnderTest, Population, open_book
from benchmarks.campaigns_under_test import ask_purchase
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Measurement, Result, compare
from ledger.campaigns.campaign import create_campaign
from ledger.campaigns.campaign_body import CampaignBody, Phase, PointsAward, Rule
from ledger.campaigns.simulate import Simulation, simulate

ACTIVITIES: Final = 100_000
ACTIVITIES_SHORT: Final = 1_000
RULES: Final = 10
DRAFT: Final = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """So many activities in the book, and a draft that looks at each."""

    book: BookUnderTest
    activities: int

    async def rehearse(self) -> Measurement:
        """Simulates the draft over all of them; notes by how much the process's peak of memory rose."""
        before_mb, began_at = _peak_mb(), perf_counter()
        report = await simulate(
            self.book.application.reader,
            self.book.till.programme_id,
            Simulation(campaign=DRAFT, activities_max=self.activities),
        )
        seconds = perf_counter() - began_at
        return Measurement(
            operations=report.activities,
            rate=report.activities / seconds,
            p50_ms=0.0,
            p99_ms=0.0,
            notes={"memory_mb": _peak_mb() - before_mb},
        )


async def measure(bench: Bench) -> list[Result]:
    """One result: simulated activities a second beside reported ones."""
    scale = bench.scale
    count = ACTIVITIES_SHORT if scale.short else ACTIVITIES
    async with open_book(bench, Population(members=scale.members // 5, lots_per_member=1)) as book:
        await _report(book, count)
        await create_campaign(book.application.units, book.till, code=DRAFT, body=_body())
        recorded = Recorded(book=book, activities=count)
        report = EngineLoad(book, ask=ask_purchase, seed="report")
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                "simulate": recorded.rehearse,
                "report": partial(report.run_lists, items=LIST, callers=2, seconds=scale.seconds / 2),
            }
        )
    await bench.check_book(book.url)
    return [
        compare(
            name="simulate",
            unit="activities/s",
            ours=rounds["simulate"],
            baseline=rounds["report"],
            goal=Goal(at_least=1),
            settings={"activities": count, "rules": RULES, "baseline_is": "reports that no campaign looks at"},
        )
    ]


async def _report(book: BookUnderTest, count: int) -> None:
    """Lets so many purchases be recorded before any campaign runs."""
    random = Random("recorded")
    lists: Sequence[int] = [min(LIST, count - begin) for begin in range(0, count, LIST)]
    for begin in range(0, len(lists), LISTS_AT_ONCE):
        sizes = lists[begin : begin + LISTS_AT_ONCE]
        commands = [[ask_purchase(book, random) for _ in range(size)] for size in sizes]
        for outcomes in await asyncio.gather(*(book.engine.execute_list(part) for part in commands)):
            for outcome in outcomes:
                outcome.unwrap()


def _body() -> CampaignBody:
    rules = tuple(
        Rule(
            code=f"rule-{number}",
            activity="purchase",
            action=PointsAward(asset="POINTS", amount=1),
            when=f"activity.amount % {RULES} == {number}",
        )
        for number in range(RULES)
    )
    return CampaignBody(phases=(Phase(code="all", from_on=date(2000, 1, 1), until_on=date(2100, 1, 1), rules=rules),))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
