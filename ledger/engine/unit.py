"""Units: what is decided as one. A command, or an atomic list of them; the items of an independent list are units too."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ledger.book.refusal import Refusal
from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.engine.reader import Reader
from ledger.engine.request import reference_id, request_id
from ledger.engine.shelf import Asked, Key

LIST_MAX = 1000
AnyCommand = Command[Any]
LockKey = tuple[int, Asked]
OrderKey = LockKey | bytes
"""What is locked, or the id of a request row."""


@dataclass(slots=True, eq=False)
class Submission:
    """What one caller submitted. Where the engine gives up on a unit of it, `refusal` says why, and what waits of the
    same submission is refused too: later items must not be decided as if the earlier ones had never been.
    """

    refusal: Refusal | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Unit:
    """A unit in the queue. `group_key` is the one key of an atomic list; None for all else.

    identities, claims: by command, the ids of the request row and of the row that claims the reference
    order_keys:         units that share one are decided in the order in which they came
    """

    commands: Sequence[AnyCommand]
    future: "asyncio.Future[list[Outcome[Any]]]"
    enqueued_s: float
    deadline_s: float
    submission: Submission = field(default_factory=Submission)
    group_key: str | None = None
    attempts: int = 0
    lock_keys: frozenset[LockKey] = field(default_factory=frozenset)
    order_keys: frozenset[OrderKey] = field(default_factory=frozenset)
    keys: Sequence[Key] = ()
    identities: Sequence[bytes | None] = ()
    claims: Sequence[bytes | None] = ()

    @property
    def has_looks(self) -> bool:
        """Whether a command needs a look at the book before it can say its footprint."""
        return any(command.must_find for command in self.commands)

    async def look(self, reader: Reader) -> None:
        """Looks up what the commands need to be known, all at once; before each queueing."""
        finds = [command.find(reader) for command in self.commands]
        self.commands = [await finds[0]] if len(finds) == 1 else await asyncio.gather(*finds)

    def prepare(self) -> None:
        """Computes the footprint."""
        self.keys = [key for command in self.commands for key in command.footprint()]
        self.identities = [_identity(command, self.group_key) for command in self.commands]
        self.claims = [_claim(command) for command in self.commands]
        self.lock_keys = frozenset(
            (key.shelf.lock_rank, key.value) for key in self.keys if key.shelf.lock_rank is not None
        )
        self.order_keys = self.lock_keys.union(self.request_ids())

    def resolve(self, outcomes: list[Outcome[Any]]) -> None:
        """Tells the caller, where it still waits."""
        if not self.future.done():
            self.future.set_result(outcomes)

    def refuse(self, refusal: Refusal) -> None:
        """Gives up on the unit, and on what waits of the same submission."""
        self.submission.refusal = refusal
        self.resolve([Outcome(refusal=refusal) for _ in self.commands])

    def fail(self, error: Exception) -> None:
        """Hands a bug to the caller whose command caused it."""
        if not self.future.done():
            self.future.set_exception(error)

    def request_ids(self) -> list[bytes]:
        """The request rows, of keys and of references, that deciding the unit will ask for."""
        return [identity for identity in (*self.identities, *self.claims) if identity is not None]


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
