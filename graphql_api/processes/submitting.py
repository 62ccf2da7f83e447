"""Submitting lists from a process of our own: what the engine could not take just now is asked again by the same keys."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Command
from ledger.engine.engine import Engine
from ledger.engine.outcome import Outcome

O = TypeVar("O")  # noqa: E741 - the reply
T = TypeVar("T")

TRIES_MAX: Final = 8
_WAIT_SECONDS: Final = 0.25
_PASSING: Final = frozenset(
    {RefusalCode.OVERLOADED, RefusalCode.DEADLINE_EXCEEDED, RefusalCode.UNAVAILABLE, RefusalCode.CONTENDED}
)
"""What says nothing of the command: the engine could not take it just now."""


async def submit_list(engine: Engine, commands: Sequence[Command[O]]) -> list[Outcome[O]]:
    """The outcome of each command, in order. Raises the refusal where the engine does not take them all in eight tries.

    What was decided stands; the rest is asked again.
    """
    outcomes = await engine.execute_list(commands)
    for attempt in range(TRIES_MAX - 1):
        left = [place for place, outcome in enumerate(outcomes) if _passing(outcome)]
        if not left:
            break
        await asyncio.sleep(_WAIT_SECONDS * 2**attempt)
        for place, outcome in zip(left, await engine.execute_list([commands[each] for each in left]), strict=True):
            outcomes[place] = outcome
    for refusal in filter(None, map(_passing, outcomes)):
        raise refusal
    return outcomes


def _passing(outcome: Outcome[O]) -> Refusal | None:
    refusal = outcome.refusal
    return refusal if refusal is not None and refusal.code in _PASSING else None


class Lanes(Generic[T]):
    """Work that goes on beside the gathering of more: one item in flight in each lane, in the lane's order.

    With two, one list is decided while the database writes the other.
    """

    def __init__(self, count: int, work: Callable[[T], Awaitable[None]]) -> None:
        self._work = work
        self._in_flight: list[asyncio.Future[None] | None] = [None] * count

    async def send(self, lane: int, item: T) -> None:
        """Begins the item's work as soon as the one before it in the lane is done; raises what that one raised.

        Cancelled while it waits, it leaves that one in flight, for `finish` to wait for.
        """
        before = self._in_flight[lane]
        if before is not None:
            await asyncio.wait([before])
            self._in_flight[lane] = None
            before.result()
        self._in_flight[lane] = asyncio.ensure_future(self._work(item))
        await asyncio.sleep(0)

    async def finish(self) -> None:
        """Waits for everything in flight, then raises the first error among it."""
        waiting = [work for work in self._in_flight if work is not None]
        for result in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
