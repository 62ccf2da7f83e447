"""Codes that merchants type or scan: whoever guesses is slowed down before anything is looked up."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from graphql_api.code_guesses import Attempt, CodeGuesses
from graphql_api.permissions import Role
from graphql_api.schema.context import Context
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.engine.outcome import Outcome

O = TypeVar("O")  # noqa: E741 - the reply
T = TypeVar("T")

CODE: Final = "code"
"""What `moves` says of every field that takes codes of vouchers: a document has one of them."""

TERMINAL_LENGTH_MAX: Final = 64
"""No registered till has a longer code, and counts are kept under what a merchant says."""

WRONG_CODES: Final = frozenset(
    {RefusalCode.PAYMENT_CODE_INVALID, RefusalCode.VOUCHER_NOT_FOUND, RefusalCode.DYNAMIC_CODE_REQUIRED}
)
"""What a code that is nobody's, not accepted here or without the suffix of the moment, which is short, is refused with."""


async def try_code(context: Context, terminal: str | None, attempt: Callable[[], Awaitable[Outcome[O]]]) -> Outcome[O]:
    """What an attempt to use codes came to. THROTTLED where a merchant, its till or its network tried too many.

    A replay is neither right nor wrong: it tells nothing new.
    """

    def wrong(outcome: Outcome[O]) -> int | None:
        if outcome.replayed or (outcome.refusal is not None and outcome.refusal.code not in WRONG_CODES):
            return None
        return 0 if outcome.refusal is None else 1

    return await try_codes(context, terminal, attempt, wrong)


async def try_codes(
    context: Context,
    terminal: str | None,
    attempt: Callable[[], Awaitable[T]],
    wrong: Callable[[T], int | None],
) -> T:
    """The same of any attempt; `wrong` says how many of its codes were, None where it says nothing about them.

    INVALID_INPUT where the till's number is longer than any.
    """
    if context.caller.role is not Role.MERCHANT:
        return await attempt()
    if len(terminal or "") > TERMINAL_LENGTH_MAX:
        refuse_input("terminal")
    who = Attempt(context.own_merchant_id(), terminal, context.caller.network)
    with context.ledger.guesses.attempting(who) as wait:
        if wait > 0:
            raise Refusal(RefusalCode.THROTTLED, retry_after_seconds=int(wait) + 1)
        return await _attempt(context.ledger.guesses, who, attempt, wrong)


async def _attempt(
    guesses: CodeGuesses, who: Attempt, attempt: Callable[[], Awaitable[T]], wrong: Callable[[T], int | None]
) -> T:
    try:
        came = await attempt()
    except Refusal as refusal:
        if refusal.code in WRONG_CODES:
            guesses.failed(who)
        raise
    count = wrong(came)
    if count == 0:
        guesses.succeeded(who)
    for _ in range(count or 0):
        guesses.failed(who)
    return came
