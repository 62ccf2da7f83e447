"""Codes that merchants type or scan: whoever guesses is slowed down before anything is looked up."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from graphql_api.attempt import Attempt
from graphql_api.permissions import Role
from graphql_api.schema.context import Context
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.outcome import Outcome

O = TypeVar("O")  # noqa: E741 - the reply

_WRONG: Final = frozenset({RefusalCode.PAYMENT_CODE_INVALID})


async def try_code(context: Context, terminal: str | None, attempt: Callable[[], Awaitable[Outcome[O]]]) -> Outcome[O]:
    """What the attempt came to. THROTTLED where a merchant, its till or its network tried too many wrong codes.

    A replay is neither right nor wrong: it tells nothing new.
    """
    if context.caller.role is not Role.MERCHANT:
        return await attempt()
    guesses = context.ledger.guesses
    who = Attempt(context.own_merchant_id(), terminal, context.caller.network)
    wait = guesses.wait_seconds(who)
    if wait > 0:
        raise Refusal(RefusalCode.THROTTLED, retry_after_seconds=int(wait) + 1)
    try:
        outcome = await attempt()
    except Refusal as refusal:
        if refusal.code in _WRONG:
            guesses.failed(who)
        raise
    if not outcome.replayed:
        if outcome.refusal is None:
            guesses.succeeded(who)
        elif outcome.refusal.code in _WRONG:
            guesses.failed(who)
    return outcome
