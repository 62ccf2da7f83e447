"""How a mutation answers: one success type, or one of the refusals that it declares."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import Final, ParamSpec

import strawberry

from graphql_api.errors import log_lost
from graphql_api.permissions import Role
from graphql_api.schema.callers import BANK
from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import result_union
from graphql_api.schema.refusals import ERROR_TYPES, UserError, pascal, present
from graphql_api.unresolved import Unresolved
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.writer import LOST

P = ParamSpec("P")
_AS_IT_IS: Final[Mapping[str, str]] = {}


def mutation(
    resolver: Callable[P, Awaitable[object]],
    rule: dict[object, object],
    *,
    succeeds: type | tuple[type, ...],
    refusals: Iterable[RefusalCode],
    callers: frozenset[Role] = BANK,
    names: Mapping[str, str] = _AS_IT_IS,
) -> object:
    """A root field whose result is `<Name>Result`: what `succeeds`, or an error of `refusals`.

    The resolver may raise any of the refusals. A query that a till asks in the middle of a sale answers so too.
    callers: the roles that may ask at all, whatever their scopes, by default the bank's; others are refused with FORBIDDEN
    names:   what the input calls those fields that the command calls otherwise
    """
    name = pascal(resolver.__name__)
    successes = succeeds if isinstance(succeeds, tuple) else (succeeds,)
    union = result_union(
        f"{name}Result", f"What `{name[0].lower()}{name[1:]}` came to.", (*successes, *_errors(refusals))
    )
    return strawberry.mutation(resolver=_presenting(resolver, union, callers, names), metadata=rule)


def items_of(name: str, succeeds: type, refusals: Iterable[RefusalCode]) -> object:
    """What the items of a list came to, as a GraphQL type: each the success, an error, or that another item failed."""
    return independent_items_of(name, succeeds, (*refusals, RefusalCode.GROUP_FAILED))


def independent_items_of(name: str, succeeds: type, refusals: Iterable[RefusalCode]) -> object:
    """The same of a list that is never atomic."""
    union = result_union(name, "What one item of the list came to.", (succeeds, *_errors(refusals)))
    return list.__class_getitem__(union)


def _errors(refusals: Iterable[RefusalCode]) -> tuple[type, ...]:
    asked = frozenset(refusals)
    return tuple(ERROR_TYPES[code] for code in RefusalCode if code in asked)


_BALANCES = ("available", "owed")
"""Facts that tell a member's balance."""


def _presenting(
    resolver: Callable[P, Awaitable[object]], union: object, callers: frozenset[Role], names: Mapping[str, str]
) -> Callable[P, Awaitable[object]]:
    @wraps(resolver)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> object:
        info = kwargs["info"]
        assert isinstance(info, strawberry.Info)
        if info.context.caller.role not in callers:
            return refused(info.context, Refusal(RefusalCode.FORBIDDEN))
        try:
            return await resolver(*args, **kwargs)
        except Refusal as refusal:
            return refused(info.context, _named(refusal, names))
        except LOST as error:
            # A database that cannot be asked is a refusal too, which says to send the same again.
            log_lost(error, resolver.__name__)
            return refused(info.context, Refusal(RefusalCode.UNAVAILABLE, retry_after_seconds=1))

    answer.__annotations__ = {**resolver.__annotations__, "return": union}
    answer.__signature__ = signature(resolver).replace(return_annotation=union)  # type: ignore[attr-defined]
    return answer


def _named(refusal: Refusal, names: Mapping[str, str]) -> Refusal:
    """The refusal, with the fields that it names as the caller knows them."""
    match refusal.facts:
        case {"field": str(field)} if field in names:
            return Refusal(refusal.code, **{**refusal.facts, "field": names[field]})
        case {"fields": tuple(fields)} if names:
            return Refusal(refusal.code, fields=tuple(names.get(str(each), str(each)) for each in fields))
    return refusal


def refused(context: Context, refusal: Refusal) -> UserError:
    """The refusal as the caller sees it, noted for the log and the metrics."""
    context.request.refused(refusal.code)
    if isinstance(refusal, Unresolved):
        context.request.deny(refusal.code)
    return present(refusal, without=() if context.sees_balances else _BALANCES)


INPUT = strawberry.argument(name="input", description="What is asked for.")
"""How every mutation names its one argument: `asked: Annotated[SpendPointsInput, INPUT]`."""
