"""Verifying a whole log offline: entries a second from a bundle in a file to a verdict, beside the promise of 50,000."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

import asyncpg

from audit.bundle import pack
from audit.export import Wanted, export
from audit.search import EventFilter
from audit.sequencer import Sequencer, open_connection
from audit.signing import SigningKey
from audit.verifier import Request, judge
from benchmarks.book_under_test import Population, open_book
from benchmarks.measurement import Goal, Measurement, Result, compare

if TYPE_CHECKING:
    from benchmarks.harness import Bench

PROMISE: Final = 50_000
"""Entries a second."""
KEY: Final = SigningKey(name="bench.example/log", seed=bytes(32))
LOTS: Final = 2


async def measure(bench: Bench) -> list[Result]:
    """One result; the bundle is what filling a book leaves in the log."""
    async with open_book(bench, Population(members=bench.scale.members, lots_per_member=LOTS)) as book:
        archive = await _export(book.url)
    await bench.check_book(book.url)
    with tempfile.TemporaryDirectory() as folder:
        request = Request(bundle=Path(folder) / "bundle", policy=Path(folder) / "policy")
        request.bundle.write_bytes(archive)
        request.policy.write_text(f"log {KEY.verifier}\n", encoding="utf-8")
        rounds = [_verify(request) for _ in range(bench.scale.rounds)]
    promise = Measurement(operations=0, rate=PROMISE, p50_ms=0.0, p99_ms=0.0)
    return [
        compare(
            name="verify",
            unit="entries/s",
            ours=rounds,
            baseline=[promise] * len(rounds),
            goal=Goal(at_least=1),
            settings={
                "baseline_is": "the promise",
                "entries": rounds[0].operations,
                "bundle_bytes_per_entry": len(archive) // rounds[0].operations,
            },
        )
    ]


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


def _verify(request: Request) -> Measurement:
    started = perf_counter()
    verdict = judge(request, datetime.now(UTC))
    seconds = perf_counter() - started
    if not verdict.is_clean:
        raise AssertionError(verdict.as_text())
    entries = int(str(verdict.manifest["entries"]))
    milliseconds = seconds * 1000
    return Measurement(operations=entries, rate=entries / seconds, p50_ms=milliseconds, p99_ms=milliseconds)
