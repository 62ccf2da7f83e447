"""Bytes that an earn and a spend leave behind, indexes and audit included, beside those of the plain transfer.

A book keeps what the plain ledger does not: lots and draws, stored outcomes, statement lines, audit events.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import asyncpg

from benchmarks.baseline_transfer import MERCHANTS, create_plain_ledger
from benchmarks.book_under_test import Population, open_book
from benchmarks.engine_load import EngineLoad, ask_earn, ask_spend
from benchmarks.harness import Bench
from benchmarks.measurement import Measurement, Result, compare, note

BYTES: Final = "bytes_each"
WAL_BYTES: Final = "wal_bytes_each"
LIST_ITEMS: Final = 500
PLAIN_CLIENTS: Final = 16

_SIZES: Final = """
SELECT sum(pg_total_relation_size(pg_class.oid))::bigint, pg_current_wal_insert_lsn() - '0/0'
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A load whose database is weighed before and after: its tables with their indexes, and the server's WAL."""

    url: str
    load: Callable[[], Awaitable[Measurement]]

    async def __call__(self) -> Measurement:
        """The load's measurement with bytes per operation as notes."""
        connection = await asyncpg.connect(self.url)
        try:
            [(tables_before, wal_before)] = await connection.fetch(_SIZES)
            measured = await self.load()
            [(tables, wal)] = await connection.fetch(_SIZES)
        finally:
            await connection.close()
        grown = {BYTES: tables - tables_before, WAL_BYTES: int(wal - wal_before)}
        each = {name: bytes_ / measured.operations for name, bytes_ in grown.items()}
        return replace(measured, notes={**measured.notes, **each})


async def measure(bench: Bench) -> list[Result]:
    """Two results: bytes an earn and bytes a spend, by lists on a book whose members have wallets."""
    plain = await create_plain_ledger(bench, merchants=MERCHANTS)
    population = Population(members=bench.scale.members, merchants=MERCHANTS)
    seconds = bench.scale.seconds
    async with open_book(bench, population) as book:
        await bench.checkpoint()
        loads = {name: EngineLoad(book, ask=ask, seed=name) for name, ask in (("earn", ask_earn), ("spend", ask_spend))}
        ours = {
            name: Weighed(url=book.url, load=partial(load.run_lists, items=LIST_ITEMS, callers=2, seconds=seconds))
            for name, load in loads.items()
        }
        transfers = partial(plain.transfer, clients=PLAIN_CLIENTS, seconds=seconds)
        rounds = await bench.interleave({**ours, "plain": Weighed(url=plain.url, load=transfers)})
    await bench.check_book(book.url)
    return [
        compare(
            name=f"storage_{name}",
            unit="bytes each",
            ours=rounds[name],
            baseline=rounds["plain"],
            figure=note(BYTES),
            settings={"members": bench.scale.members},
        )
        for name in ours
    ]
