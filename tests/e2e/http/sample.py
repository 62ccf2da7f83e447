# Strawberry's decorators return Any.
# mypy: disable-error-code="untyped-decorator"
"""A small schema and application by which the HTTP face is tested without a ledger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from graphql_api.caller import Caller
from graphql_api.errors import InvalidInput
from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.request_record import RequestRecord
from graphql_api.scalars import JSON, SCALAR_MAP, IdempotencyKey
from ledger.book.units import Points

PERSONAL = "Ada Lovelace, +41 79 000 00 00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the sample's resolvers see."""

    caller: Caller
    request: RequestRecord


Info = strawberry.Info[Context, None]


@strawberry.type
class Lot:
    """A lot."""

    remaining: Points
    expires_at: datetime


@strawberry.type
class Wallet:
    """A wallet of plain attributes."""

    id: strawberry.ID
    posted: Points
    held: Points
    pending: Points
    overdue: Points
    available: Points
    name: str | None
    version: int

    @strawberry.field(metadata=requires(Scope.WALLET_READ_ANY))
    def secret(self) -> str:
        """Only with a scope of its own."""
        return "secret"

    @strawberry.field(metadata=any_caller(page_max=100))
    def lots(self, first: int = 20) -> list[Lot]:
        """Some lots."""
        return [Lot(remaining=Points(5), expires_at=datetime(2026, 1, 31, tzinfo=UTC)) for _ in range(min(first, 3))]


async def ask_lost_database() -> int:
    """What a query meets whose connection broke."""
    raise ConnectionResetError(PERSONAL)


def a_wallet() -> Wallet:
    """A wallet."""
    return Wallet(
        id=strawberry.ID("w1"), posted=Points(10**15), held=Points(0), pending=Points(3), overdue=Points(0),
        available=Points(7), name=None, version=1,
    )  # fmt: skip


@strawberry.input
class SpendInput:
    """What to spend."""

    idempotency_key: IdempotencyKey
    points: Points
    code: str
    reference: str | None = None


@strawberry.type
class Spent:
    """Points were spent."""

    entry_id: strawberry.ID
    points: Points
    at: datetime
    replayed: bool
    wallet: Wallet


@strawberry.type
class Refused:
    """They were not."""

    code: str
    message: str


SpendResult = Annotated[Spent | Refused, strawberry.union("SpendResult")]


@strawberry.input(one_of=True)
class Pick:
    """One of two."""

    a: strawberry.Maybe[int]
    b: strawberry.Maybe[str]


@strawberry.type
class Query:
    """Reads."""

    @strawberry.field(metadata=requires(Scope.WALLET_READ, Scope.WALLET_READ_ANY))
    async def wallet(self, id: strawberry.ID) -> Wallet | None:  # noqa: A002
        """A wallet."""
        return a_wallet() if id == "w1" else None

    @strawberry.field(metadata=any_caller())
    def hello(self, name: str = "you", extra: JSON | None = None) -> str:
        """Say hello."""
        return f"hello {name}"

    @strawberry.field(metadata=any_caller())
    def pick(self, pick: Pick) -> str:
        """What was picked."""
        return f"a {pick.a.value}" if pick.a else "b"

    @strawberry.field(metadata=any_caller())
    async def slow(self, seconds: float) -> str:
        """Wait."""
        await asyncio.sleep(seconds)
        return "done"

    @strawberry.field(metadata=any_caller())
    async def broken(self) -> str | None:
        """A bug whose message quotes a person."""
        raise RuntimeError(PERSONAL)

    @strawberry.field(metadata=any_caller())
    async def picky(self) -> str | None:
        """An error a caller may read."""
        raise InvalidInput("The cursor is malformed.")

    @strawberry.field(metadata=any_caller())
    def whoami(self, info: Info) -> str:
        """The caller's client."""
        return info.context.caller.client


@strawberry.type
class Mutation:
    """Writes."""

    @strawberry.mutation(metadata=requires(Scope.POINTS_SPEND, moves="spend", cost=10))
    async def spend(self, info: Info, input: SpendInput) -> SpendResult:  # noqa: A002
        """Spend."""
        if input.points > 100:
            info.context.request.refused("INSUFFICIENT_POINTS")
            return Refused(code="INSUFFICIENT_POINTS", message="Fewer points are available.")
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return Spent(entry_id=strawberry.ID("e1"), points=input.points, at=at, replayed=False, wallet=a_wallet())


@strawberry.type
class Subscription:
    """Changes."""

    @strawberry.subscription(metadata=requires(Scope.WALLET_READ, Scope.WALLET_READ_ANY))
    async def ticks(self, count: int, pause: float = 0.0) -> AsyncIterator[int]:
        """Count."""
        for tick in range(count):
            await asyncio.sleep(pause)
            yield tick

    @strawberry.subscription(metadata=any_caller())
    async def failing(self) -> AsyncIterator[int]:
        """One event and a bug."""
        yield 1
        raise RuntimeError(PERSONAL)

    @strawberry.subscription(metadata=any_caller())
    async def lost(self) -> AsyncIterator[int]:
        """A database that does not answer."""
        yield await ask_lost_database()


def sample_schema() -> strawberry.Schema:
    """A fresh schema."""
    return strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map=dict(SCALAR_MAP)))
