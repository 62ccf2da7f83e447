"""What the audit log costs the write path: spends with it, beside spends of the same engine that records nothing.

Recording is switched off for the baseline only here: its application has a log that writes nothing, on a database
without the trigger that would refuse such a commit; everything else that guards the book stands for both. Once the
sequencer is paused, once it works in a process of its own and has caught up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final
from unittest.mock import patch

import asyncpg
from prometheus_client import CollectorRegistry

from audit.log import AuditLog, Transaction
from audit.record import Event
from benchmarks.baseline_transfer import MERCHANTS
from benchmarks.book_under_test import BookUnderTest, Population, open_book
from benchmarks.engine_load import EngineLoad
from benchmarks.harness import Bench, Round
from benchmarks.http_server import run_worker
from benchmarks.measurement import Goal, Measurement, Result, compare
from benchmarks.merge_delay import until_idle
from graphql_api.bootstrap import open_application
from graphql_api.processes.engine_metrics import EngineMetrics

CALLERS: Final = 64
COST_MAX: Final = 0.25
_NO_TRIGGER: Final = "ALTER TABLE book.journal_entries DISABLE TRIGGER journal_entries_have_events"
_SIZE: Final = """
SELECT sum(pg_total_relation_size(c.oid)) / (SELECT count(*) FROM audit.events)::float AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'audit' AND c.relkind = 'r'
"""


class Unrecorded(AuditLog):
    """A log that writes nothing."""

    async def append(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Writes nothing."""

    async def branches(self, events: Sequence[Event], first: int) -> tuple[str, Sequence[object]]:
        """A branch that writes nothing."""
        del events, first
        return "audit_events AS (SELECT true)", ()


async def measure(bench: Bench) -> list[Result]:
    """Two results: the rate with the log beside the rate without, the sequencer paused and running."""
    population = partial(Population, members=bench.scale.members, merchants=MERCHANTS)
    async with (
        open_book(bench, population(name="audited")) as audited,
        open_book(bench, population(name="unaudited")) as other,
        _unrecorded(other) as unaudited,
    ):
        contenders = {"with": _load(bench, audited), "without": _load(bench, unaudited)}
        await bench.checkpoint()
        paused = await bench.interleave(contenders)
        async with run_worker(environment=audited.environment) as worker:
            await until_idle(worker)
            running = await bench.interleave(contenders)
        size = round(float(str(await _ask(audited.url, _SIZE))))
    await bench.check_book(audited.url)
    settings = {"callers": CALLERS, "members": bench.scale.members, "bytes_per_event": size}
    result = partial(compare, unit="spends/s", settings=settings)
    goal = Goal(at_least=1 - COST_MAX)
    return [
        result(name="audit_cost", ours=paused["with"], baseline=paused["without"], goal=goal),
        result(name="audit_cost_sequencing", ours=running["with"], baseline=running["without"]),
    ]


def _load(bench: Bench, book: BookUnderTest) -> Round:
    load = EngineLoad(book)

    async def run() -> Measurement:
        return await load.run_singly(callers=CALLERS, seconds=bench.scale.seconds)

    return run


@asynccontextmanager
async def _unrecorded(book: BookUnderTest) -> AsyncIterator[BookUnderTest]:
    """The same book through an application that records nothing."""
    await _ask(book.url, _NO_TRIGGER)
    settings = book.application.settings
    with patch("graphql_api.audit_log.side.AuditLog", Unrecorded):
        async with open_application(settings, url=book.url, observer=EngineMetrics(CollectorRegistry())) as application:
            yield replace(book, application=application)


async def _ask(url: str, sql: str) -> object:
    """The first value that the statement returns."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
