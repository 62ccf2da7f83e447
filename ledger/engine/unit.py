"""Units: what one caller submits, decided as one. A single command, an independent list or an atomic list."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.engine.reader import Reader
from ledger.engine.shelf import Asked, Key

LIST_MAX = 1000
AnyCommand = Command[Any]
LockKey = tuple[int, Asked]


@dataclass(slots=True, eq=False, kw_only=True)
class Unit:
    """A submission in the queue. `group_key` is the one key of an atomic list; None for all else."""

    commands: Sequence[AnyCommand]
    future: "asyncio.Future[list[Outcome[Any]]]"
    enqueued_s: float
    deadline_s: float
    group_key: str | None = None
    attempts: int = 0
    lock_keys: frozenset[LockKey] = field(default_factory=frozenset)
    keys: Sequence[Key] = ()

    async def prepare(self, reader: Reader) -> None:
        """Looks up what the commands need to be known, and computes the footprint; before each queueing."""
        self.commands = [await command.find(reader) for command in self.commands]
        self.keys = [key for command in self.commands for key in command.footprint()]
        self.lock_keys = frozenset(
            (key.shelf.lock_rank, key.value) for key in self.keys if key.shelf.lock_rank is not None
        )


class WrongKeys(Exception):
    """A command found after the locks that it needs others: it goes to the next batch with a wider footprint."""

    def __init__(self, wanted: UUID) -> None:
        super().__init__(str(wanted))
        self.wanted = wanted
