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
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
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
    url = await _new_book(bench, "year")
    empty = await _size(url)
    year = await run_demo(url, bench.folder, *(() if bench.scale.short else ("--full",)))
    events = sum(year.figures[name] for name in ("earns", "spends", "refused", "vouchers"))
    bytes_per_event = (await _size(url) - empty) / events
    earn_bytes, spend_bytes = await _measure_bytes(url, bench.folder, count=LIST if bench.scale.short else COMMANDS)
    await bench.check_book(url)
    sizes = {"bytes_per_event": bytes_per_event, "bytes_per_earn": earn_bytes, "bytes_per_spend": spend_bytes}
    return _beside_promise("year", year, SECONDS_GOAL, notes=sizes, settings={"events": events})


async def _measure_activities(bench: Bench) -> Result:
    url = await _new_book(bench, "programme_year")
    year = await run_demo(url, bench.folder, "--full", "--programme", str(EXAMPLE))
    await bench.check_book(url)
    settings = {"awarded_activities": year.figures["earns"], "points_issued": year.figures["pointsIssued"]}
    return _beside_promise("programme_year", year, PROGRAMME_SECONDS_GOAL, notes={}, settings=settings)


async def _new_book(bench: Bench, name: str) -> str:
    """The URL of a database with an empty book, all of it on disk."""
    url = await bench.create_book(name)
    await bench.checkpoint()
    return url


def _beside_promise(
    name: str, year: Year, seconds: float, *, notes: Mapping[str, float], settings: Mapping[str, Setting]
) -> Result:
    """The seconds of the year beside those that are promised."""
    ours, promised = (
        Measurement(operations=1, rate=each, p50_ms=0.0, p99_ms=0.0, notes={**notes, "memory_mb": year.memory_mb})
        for each in (year.seconds, seconds)
    )
    return compare(
        name=name,
        unit="s",
        ours=[ours],
        baseline=[promised],
        goal=Goal(at_most=1),
        settings={
            "baseline_is": "the promise",
            "memory_goal_mb": MEMORY_GOAL_MB,
            "memory_goal_met": year.memory_mb <= MEMORY_GOAL_MB,
            **settings,
        },
    )


async def run_demo(url: str, var: Path, *words: str) -> Year:
    """`scrip demo` with these words, in a process of its own."""
    report_file = var / "report.json"
    with report_file.open("w") as output:
        started = perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "graphql_api.processes.cli", "demo", "--json", *words),
            env={**os.environ, "SCRIP_DATABASE_URL": url, "SCRIP_VAR": str(var)},
            stdout=output,
        )
        try:
            memory_mb = await _watch(process)
        except BaseException:
            process.terminate()
            await process.wait()
            raise
        seconds = perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, ("scrip", "demo", *words))
    report = json.loads(report_file.read_text())
    figures = {name: value for name, value in report.items() if isinstance(value, int)}
    categories = report["vouchers"]["categories"].values()
    figures["vouchers"] = sum(each["issued"] + each["uses"] + each["expired"] for each in categories)
    return Year(seconds=seconds, memory_mb=memory_mb, figures=figures)


async def _watch(process: asyncio.subprocess.Process) -> float:
    """Waits for the process; the highest memory of it and its children together, in MB."""
    highest = 0
    watched = psutil.Process(process.pid)
    while process.returncode is None:
        with suppress(psutil.Error):
            family = [watched, *watched.children(recursive=True)]
            highest = max(highest, sum(each.memory_full_info().pss for each in family))
        with suppress(TimeoutError):
            async with asyncio.timeout(WATCH_SECONDS):
                await process.wait()
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
