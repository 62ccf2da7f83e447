"""Submitting lists from a process of our own: what the engine could not take just now is asked again by the same keys."""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

from ledger.book.refusal import Refusal, Retry
from ledger.engine.command import Command
from ledger.engine.engine import Engine
from ledger.engine.outcome import Outcome

O = TypeVar("O")  # noqa: E741 - the reply

TRIES_MAX: Final = 8
_WAIT_SECONDS: Final = 0.25


async def submit_list(engine: Engine, commands: Sequence[Command[O]]) -> list[Outcome[O]]:
    """The outcome of each command, in order. Raises the refusal where the engine takes none of them in eight tries.

    A list is one unit: what is refused with SAME_KEY is asked again as a whole, and what was decided is found by its key.
    """
    for attempt in range(TRIES_MAX):
        outcomes = await engine.execute_list(commands)
        passing = next((o.refusal for o in outcomes if o.refusal is not None and _is_passing(o.refusal)), None)
        if passing is None:
            return outcomes
        if attempt == TRIES_MAX - 1:
            raise passing
        await asyncio.sleep(_WAIT_SECONDS * 2**attempt)
    raise AssertionError("unreachable")


def _is_passing(refusal: Refusal) -> bool:
    return refusal.rule.retry is Retry.SAME_KEY
