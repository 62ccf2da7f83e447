"""The product's HTTP endpoint over a schema that answers from memory: what a request costs before any database.

Its wallet and spend ask for as much as a till or an app does: a dozen leaves, one list.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import strawberry
from starlette.applications import Starlette

from graphql_api.caller import Caller
from graphql_api.field_rules import requires
from graphql_api.http.addresses import Network
from graphql_api.http.app import HttpOptions, create_app
from graphql_api.http.credentials import Authenticator
from graphql_api.http.development_tokens import RULES, development_key, development_key_set
from graphql_api.http.logs import configure_logs
from graphql_api.http.rate_limits import Rate
from graphql_api.http.tokens import TokenVerifier
from graphql_api.permissions import Scope
from graphql_api.request_record import RequestRecord

KEY_FOLDER = "SCRIP_BENCHMARK_KEYS"
UNLIMITED = Rate(capacity=10**12, per_second=1e12)


@strawberry.type
class Lot:
    """A lot."""

    id: strawberry.ID
    remaining: str
    held: str
    expires_at: str


@strawberry.type
class Wallet:
    """A wallet."""

    member: strawberry.ID
    posted: str
    held: str
    pending: str
    overdue: str
    owed: str
    available: str
    lots: list[Lot]


@strawberry.type
class Spent:
    """What a spend came to."""

    entry_id: strawberry.ID
    replayed: bool
    available: str
    lots: list[Lot]


@strawberry.input
class SpendPointsInput:
    """A spend."""

    member: strawberry.ID
    points: str
    idempotency_key: str
    reference: str | None = None


LOTS = [Lot(id=strawberry.ID(str(n)), remaining="10", held="0", expires_at="2027-01-31") for n in range(3)]


async def read_wallet(member: strawberry.ID) -> Wallet:
    """A wallet, always the same."""
    return Wallet(member=member, posted="30", held="0", pending="0", overdue="0", owed="0", available="30", lots=LOTS)


async def spend_points(
    spend: Annotated[SpendPointsInput, strawberry.argument(name="input")],
) -> Spent:
    """A spend that spends nothing."""
    return Spent(entry_id=spend.member, replayed=False, available="20", lots=LOTS)


@strawberry.type
class Query:
    """Reads."""

    wallet: Wallet = strawberry.field(resolver=read_wallet, metadata=requires(Scope.WALLET_READ_ANY))


@strawberry.type
class Mutation:
    """Writes."""

    spend_points: Spent = strawberry.mutation(
        resolver=spend_points, metadata=requires(Scope.POINTS_SPEND, moves="spend")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What resolvers are given."""

    caller: Caller
    record: RequestRecord


class NoMerchants:
    """There is no registry to ask: every merchant may come from anywhere."""

    version = 1

    async def networks_of(self, merchant_id: str) -> Sequence[Network]:
        """Anywhere."""
        del merchant_id
        return ()


async def ping() -> None:
    """There is no database to reach."""


def create_canned_app() -> Starlette:
    """The app, for uvicorn's factory option; tokens are signed by the key in the folder that KEY_FOLDER names."""
    configure_logs()
    keys = development_key_set(development_key(Path(os.environ[KEY_FOLDER])))
    return create_app(
        schema=strawberry.Schema(query=Query, mutation=Mutation),
        make_context=lambda caller, record: Context(caller=caller, record=record),
        authenticator=Authenticator(
            tokens=TokenVerifier(keys, RULES, monotonic=time.monotonic),
            api_keys=None,
            merchants=NoMerchants(),
            now=time.time,
        ),
        ping=ping,
        options=HttpOptions(adhoc_for_all=True, rate=UNLIMITED),
    )
