"""How a root field of the query or subscription type is declared."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import strawberry

from graphql_api.errors import Forbidden
from graphql_api.permissions import Role

P = ParamSpec("P")
T = TypeVar("T")


def query(resolver: Callable[P, Awaitable[T]], rule: dict[object, object], *, callers: frozenset[Role]) -> object:
    """A field of the query type. `callers`: the roles that may ask at all, whatever their scopes."""

    @wraps(resolver)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        _require_role(kwargs["info"], callers)
        return await resolver(*args, **kwargs)

    return strawberry.field(resolver=answer, metadata=rule)


def subscription(
    resolver: Callable[P, AsyncIterator[T]], rule: dict[object, object], *, callers: frozenset[Role]
) -> object:
    """A field of the subscription type, likewise."""

    @wraps(resolver)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        _require_role(kwargs["info"], callers)
        async with aclosing(cast("AsyncGenerator[T]", resolver(*args, **kwargs))) as events:
            async for event in events:
                yield event

    return strawberry.subscription(resolver=answer, metadata=rule)


def _require_role(info: object, callers: frozenset[Role]) -> None:
    assert isinstance(info, strawberry.Info)
    if info.context.caller.role not in callers:
        raise Forbidden("Callers of this role may not ask for this.")
