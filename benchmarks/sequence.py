"""The sequencer alone: entries a second from waiting to committed and signed, beside the promise of 15,000.

The backlog is what filling a book leaves: enrolments and earns, as the engine records them.
"""

from __future__ import annotations

from time import perf_counter
from typing import Final

import asyncpg

from audit.sequencer import BATCH_MAX, Sequencer, open_connection
from audit.signing import SigningKey
from benchmarks.book_under_test import Population, open_book
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Measurement, Result, Setting, compare

PROMISE: Final = 15_000
"""Entries a second."""
KEY: Final = SigningKey(name="bench.example/log", seed=bytes(32))
LOTS: Final = 2
_SIZES: Final = """
SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'audit' AND c.relname = ANY ($1) AND c.relkind = 'r'
"""
_EVENTS: Final = ("events", "parts")
_TREE: Final = ("leaves", "tiles", "tree", "checkpoints", "pending")


async def measure(bench: Bench) -> list[Result]:
    """One result: each full round of the sequencer is a measurement; bytes per entry are among its settings."""
    async with open_book(bench, Population(members=bench.scale.members, lots_per_member=LOTS)) as book:
        await bench.checkpoint()
        rounds = await _sequence_all(book.url)
        sizes = await _sizes(book.url, entries=sum(each.operations for each in rounds))
    await bench.check_book(book.url)
    # The first round reads plans and pages that the others find; a last one that is not full measures its own overhead.
    full = [each for each in rounds[1:] if each.operations == BATCH_MAX] or rounds
    promise = Measurement(operations=0, rate=PROMISE, p50_ms=0.0, p99_ms=0.0)
    settings: dict[str, Setting] = {"baseline_is": "the promise", "batch": BATCH_MAX, **sizes}
    return [
        compare(
            name="sequence",
            unit="entries/s",
            ours=full,
            baseline=[promise] * len(full),
            goal=Goal(at_least=1),
            settings=settings,
        )
    ]


async def _sequence_all(url: str) -> list[Measurement]:
    connection = await open_connection(url)
    try:
        sequencer = Sequencer(connection, KEY)
        rounds: list[Measurement] = []
        while True:
            started = perf_counter()
            entries = len((await sequencer.sequence()).delays_ms)
            seconds = perf_counter() - started
            if entries == 0:
                return rounds
            milliseconds = seconds * 1000
            rounds.append(
                Measurement(operations=entries, rate=entries / seconds, p50_ms=milliseconds, p99_ms=milliseconds)
            )
    finally:
        await connection.close()


async def _sizes(url: str, *, entries: int) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        events = await connection.fetchval(_SIZES, _EVENTS)
        tree = await connection.fetchval(_SIZES, _TREE)
    finally:
        await connection.close()
    return {"bytes_per_event": events // entries, "tree_bytes_per_event": tree // entries}
