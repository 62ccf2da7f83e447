"""Run contenders in interleaved rounds, keep the results as JSON, print them as a table."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg
from rich.console import Console
from rich.table import Table

from benchmarks.measurement import Measurement, Result
from graphql_api.audit_log.log_reconciling import reconcile_log
from graphql_api.processes.embedded import EmbeddedServer, own_server
from graphql_api.settings import Settings
from ledger.reports.check import check_book
from migrations.apply import migrate_database

EMPTY_BOOK: Final = "empty_book"
RESULTS: Final = Path(__file__).parent / "results"

Round = Callable[[], Awaitable[Measurement]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How long and how large a benchmark runs, with how many API processes."""

    rounds: int
    seconds: float
    members: int
    workers: int
    short: bool


FULL: Final = Scale(rounds=5, seconds=8.0, members=100_000, workers=2, short=False)
SHORT: Final = Scale(rounds=1, seconds=0.2, members=250, workers=1, short=True)
"""Only proves that a benchmark still works; its figures mean nothing and are not kept."""


class BookDiffers(Exception):
    """What `scrip check` looks for was found after a benchmark; the message is its report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a benchmark is given: a durable server of its own, empty but for the database `scrip`, and a folder for keys."""

    server: EmbeddedServer
    folder: Path
    scale: Scale
    console: Console

    async def create_database(self, name: str, *, template: str = "template1") -> str:
        """A new database on the server, in place of an earlier benchmark's; its URL. Empty, unless a template is named."""
        connection = await asyncpg.connect(self.server.url)
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        finally:
            await connection.close()
        return self.server.url_of(name)

    async def create_book(self, name: str) -> str:
        """A new database with an empty book, in place of an earlier benchmark's; its URL. A server is migrated once."""
        if not await self._has_database(EMPTY_BOOK):
            empty = await self.create_database(EMPTY_BOOK)
            await migrate_database(empty, book_schema=Settings().book_schema)
        return await self.create_database(name, template=EMPTY_BOOK)

    async def _has_database(self, name: str) -> bool:
        connection = await asyncpg.connect(self.server.url)
        try:
            return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name))
        finally:
            await connection.close()

    async def checkpoint(self) -> None:
        """Write out what earlier work left dirty, so that it is not charged to what comes next."""
        connection = await asyncpg.connect(self.server.url)
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def check_book(self, url: str) -> None:
        """Check the book at `url` as `scrip check` does; every benchmark that wrote to one asks for it at its end.

        Raises BookDiffers on any difference.
        """
        settings = Settings()
        report = await check_book(url, book_schema=settings.book_schema, book_number=settings.book_number)
        log = await reconcile_log(url, book_schema=settings.book_schema)
        if not (report.is_clean and log.is_clean):
            found = [str(difference) for rule in report.rules for difference in rule.differences]
            raise BookDiffers("\n".join([*found, log.as_text()]))

    async def interleave(self, contenders: Mapping[str, Round]) -> dict[str, list[Measurement]]:
        """Measure every contender once a round, one after the other, every other round backwards.

        An extra first round warms up and is thrown away, except in the short form.
        """
        measured: dict[str, list[Measurement]] = {name: [] for name in contenders}
        warming = 0 if self.scale.short else 1
        for number in range(self.scale.rounds + warming):
            order = list(contenders)[:: 1 if number % 2 == 0 else -1]
            for name in order:
                measurement = await contenders[name]()
                self._report(number - warming, name, measurement)
                if number >= warming:
                    measured[name].append(measurement)
        return measured

    def _report(self, number: int, name: str, measurement: Measurement) -> None:
        label = "warming" if number < 0 else f"round {number + 1}"
        self.console.print(
            f"  {label}: {name} {measurement.rate:,.0f}/s, "
            f"p50 {measurement.p50_ms:.2f} ms, p99 {measurement.p99_ms:.2f} ms",
            style="dim",
        )


@contextmanager
def open_bench(*, var: Path, scale: Scale, console: Console) -> Iterator[Bench]:
    """A bench on an embedded server with fsync and synchronous_commit on, in a folder that goes with it."""
    var.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=var, prefix="bench-") as folder, own_server(Path(folder)) as server:
        yield Bench(server=server, folder=Path(folder), scale=scale, console=console)


def keep(results: Sequence[Result], folder: Path = RESULTS) -> None:
    """Write NAME.json for every result."""
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        (folder / f"{result.name}.json").write_text(json.dumps(result.to_json(), indent=2) + "\n")


def show(results: Sequence[Result], console: Console) -> None:
    """Print one line for every result and its settings below."""
    table = Table(title="ours beside the baseline, same server, interleaved rounds", box=None, pad_edge=False)
    table.add_column("benchmark", no_wrap=True)
    table.add_column("unit")
    for heading in ("ours", "baseline", "ratio", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("goal")
    for result in results:
        figures = (result.ours, result.baseline, result.ratio, result.p50_ms, result.p99_ms)
        table.add_row(result.name, result.unit, *(f"{figure:,.4g}" for figure in figures), _verdict(result))
    console.print(table)
    for result in results:
        settings = ", ".join(f"{name} {value}" for name, value in result.settings.items())
        console.print(f"{result.name}: {settings}", style="dim", highlight=False)


def _verdict(result: Result) -> str:
    goal = result.settings.get("goal")
    if goal is None:
        return ""
    return f"{goal}: {'met' if result.settings['goal_met'] else 'MISSED'}"
