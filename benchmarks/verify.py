"""Verifying a whole log offline: entries a second from a bundle in a file to a verdict, beside the promise of 50,000.

Measured as an auditor runs it, and in one process. Both are wall time; CPU time stands beside it, for busy machines.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

import asyncpg

from audit.bundle import pack, unpack
from audit.export import Wanted, export
from audit.search import EventFilter
from audit.sequencer import Sequencer, open_connection
from audit.signing import SigningKey
from audit.verifier import Request, judge, processes_for
from benchmarks.book_under_test import Population, open_book
from benchmarks.measurement import Goal, Measurement, Result, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.harness import Bench

PROMISE: Final = 50_000
"""Entries a second."""
KEY: Final = SigningKey(name="bench.example/log", seed=bytes(32))
LOTS: Final = 2


async def measure(bench: Bench) -> list[Result]:
    """Two results; the bundle is what filling a book leaves in the log."""
    async with open_book(bench, Population(members=bench.scale.members, lots_per_member=LOTS)) as book:
        archive = await _export(book.url)
    await bench.check_book(book.url)
    processes = processes_for(unpack(archive))
    with tempfile.TemporaryDirectory() as folder:
        request = Request(bundle=Path(folder) / "bundle", policy=Path(folder) / "policy")
        request.bundle.write_bytes(archive)
        request.policy.write_text(f"log {KEY.verifier}\n", encoding="utf-8")
        rounds = [[_verify(request, many) for many in (processes, 1)] for _ in range(bench.scale.rounds)]
    return [
        _result("verify", [each for each, _ in rounds], processes, len(archive)),
        _result("verify_in_one_process", [each for _, each in rounds], 1, len(archive)),
    ]


def _result(name: str, rounds: Sequence[Measurement], processes: int, archive_bytes: int) -> Result:
    promise = Measurement(operations=0, rate=PROMISE, p50_ms=0.0, p99_ms=0.0)
    return compare(
        name=name,
        unit="entries/s",
        ours=rounds,
        baseline=[promise] * len(rounds),
        goal=Goal(at_least=1),
        settings={
            "baseline_is": "the promise",
            "processes": processes,
            "entries": rounds[0].operations,
            "bundle_bytes_per_entry": archive_bytes // rounds[0].operations,
        },
    )


async def _export(url: str) -> bytes:
    connection = await open_connection(url)
    try:
        sequencer = Sequencer(connection, KEY)
        while (await sequencer.sequence()).delays_ms:
            pass
    finally:
        await connection.close()
    auditor = await asyncpg.connect(url, server_settings={"role": "scrip_auditor"})
    try:
        async with auditor.transaction(isolation="repeatable_read", readonly=True):
            return pack(await export(auditor, Wanted(filter=EventFilter()), about={}, key=KEY))
    finally:
        await auditor.close()


def _verify(request: Request, processes: int) -> Measurement:
    begun, started = _cpu_seconds(), perf_counter()
    verdict = judge(replace(request, processes=processes), datetime.now(UTC))
    seconds, used = perf_counter() - started, _cpu_seconds() - begun
    if not verdict.is_clean:
        raise AssertionError(verdict.as_text())
    entries = int(str(verdict.manifest["entries"]))
    milliseconds = seconds * 1000
    return Measurement(
        operations=entries,
        rate=entries / seconds,
        p50_ms=milliseconds,
        p99_ms=milliseconds,
        notes={"cpu_us_per_entry": used / entries * 1e6},
    )


def _cpu_seconds() -> float:
    """Of this process and those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
