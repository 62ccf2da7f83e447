"""A migrated book with members, merchants and points, and an engine on it: what the spend benchmarks write to.

Members' points come in by earns through the same engine that is measured, so the tables grew from empty under
its prepared statements. Only the registry and the holders are laid down by SQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from audit.cipher import KEY_BYTES, KeySealer
from audit.log import AuditLog
from benchmarks.harness import Bench
from ledger.engine.batch import BatchRunner
from ledger.engine.command import Actor
from ledger.engine.database import Database
from ledger.engine.decide import Decider
from ledger.engine.engine import Engine
from ledger.engine.ids import IdSource
from ledger.engine.queue import Limits
from ledger.engine.reader import Reader
from ledger.engine.standing import Standing
from ledger.engine.statements import Statements
from ledger.points.earn import EarnPoints
from ledger.programme.clock import LiveClock
from ledger.programme.rows import asset_id
from migrations.apply import migrate_database

SCHEMA: Final = "book"
LIST: Final = 1_000
POINTS_PER_LOT: Final = 1_000_000
PROGRAMME: Final = UUID(int=1)
PARTNER: Final = UUID(int=2)
TILL: Final = Actor(kind="service", id="till", programme_id=PROGRAMME)

SEED: Final = f"""
    SET session_replication_role = replica;
    INSERT INTO registry.programmes (id, code, name, time_zone) VALUES ('{PROGRAMME}', 'BENCH', 'Bench', 'UTC');
    INSERT INTO registry.assets (id, programme_id, code, kind, expiry)
    VALUES ('{asset_id(PROGRAMME, "POINTS")}', '{PROGRAMME}', 'POINTS', 'points', '6 months to month');
    INSERT INTO registry.partners (id, programme_id, code, name) VALUES ('{PARTNER}', '{PROGRAMME}', 'P', 'P');
    INSERT INTO {SCHEMA}.holders (id, programme_id, kind) VALUES ('{PROGRAMME}', '{PROGRAMME}', 'programme');
"""
"""Triggers off, as a restore has them: these rows have no audit events and are no part of what is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who holds what at the start. `name` is the database's."""

    members: int
    merchants: int = 10
    lots_per_member: int = 2
    name: str = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookUnderTest:
    """A running engine and whom it may serve."""

    url: str
    engine: Engine
    members: Sequence[UUID]
    merchants: Sequence[UUID]


class _Deaf:
    """Hears nothing; metrics are the API process's."""

    def batch_done(self, commands: int, waits_s: Sequence[float], decide_s: float, commit_s: float) -> None:
        del commands, waits_s, decide_s, commit_s

    def refused(self, code: str) -> None:
        del code

    def retried(self, why: str) -> None:
        del why


@asynccontextmanager
async def open_book(bench: Bench, population: Population) -> AsyncIterator[BookUnderTest]:
    """Migrate a new database, seed it, let every member earn its lots, and drain the engine at the end."""
    url = await bench.create_database(population.name)
    await migrate_database(url, book_schema=SCHEMA)
    ids = IdSource(1)
    member_ids = [ids.new() for _ in range(population.members)]
    merchant_ids = [ids.new() for _ in range(population.merchants)]
    await _seed(url, member_ids, merchant_ids)
    database = Database(url, book_schema=SCHEMA, pool_size=4)
    await database.open()
    engine = _compose(database)
    await engine.start()
    try:
        await _earn(engine, member_ids, lots=population.lots_per_member)
        yield BookUnderTest(url=url, engine=engine, members=member_ids, merchants=merchant_ids)
    finally:
        await engine.stop()
        await database.close()


def _compose(database: Database) -> Engine:
    sealer = KeySealer(bytes(KEY_BYTES))
    statements = Statements(SCHEMA)
    runner = BatchRunner(
        statements=statements,
        standing=Standing(statements),
        decider=Decider(sealer, LiveClock()),
        sink=AuditLog(sealer),
        ids=IdSource(1),
    )
    return Engine(database, runner, Reader(database.pool, SCHEMA), _Deaf(), Limits())


async def _seed(url: str, members: Sequence[UUID], merchants: Sequence[UUID]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SEED)
        await connection.execute(
            "INSERT INTO registry.merchants (id, programme_id, partner_id, code, name) "
            "SELECT id, $2, $3, id::text, 'shop' FROM unnest($1::uuid[]) AS id",
            merchants,
            PROGRAMME,
            PARTNER,
        )
        for kind, ids in (("member", members), ("merchant", merchants)):
            await connection.execute(
                f"INSERT INTO {SCHEMA}.holders (id, programme_id, kind) SELECT id, $2, $3 FROM unnest($1::uuid[]) AS id",
                ids,
                PROGRAMME,
                kind,
            )
    finally:
        await connection.close()


async def _earn(engine: Engine, members: Sequence[UUID], *, lots: int) -> None:
    for lot in range(lots):
        for begin in range(0, len(members), LIST):
            outcomes = await engine.execute_list(
                [
                    EarnPoints(actor=TILL, key=f"earn-{lot}-{member}", member_id=member, amount=POINTS_PER_LOT)
                    for member in members[begin : begin + LIST]
                ]
            )
            for outcome in outcomes:
                outcome.unwrap()
