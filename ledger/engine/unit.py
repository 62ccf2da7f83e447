"""Units: what one caller submits, decided as one. A single command, an independent list or an atomic list."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.engine.reader import Reader
from ledger.engine.request import reference_id, request_id
from ledger.engine.shelf import Asked, Key

LIST_MAX = 1000
AnyCommand = Command[Any]
LockKey = tuple[int, Asked]


@dataclass(slots=True, eq=False, kw_only=True)
class Unit:
    """A submission in the queue. `group_key` is the one key of an atomic list; None for all else.

    identities, claims: by command, the ids of the request row and of the row that claims the reference
    """

    commands: Sequence[AnyCommand]
    future: "asyncio.Future[list[Outcome[Any]]]"
    enqueued_s: float
    deadline_s: float
    group_key: str | None = None
    attempts: int = 0
    lock_keys: frozenset[LockKey] = field(default_factory=frozenset)
    keys: Sequence[Key] = ()
    identities: Sequence[bytes | None] = ()
    claims: Sequence[bytes | None] = ()

    async def prepare(self, reader: Reader) -> None:
        """Looks up what the commands need to be known, and computes the footprint; before each queueing."""
        if any(type(command).find is not Command.find for command in self.commands):
            self.commands = [await command.find(reader) for command in self.commands]
        self.keys = [key for command in self.commands for key in command.footprint()]
        self.identities = [_identity(command, self.group_key) for command in self.commands]
        self.claims = [_claim(command) for command in self.commands]
        self.lock_keys = frozenset(
            (key.shelf.lock_rank, key.value) for key in self.keys if key.shelf.lock_rank is not None
        )

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
    """A command found after the locks that it needs others: it goes to the next batch with a wider footprint."""

    def __init__(self, wanted: UUID) -> None:
        super().__init__(str(wanted))
        self.wanted = wanted
