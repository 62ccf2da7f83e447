"""A small programme to act in: two points assets, a merchant, members; and a clock that a test moves forward.

The registry rows are written by SQL as a superuser, so that tests of reads and checks depend on the point commands only.
"""

import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import asyncpg
import orjson
import pytest

from graphql_api.bootstrap import Application
from ledger.engine.command import Actor
from ledger.programme.rows import asset_id

ASSETS = {
    "POINTS": ("6 months to month", "WITHIN_BALANCE"),
    "STARS": ("inactive 3 months", "NEGATIVE"),
    "EVER": ("never", "WITHIN_BALANCE"),
}
TIME_ZONE = "Asia/Shanghai"


@dataclass(slots=True, kw_only=True)
class World:
    """The programme, and a superuser's connection for what no application may do."""

    application: Application
    connection: "asyncpg.Connection[asyncpg.Record]"
    programme_id: UUID
    merchant_id: UUID
    members: list[UUID] = field(default_factory=list)
    keys: int = 0

    @property
    def actor(self) -> Actor:
        """The bank's service."""
        return Actor(kind="service", id="bank", programme_id=self.programme_id)

    def asset(self, code: str = "POINTS") -> UUID:
        """The id of an asset."""
        return asset_id(self.programme_id, code)

    def key(self) -> str:
        """A fresh idempotency key."""
        self.keys += 1
        return f"key-{self.keys}"

    async def advance(self, step: timedelta) -> None:
        """Moves the ledger's clock forward, past the trigger that asks for the event of it."""
        microseconds = step // timedelta(microseconds=1)
        await self.corrupt(f"UPDATE registry.instance SET clock_offset_us = clock_offset_us + {microseconds}")

    async def corrupt(self, *statements: str) -> None:
        """Changes rows behind the ledger's back: no trigger, no constraint trigger, no foreign key stands in the way."""
        async with self.connection.transaction():
            await self.connection.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await self.connection.execute(statement)


async def tell_written(connection: "asyncpg.Connection[asyncpg.Record]", rows: Iterable[UUID]) -> None:
    """Records that rows of the registry, written by SQL, were made: each has the one event of its first version."""
    for row in rows:
        event = uuid.uuid4()
        told = {
            "id": event,
            "outcome": "accepted",
            "resource": str(row),
            "streams": [[str(row), 1]],
            "type": "row_written",
            "v": 1,
        }
        await connection.execute(
            "INSERT INTO audit.events (id, resource_id, record) VALUES ($1, $2, $3)", event, row, orjson.dumps(told)
        )


async def create_world(connection: "asyncpg.Connection[asyncpg.Record]", application: Application) -> World:
    """Writes the programme, its assets and its holders; the next commands find them."""
    programme, partner, merchant = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    world = World(application=application, connection=connection, programme_id=programme, merchant_id=merchant)
    book = application.settings.book_schema
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "INSERT INTO registry.programmes (id, code, name, time_zone) VALUES ($1, $2, 'test', $3)",
            programme, programme.hex, TIME_ZONE,
        )  # fmt: skip
        for code, (expiry, shortfall) in ASSETS.items():
            await connection.execute(
                "INSERT INTO registry.assets (id, programme_id, code, kind, expiry, shortfall, transfers_allowed)"
                " VALUES ($1, $2, $3, 'points', $4, $5, true)",
                asset_id(programme, code), programme, code, expiry, shortfall,
            )  # fmt: skip
        await connection.execute(
            "INSERT INTO registry.partners (id, programme_id, code, name) VALUES ($1, $2, 'p', 'p')", partner, programme
        )
        await connection.execute(
            "INSERT INTO registry.merchants (id, programme_id, partner_id, code, name) VALUES ($1, $2, $3, 'm', 'm')",
            merchant, programme, partner,
        )  # fmt: skip
        for holder, kind in ((programme, "programme"), (merchant, "merchant")):
            await connection.execute(
                f"INSERT INTO {book}.holders (id, programme_id, kind) VALUES ($1, $2, $3)", holder, programme, kind
            )
        for _ in range(8):
            application.ids.tick()
            world.members.append(application.ids.new())
            await connection.execute(
                f"INSERT INTO {book}.holders (id, programme_id, kind) VALUES ($1, $2, 'member')",
                world.members[-1], programme,
            )  # fmt: skip
        await connection.execute("UPDATE registry.instance SET standing_version = standing_version + 1")
        await tell_written(connection, (programme, partner, merchant, *map(world.asset, ASSETS)))
    return world


@pytest.fixture
async def world(application: Application, database_url: str) -> AsyncIterator[World]:
    """A programme with eight members in the test's own database."""
    connection = await asyncpg.connect(database_url)
    try:
        yield await create_world(connection, application)
    finally:
        await connection.close()
