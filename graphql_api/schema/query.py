"""How a root field of the query or subscription type is declared: `callers` are the roles that may ask at all."""

from collections.abc import AsyncIterator, Awaitable, Callable

import strawberry

from graphql_api.field_rules import only_for
from graphql_api.permissions import Role


def query(
    resolver: Callable[..., Awaitable[object]], rule: dict[object, object], *, callers: frozenset[Role]
) -> object:
    """A field of the query type."""
    return strawberry.field(resolver=resolver, metadata=only_for(callers, rule))


def subscription(
    resolver: Callable[..., AsyncIterator[object]], rule: dict[object, object], *, callers: frozenset[Role]
) -> object:
    """A field of the subscription type."""
    return strawberry.subscription(resolver=resolver, metadata=only_for(callers, rule))
