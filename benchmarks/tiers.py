"""Local midnights at which members' tiers are evaluated, all at once, beside lists of plain earns on the same book.

Every member stands on the second of three levels by one purchase. A fifth of them bought a day earlier than the next, so
each round's midnight takes the spend of one fifth out of the rolling window, and the sweep lets them fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from benchmarks.book_under_test import LIST, BookUnderTest, Population, open_book
from benchmarks.engine_load import EngineLoad, ask_earn
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Measurement, Result, compare
from ledger.campaigns.report import ReportActivity
from ledger.tiers.ladder import create_ladder
from ledger.tiers.ladder_body import Demotion, LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.sweeps import sweep_tiers

WINDOW_DAYS: Final = 30
LADDER: Final = LadderBody(
    metric=Metric(kind=MetricKind.AMOUNT, activities=("purchase",)),
    window=Window(kind=WindowKind.ROLLING, days=WINDOW_DAYS),
    levels=(
        Level(code="basic", threshold=0),
        Level(code="silver", threshold=1_000, multiplier=125),
        Level(code="gold", threshold=1_000_000, multiplier=150),
    ),
    demotion=Demotion.FULL,
    late_hours=31 * 24,
)


@dataclass(slots=True, kw_only=True)
class Midnights:
    """The midnights to come, each with the members who fall on it."""

    book: BookUnderTest
    began_on: datetime
    waiting: list[tuple[datetime, Sequence[UUID]]] = field(default_factory=list)

    async def lay(self, count: int) -> None:
        """Lets the members buy, a part of them so many days before today."""
        share = len(self.book.members) // count
        for days in range(1, count + 1):
            members = self.book.members[(days - 1) * share : days * share]
            bought_at = self.began_on - timedelta(days=days)
            for begin in range(0, len(members), LIST):
                part = [self._purchase(member, bought_at) for member in members[begin : begin + LIST]]
                for outcome in await self.book.engine.execute_list(part):
                    outcome.unwrap()
            self.waiting.append((bought_at + timedelta(days=WINDOW_DAYS), members))

    async def pass_one(self) -> Measurement:
        """Moves the clock past the next midnight and sweeps until nobody is due."""
        midnight, members = self.waiting.pop()
        await self._stand_after(midnight)
        began_at, evaluated = perf_counter(), 0
        latencies: list[float] = []
        while True:
            sent_at = perf_counter()
            swept = await sweep_tiers(self.book.application.reader, self.book.engine)
            if not swept.due:
                break
            evaluated += swept.changed
            latencies.append((perf_counter() - sent_at) * 1_000)
        assert evaluated == len(members), f"{evaluated} of {len(members)} were evaluated"
        seconds, ordered = perf_counter() - began_at, sorted(latencies)
        return Measurement(
            operations=evaluated, rate=evaluated / seconds, p50_ms=ordered[len(ordered) // 2], p99_ms=ordered[-1]
        )

    def _purchase(self, member_id: UUID, at: datetime) -> ReportActivity:
        return ReportActivity(
            actor=self.book.till,
            source="bench",
            event_id=self.book.new_key(),
            member_id=member_id,
            type="purchase",
            occurred_at=at,
            payload=orjson.dumps({"amount": 5_000}).decode(),
        )

    async def _stand_after(self, midnight: datetime) -> None:
        """The ledger's clock a second after that day's first instant."""
        step = midnight.replace(hour=0, minute=0, second=1, microsecond=0) - datetime.now(UTC)
        connection = await asyncpg.connect(self.book.url, server_settings={"session_replication_role": "replica"})
        try:
            await connection.execute(
                "UPDATE registry.instance SET clock_offset_us = $1", step // timedelta(microseconds=1)
            )
        finally:
            await connection.close()


async def measure(bench: Bench) -> list[Result]:
    """One result: members evaluated a second beside earns a second."""
    scale = bench.scale
    rounds = scale.rounds + (not scale.short)
    async with open_book(bench, Population(members=scale.members, lots_per_member=1)) as book:
        await create_ladder(book.application.units, book.till, code="status", body=LADDER)
        midnights = Midnights(book=book, began_on=datetime.now(UTC))
        await midnights.lay(rounds)
        earn = EngineLoad(book, ask=ask_earn)
        await bench.checkpoint()
        measured = await bench.interleave(
            {
                "tiers": midnights.pass_one,
                "earn": partial(earn.run_lists, items=LIST, callers=2, seconds=scale.seconds / 2),
            }
        )
    await bench.check_book(book.url)
    result = compare(
        name="tiers",
        unit="members/s",
        ours=measured["tiers"],
        baseline=measured["earn"],
        goal=Goal(at_least=0.3),
        settings={"members": scale.members, "window_days": WINDOW_DAYS, "evaluated_by": "the sweep at midnight"},
    )
    return [result]
