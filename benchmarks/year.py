"""The full year of `scrip demo --full`: how long, how much memory, and what an earn and a spend take on disk.

The command runs as a user runs it, in a process of its own. Its baseline is the promise of 45 seconds; that of the same
year as activities under `examples/journey.toml`, which the short form leaves to the tests, is two minutes. Bytes are
differences of `pg_total_relation_size` over every table of the book and of the audit log, indexes included, on the book
that the year has filled.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Final
from uuid import UUID

import asyncpg
import psutil

from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Measurement, Result, Setting, compare
from graphql_api.bootstrap import open_application
from graphql_api.processes.demo.programme import PROGRAMME
from graphql_api.processes.submitting import submit_list
from graphql_api.settings import Settings
from ledger.engine.command import Actor
from ledger.engine.engine import Engine
from ledger.points.command import PointsCommand
from ledger.points.earn import EarnPoints
from ledger.points.spend import SpendPoints
from migrations.apply import migrate_database

SECONDS_GOAL: Final = 45.0
PROGRAMME_SECONDS_GOAL: Final = 120.0
EXAMPLE: Final = Path(__file__).parent.parent / "examples" / "journey.toml"
MEMORY_GOAL_MB: Final = 300
COMMANDS: Final = 20_000
LIST: Final = 1_000
WATCH_SECONDS: Final = 0.5
_SIZE: Final = """
    SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('book', 'audit') AND c.relkind = 'r'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One run: its seconds, the highest memory of its processes together in MB, and the figures it printed.

    A page that several of them share counts as one.
    """

    seconds: float
    memory_mb: float
    figures: dict[str, int]


async def measure(bench: Bench) -> list[Result]:
    """The seconds beside the promise, with memory and bytes among the settings; and those under the programme file."""
    results = [await _measure_earns(bench)]
    return results if bench.scale.short else [*results, await _measure_activities(bench)]


async def _measure_earns(bench: Bench) -> Result:
    url = await bench.create_database("year")
    await migrate_database(url, book_schema="book")
    await bench.checkpoint()
    empty = await _size(url)
    words = () if bench.scale.short else ("--full",)
    year = await asyncio.to_thread(run_demo, url, bench.folder, *words)
    events = sum(year.figures[name] for name in ("earns", "spends", "refused", "vouchers"))
    bytes_per_event = (await _size(url) - empty) / events
    earn_bytes, spend_bytes = await _measure_bytes(url, bench.folder, count=LIST if bench.scale.short else COMMANDS)
    await bench.check_book(url)
    notes = {
        "memory_mb": year.memory_mb,
        "memory_goal_met": float(year.memory_mb <= MEMORY_GOAL_MB),
        "bytes_per_event": bytes_per_event,
        "bytes_per_earn": earn_bytes,
        "bytes_per_spend": spend_bytes,
    }
    ours = Measurement(operations=events, rate=year.seconds, p50_ms=0.0, p99_ms=0.0, notes=notes)
    goal = Measurement(operations=events, rate=SECONDS_GOAL, p50_ms=0.0, p99_ms=0.0)
    settings: dict[str, Setting] = {"baseline_is": "the promise", "events": events, "memory_goal_mb": MEMORY_GOAL_MB}
    return compare(name="year", unit="s", ours=[ours], baseline=[goal], goal=Goal(at_most=1), settings=settings)


async def _measure_activities(bench: Bench) -> Result:
    url = await bench.create_database("programme_year")
    await migrate_database(url, book_schema="book")
    await bench.checkpoint()
    year = await asyncio.to_thread(run_demo, url, bench.folder, "--full", "--programme", str(EXAMPLE))
    await bench.check_book(url)
    awarded = year.figures["earns"]
    notes = {"memory_mb": year.memory_mb, "memory_goal_met": float(year.memory_mb <= MEMORY_GOAL_MB)}
    ours = Measurement(operations=awarded, rate=year.seconds, p50_ms=0.0, p99_ms=0.0, notes=notes)
    goal = Measurement(operations=awarded, rate=PROGRAMME_SECONDS_GOAL, p50_ms=0.0, p99_ms=0.0)
    settings: dict[str, Setting] = {
        "baseline_is": "the promise",
        "awarded_activities": awarded,
        "points_issued": year.figures["pointsIssued"],
        "memory_goal_mb": MEMORY_GOAL_MB,
    }
    return compare(
        name="programme_year", unit="s", ours=[ours], baseline=[goal], goal=Goal(at_most=1), settings=settings
    )


def run_demo(url: str, var: Path, *words: str) -> Year:
    """`scrip demo` with these words, in a process of its own."""
    with (var / "report.json").open("w+") as output:
        started = perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "graphql_api.processes.cli", "demo", "--json", *words],
            env={**os.environ, "SCRIP_DATABASE_URL": url, "SCRIP_VAR": str(var)},
            stdout=output,
        )
        memory_mb = _watch(process)
        seconds = perf_counter() - started
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        output.seek(0)
        report = json.load(output)
    figures = {name: value for name, value in report.items() if isinstance(value, int)}
    categories = report["vouchers"]["categories"].values()
    figures["vouchers"] = sum(each["issued"] + each["uses"] + each["expired"] for each in categories)
    return Year(seconds=seconds, memory_mb=memory_mb, figures=figures)


def _watch(process: subprocess.Popen[bytes]) -> float:
    """Waits for the process; the highest memory of it and its children together, in MB."""
    highest = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.Error):
            family = [watched, *watched.children(recursive=True)]
            highest = max(highest, sum(each.memory_full_info().pss for each in family))
        sleep(WATCH_SECONDS)
    return highest / 1024 / 1024


async def _size(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(_SIZE))
    finally:
        await connection.close()


async def _measure_bytes(url: str, var: Path, *, count: int) -> tuple[float, float]:
    """Bytes per earn and per spend, each with a merchant and a reference, spread over all members."""
    async with open_application(Settings(var=var), url=url) as application:
        actor, members, merchant = await _parties(url)
        before = await _size(url)
        await _submit(
            application.engine,
            [
                EarnPoints(
                    actor=actor,
                    key=f"bytes-earn-{n}",
                    reference=f"bytes-earn-{n}",
                    member_id=members[n % len(members)],
                    amount=100,
                    merchant_id=merchant,
                )
                for n in range(count)
            ],
        )
        between = await _size(url)
        await _submit(
            application.engine,
            [
                SpendPoints(
                    actor=actor,
                    key=f"bytes-spend-{n}",
                    reference=f"bytes-spend-{n}",
                    member_id=members[n % len(members)],
                    amount=100,
                    merchant_id=merchant,
                )
                for n in range(count)
            ],
        )
        after = await _size(url)
    return (between - before) / count, (after - between) / count


async def _parties(url: str) -> tuple[Actor, list[UUID], UUID]:
    connection = await asyncpg.connect(url)
    try:
        programme_id = await connection.fetchval("SELECT id FROM registry.programmes WHERE code = $1", PROGRAMME)
        members = [row["id"] for row in await connection.fetch("SELECT id FROM book.members ORDER BY id")]
        merchant_id = await connection.fetchval("SELECT min(id::text)::uuid FROM registry.merchants")
    finally:
        await connection.close()
    return Actor(kind="service", id="bench", programme_id=programme_id), members, merchant_id


async def _submit(engine: Engine, commands: list[PointsCommand]) -> None:
    for begin in range(0, len(commands), LIST):
        for outcome in await submit_list(engine, commands[begin : begin + LIST]):
            outcome.unwrap()
