"""A programme set up through the product's own commands: assets, a partner with a shop, members, people who act."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.bootstrap import Application
from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.members.enrol import EnrolMember
from ledger.partners.register import create_merchant, create_partner
from ledger.points.earn import EarnPoints
from ledger.programme.input_rules import AssetTerms
from ledger.programme.rows import asset_id
from ledger.programme.setup import create_asset, create_programme
from tests.checking import assert_clean_and_logged

NOBODY = UUID(int=0)
WAITING = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
ADVANCE = "UPDATE registry.instance SET clock_offset_us = clock_offset_us + $1"


@dataclass(slots=True, kw_only=True)
class Bank:
    """Who acts in a test, and how many keys were used."""

    application: Application
    url: str
    programme_id: UUID
    merchant_id: UUID = NOBODY
    partner_id: UUID = NOBODY
    keys: int = field(default=0)

    def actor(self, kind: str = "service", name: str = "core") -> Actor:
        """Somebody of this programme."""
        return Actor(kind=kind, id=name, programme_id=self.programme_id)

    def key(self) -> str:
        """A fresh idempotency key."""
        self.keys += 1
        return f"key-{self.keys}"

    def asset(self, code: str = "POINTS") -> UUID:
        """The id of an asset."""
        return asset_id(self.programme_id, code)

    async def enrol(self, external_id: str) -> UUID:
        """A new member's id."""
        command = EnrolMember(actor=self.actor(), key=self.key(), external_id=external_id)
        return (await self.application.engine.execute(command)).unwrap().member_id

    async def earn(self, member_id: UUID, amount: int, **more: object) -> UUID:
        """Gives the member points; the entry's id."""
        command = EarnPoints(actor=self.actor(), key=self.key(), member_id=member_id, amount=amount)
        receipt = (await self.application.engine.execute(replace(command, **more))).unwrap()  # type: ignore[arg-type]
        assert receipt.entry_id is not None
        return receipt.entry_id

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows, read as the superuser; `{book}` is the book's schema."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(sql.replace("{book}", self.application.settings.book_schema), *arguments)
        finally:
            await connection.close()

    async def count(self, table: str) -> int:
        """How many rows a table of the book or the registry has."""
        return int((await self.fetch(f"SELECT count(*) FROM {table}"))[0][0])

    async def until_waiting(self, count: int = 1) -> list[str]:
        """What those ask for that wait for a lock, of whatever kind, once so many connections do."""
        async with asyncio.timeout(30):
            while len(waiting := await self.fetch(WAITING)) < count:  # noqa: ASYNC110  the database tells in no other way
                await asyncio.sleep(0.01)
        return [row["query"] for row in waiting]

    async def now(self) -> datetime:
        """The ledger's instant."""
        now = "SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond' FROM registry.instance"
        found: datetime = (await self.fetch(now))[0][0]
        return found

    async def advance(self, step: timedelta) -> None:
        """Moves the ledger's clock forward, past the trigger that asks for the event of it."""
        connection = await asyncpg.connect(self.url, server_settings={"session_replication_role": "replica"})
        try:
            await connection.execute(ADVANCE, step // timedelta(microseconds=1))
        finally:
            await connection.close()

    async def account(self, holder: UUID, role: str = "wallet", asset: str = "POINTS") -> asyncpg.Record:
        """A row of accounts."""
        found = "SELECT * FROM {book}.accounts WHERE holder_id = $1 AND role = $2 AND asset_id = $3"
        return (await self.fetch(found, holder, role, self.asset(asset)))[0]


def code_of(outcome: Outcome[Any]) -> str:
    """The outcome's code, "" for an acceptance."""
    return "" if outcome.refusal is None else outcome.refusal.code


@pytest.fixture
async def bank(application: Application, database_url: str) -> AsyncIterator[Bank]:
    """A programme in Shanghai with POINTS (six months), STARS (never) and CNY, and one open shop; the checker has the last word."""
    operator = Actor(kind="operator", id="olga", programme_id=NOBODY)
    units = application.units
    programme = await create_programme(units, operator, code="BANK", name="Bank", time_zone="Asia/Shanghai")
    bank = Bank(application=application, url=database_url, programme_id=programme.id)
    operator = bank.actor("operator", "olga")
    await create_asset(units, operator, code="POINTS", kind="points", terms=AssetTerms(expiry="6 months to month"))
    await create_asset(units, operator, code="STARS", kind="points")
    await create_asset(units, operator, code="CNY", kind="money")
    bank.partner_id = (await create_partner(units, operator, code="CAFES", name="Cafés")).id
    merchant = await create_merchant(units, operator, partner_id=bank.partner_id, code="001", name="Corner")
    bank.merchant_id = merchant.id
    yield bank
    settings = application.settings
    await assert_clean_and_logged(database_url, book_schema=settings.book_schema, book_number=settings.book_number)
