"""Units: what is decided as one. A command, or an atomic list of them; the items of an independent list are units too."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from ledger.book.refusal import Refusal
from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.engine.reader import Reader
from ledger.engine.request import reference_id, request_id
from ledger.engine.shelf import Asked, Key

LIST_MAX = 1000
_MUST_FIND = attrgetter("must_find")
AnyCommand = Command[Any]
OrderKey = tuple[int, Asked] | bytes
"""The rank and id of what is locked, or the id of a request row."""


@dataclass(slots=True, eq=False, kw_only=True)
class Submission:
    """What one caller submitted: units that may be decided apart and are answered together.

    caller:     done when every unit is answered, or one of them met a bug, whose others go on; cancelled where the caller
                is gone, and then nobody waits for the units
    is_long:    whether short ones go before it
    unanswered: how many of the units have no answer yet
    refusal:    why the engine gave up on one of them; what waits of the same submission is refused too, as later items
                must not be decided as if the earlier ones had never been
    """

    caller: "asyncio.Future[None]"
    is_long: bool
    unanswered: int
    arrived_s: float
    deadline_s: float
    refusal: Refusal | None = None

    def count_answer(self) -> None:
        """Notes that one more unit is answered; the last one tells the caller."""
        self.unanswered -= 1
        if not self.unanswered and not self.caller.done():
            self.caller.set_result(None)

    def fail(self, error: Exception) -> None:
        """Tells the caller of the first bug, where it still waits."""
        if not self.caller.done():
            self.caller.set_exception(error)


@dataclass(slots=True, eq=False, kw_only=True)
class Unit:
    """A unit in the queue: one command, or those of an atomic list, whose one key is `group_key`.

    outcomes:           by command, once the unit is answered; of a bug there are none
    identities, claims: by command, the ids of the request row and of the row that claims the reference
    request_ids:        both, where there are any: the request rows that deciding the unit will ask for
    lock_count:         how many rows it locks
    order_keys:         those and the request rows; units that share one are decided in the order in which they came
    is_ready:           whether the footprint is computed
    """

    commands: Sequence[AnyCommand]
    submission: Submission
    group_key: str | None = None
    attempts: int = 0
    outcomes: Sequence[Outcome[Any]] | None = None
    keys: Sequence[Key] = ()
    identities: Sequence[bytes | None] = ()
    claims: Sequence[bytes | None] = ()
    request_ids: Sequence[bytes] = ()
    lock_count: int = 0
    order_keys: AbstractSet[OrderKey] = frozenset()
    is_ready: bool = False

    @property
    def is_awaited(self) -> bool:
        """Whether it has no answer yet, and somebody waits for one."""
        return self.outcomes is None and not self.submission.caller.cancelled()

    @property
    def has_looks(self) -> bool:
        """Whether a command needs a look at the book before it can say its footprint."""
        return any(map(_MUST_FIND, self.commands))

    async def look(self, reader: Reader) -> None:
        """Looks up what the commands need to be known, all at once; before each queueing."""
        self.is_ready = False
        if len(self.commands) == 1:
            self.commands = [await self.commands[0].find(reader)]
        else:
            self.commands = await asyncio.gather(*[command.find(reader) for command in self.commands])

    def make_ready(self) -> bool:
        """Computes the footprint where that is to be done; False where a bug stops it, of which the caller is told."""
        if not self.is_ready:
            try:
                self.prepare()
            except Exception as error:  # noqa: BLE001 - handed to the one caller whose command caused it
                self.fail(error)
        return self.is_ready

    def prepare(self) -> None:
        """Computes the footprint."""
        keys: list[Key] = []
        identities: list[bytes | None] = []
        claims: list[bytes | None] = []
        for command in self.commands:
            keys += command.footprint()
            identities.append(_identity(command, self.group_key))
            claims.append(_claim(command))
        self.keys, self.identities, self.claims = keys, identities, claims
        self.request_ids = [*filter(None, identities), *filter(None, claims)]
        order_keys: set[OrderKey] = set()
        for shelf, value, _ in keys:
            if shelf.lock_rank is not None:
                order_keys.add((shelf.lock_rank, value))
        self.lock_count = len(order_keys)
        order_keys.update(self.request_ids)
        self.order_keys = order_keys
        self.is_ready = True

    def resolve(self, outcomes: Sequence[Outcome[Any]]) -> None:
        """Answers the unit, where it has no answer yet."""
        if self.outcomes is None:
            self.outcomes = outcomes
            self.submission.count_answer()

    def refuse(self, refusal: Refusal) -> None:
        """Gives up on the unit, and on what waits of the same submission."""
        self.submission.refusal = refusal
        self.resolve([Outcome(refusal=refusal) for _ in self.commands])

    def fail(self, error: Exception) -> None:
        """Hands a bug to the caller whose command caused it."""
        if self.outcomes is None:
            self.outcomes = ()
            self.submission.fail(error)


def _identity(command: AnyCommand, group_key: str | None) -> bytes | None:
    key = group_key or command.key
    return None if key is None else request_id(command.actor.client, key)


def _claim(command: AnyCommand) -> bytes | None:
    reference = command.reference
    return None if reference is None else reference_id(command.actor.client, command.kind, reference)


class WrongKeys(Exception):
    """A command found after the locks that it needs others: it goes to the next batch with a wider footprint.

    unit: whose command it was; the batch notes it
    """

    def __init__(self, wanted: UUID) -> None:
        super().__init__(str(wanted))
        self.wanted = wanted
        self.unit: Unit | None = None
