"""A draft of ten rules simulated over recorded activities, beside reporting such activities through the engine in lists.

Nothing is posted by the simulation, so it reads the same activities in every round. Then a draft that also counts and
caps is simulated once over a million of them, for its memory; the short form leaves that out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final

import asyncpg

from benchmarks.book_under_test import LIST, LISTS_AT_ONCE, BookUnderTest, Population, open_book
from benchmarks.campaigns_under_test import ask_purchase
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Measurement, Result, Setting, compare
from ledger.campaigns.campaign import create_campaign
from ledger.campaigns.campaign_body import (
    CampaignBody,
    Cap,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
)
from ledger.campaigns.simulate import Simulation, simulate

ACTIVITIES: Final = 100_000
ACTIVITIES_SHORT: Final = 1_000
RULES: Final = 10
DRAFT: Final = "draft"
COUNTING: Final = "counting"
MILLION: Final = 1_000_000
DAYS: Final = 90
MEMORY_GOAL_MB: Final = 100
PURCHASES: Final = Phase(code="all", from_on=date(2000, 1, 1), until_on=date(2100, 1, 1), rules=())
# Copies of what was reported, one after the other in time: they stand for activities alone, without requests or events,
# so nothing is checked after them.
_COPY: Final = """
    WITH known AS (
        SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM book.activities
        WHERE programme_id = $1 AND source <> 'copy'
    )
    INSERT INTO book.activities (id, programme_id, member_id, request_id, type, source, source_event_id, occurred_at,
        received_at, local_day, payload, amount, state)
    SELECT uuidv7(), k.programme_id, k.member_id, uuid_send(gen_random_uuid()), k.type, 'copy', n::text, day.at, day.at,
        (day.at AT TIME ZONE 'UTC')::date, k.payload, k.amount, k.state
    FROM generate_series($2::bigint, $3::bigint - 1) n
    JOIN known k ON k.place = n % $6::bigint
    CROSS JOIN LATERAL (SELECT $4::timestamptz + $5::interval * n AS at) day
    ORDER BY n
"""
_COPIES_AT_ONCE: Final = 100_000
_CLEAR: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """So many activities in the book, and a draft that looks at each."""

    book: BookUnderTest
    activities: int
    draft: str = DRAFT

    async def rehearse(self) -> Measurement:
        """Simulates the draft over all of them; notes by how much the process's memory rose at most meanwhile."""
        before_mb, began_at = reset_peak_mb(), perf_counter()
        report = await simulate(
            self.book.application.reader,
            self.book.till.programme_id,
            Simulation(campaign=self.draft, activities_max=self.activities),
        )
        seconds = perf_counter() - began_at
        assert report.activities == self.activities
        return Measurement(
            operations=report.activities,
            rate=report.activities / seconds,
            p50_ms=0.0,
            p99_ms=0.0,
            notes={"memory_mb": peak_mb() - before_mb},
        )


async def measure(bench: Bench) -> list[Result]:
    """Simulated activities a second beside reported ones; and, but for the short form, those of a million beside these."""
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
        result = compare(
            name="simulate",
            unit="activities/s",
            ours=rounds["simulate"],
            baseline=rounds["report"],
            goal=Goal(at_least=1),
            settings={"activities": count, "rules": RULES, "baseline_is": "reports that no campaign looks at"},
        )
        return [result] if scale.short else [result, await _rehearse_million(bench, book, rounds["simulate"])]


async def _rehearse_million(bench: Bench, book: BookUnderTest, fewer: Sequence[Measurement]) -> Result:
    """As fast as over a tenth of them, and in no more memory than members and their counters take."""
    await create_campaign(book.application.units, book.till, code=COUNTING, body=_counting_body())
    await record_copies(book, upto=MILLION)
    await bench.checkpoint()
    ours = await Recorded(book=book, activities=MILLION, draft=COUNTING).rehearse()
    settings: dict[str, Setting] = {
        "activities": MILLION,
        "days": DAYS,
        "members": len(book.members),
        "memory_goal_mb": MEMORY_GOAL_MB,
        "memory_goal_met": ours.notes["memory_mb"] <= MEMORY_GOAL_MB,
        "baseline_is": "a draft that counts nothing, over fewer",
    }
    return compare(name="simulate_million", unit="activities/s", ours=[ours], baseline=[fewer[-1]], settings=settings)


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


async def record_copies(book: BookUnderTest, *, upto: int) -> None:
    """Fills the table of activities up to so many with copies of what was reported, over the days before it."""
    connection = await asyncpg.connect(book.url)
    try:
        known = await connection.fetchval(
            "SELECT count(*) FROM book.activities WHERE programme_id = $1", book.till.programme_id
        )
        first, step = datetime.now(UTC) - timedelta(days=DAYS), timedelta(days=DAYS) / upto
        for begin in range(known, upto, _COPIES_AT_ONCE):
            end = min(upto, begin + _COPIES_AT_ONCE)
            await connection.execute(_COPY, book.till.programme_id, begin, end, first, step, known)
        await connection.execute("ANALYZE book.activities")
    finally:
        await connection.close()


def _body() -> CampaignBody:
    return CampaignBody(phases=(replace(PURCHASES, rules=_rules()),))


def _counting_body() -> CampaignBody:
    """The same rules behind one that counts every purchase, under a cap a day."""
    step = Rule(code="count", activity="purchase", action=ProgressStep(counter="purchases", amount=1))
    return CampaignBody(
        phases=(replace(PURCHASES, rules=(step, *_rules())),),
        counters=(ProgressCounter(code="purchases", period=Period.MONTH),),
        caps=(Cap(counter="POINTS", period=Period.DAY, limit=1),),
    )


def _rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(
            code=f"rule-{number}",
            activity="purchase",
            action=PointsAward(asset="POINTS", amount=1),
            when=f"activity.amount % {RULES} == {number}",
        )
        for number in range(RULES)
    )


def reset_peak_mb() -> float:
    """Forgets the process's peak of memory; what it holds now, in MB."""
    _CLEAR.write_text("5")
    return peak_mb()


def peak_mb() -> float:
    """The most that the process held since then, in MB."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
