"""A book with members, merchants and points, and a running application on it: what the benchmarks write to.

Everything is laid by the product's own commands through the application that is measured, so the tables grew from
empty under its prepared statements, and `scrip check` has to hold at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeVar
from uuid import UUID

from prometheus_client import CollectorRegistry

from benchmarks.harness import Bench
from graphql_api.bootstrap import Application, open_application
from graphql_api.processes.engine_metrics import EngineMetrics
from graphql_api.processes.memory import settle_memory
from graphql_api.settings import Settings
from ledger.engine.command import Actor
from ledger.engine.engine import Engine
from ledger.members.enrol import EnrolMember
from ledger.partners.register import create_merchant, create_partner
from ledger.points.earn import EarnPoints
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import create_asset, create_programme

T = TypeVar("T")

PROGRAMME: Final = "bench"
POINTS_PER_LOT: Final = 1_000_000
LIST: Final = 1_000
LISTS_AT_ONCE: Final = 4
"""While a book fills; the queue takes no more."""
TERMS: Final = AssetTerms(expiry="6 months to month")
NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who holds what at the start. `name` is the database's."""

    members: int
    merchants: int = 10
    lots_per_member: int = 2
    name: str = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookUnderTest:
    """A running application, who asks it, and whom it may serve; `grow` adds to `members`."""

    url: str
    application: Application
    till: Actor
    merchants: Sequence[UUID]
    members: list[UUID] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random("fill"))

    @property
    def engine(self) -> Engine:
        """Where commands go."""
        return self.application.engine

    @property
    def environment(self) -> dict[str, str]:
        """What tells another process of the product to work on this book, with the same keys."""
        settings = self.application.settings
        return {"SCRIP_DATABASE_URL": self.url, "SCRIP_VAR": str(settings.var.absolute())}

    async def grow(self, members: int, *, lots_per_member: int) -> None:
        """Enrol so many more members, and let each of them earn its lots."""
        numbers = range(len(self.members), len(self.members) + members)
        async for enrolled in _by_lists(numbers, self._enrol):
            self.members.extend(enrolled)
        for _ in range(lots_per_member):
            async for _earned in _by_lists(numbers, self._earn):
                pass

    def new_key(self) -> str:
        """A key that looks like the version 4 ids of clients; the sequence is always the same."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    async def _enrol(self, numbers: Sequence[int]) -> list[UUID]:
        outcomes = await self.engine.execute_list(
            [EnrolMember(actor=self.till, key=self.new_key(), external_id=f"member-{number}") for number in numbers]
        )
        return [outcome.unwrap().member_id for outcome in outcomes]

    async def _earn(self, numbers: Sequence[int]) -> list[UUID]:
        outcomes = await self.engine.execute_list(
            [
                EarnPoints(actor=self.till, key=self.new_key(), member_id=self.members[number], amount=POINTS_PER_LOT)
                for number in numbers
            ]
        )
        return [outcome.unwrap().member_id for outcome in outcomes]


@asynccontextmanager
async def open_book(bench: Bench, population: Population) -> AsyncIterator[BookUnderTest]:
    """Create a new book, open the product on it as `scrip serve` does, and fill it; drain the engine at the end."""
    url = await bench.create_book(population.name)
    settings = Settings(database_url=url, var=bench.folder)
    async with open_application(settings, url=url, observer=EngineMetrics(CollectorRegistry())) as application:
        book = await _lay_registry(application, url, population)
        settle_memory()
        await book.grow(population.members, lots_per_member=population.lots_per_member)
        settle_memory()
        yield book


async def _lay_registry(application: Application, url: str, population: Population) -> BookUnderTest:
    units = application.units
    founder = Actor(kind="operator", id="founder", programme_id=NOBODY)
    programme = await create_programme(units, founder, code=PROGRAMME, name="Bench", time_zone="UTC")
    till = Actor(kind="service", id=f"till@{PROGRAMME}", programme_id=programme.id)
    await create_asset(units, till, code="POINTS", kind="points", terms=TERMS)
    partner = await create_partner(units, till, code="partner", name="Partner")
    merchants = [
        (await create_merchant(units, till, partner_id=partner.id, code=f"shop-{number}", name=f"Shop {number}")).id
        for number in range(population.merchants)
    ]
    return BookUnderTest(url=url, application=application, till=till, merchants=merchants)


async def _by_lists(
    numbers: Sequence[int], work: Callable[[Sequence[int]], Awaitable[list[T]]]
) -> AsyncIterator[list[T]]:
    """What `work` makes of every list of numbers, in order."""
    lists = [numbers[begin : begin + LIST] for begin in range(0, len(numbers), LIST)]
    for begin in range(0, len(lists), LISTS_AT_ONCE):
        for done in await asyncio.gather(*map(work, lists[begin : begin + LISTS_AT_ONCE])):
            yield done
