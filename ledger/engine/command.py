"""Commands: frozen values that say who wants what; a pure `decide` says what comes of it.

A feature plugs in by declaring shelves and subclasses of `Command`. If `decide` needs a row, `footprint` or `further`
names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Generic, Self, TypeVar
from uuid import UUID

from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.state import State

O = TypeVar("O")  # noqa: E741 - the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `client` scopes idempotency keys: merchant, service, member or staff, never an API key or terminal."""

    kind: str
    id: str
    programme_id: UUID
    client: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "client", f"{self.kind}:{self.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[O]):
    """The base of every command. `key` is None only for what the system itself starts, which repeats harmlessly."""

    kind: ClassVar[str]
    reply: ClassVar[type]

    actor: Actor
    key: str | None
    reference: str | None = None

    def fields(self) -> Mapping[str, object]:
        """The caller's fields that the fingerprint covers, by the names the caller knows; None = not given.

        Never what we chose: a retry must look the same.
        """
        raise NotImplementedError

    def require_input(self) -> None:
        """Raises INVALID_INPUT where a field is malformed. Asked before the key is looked up, so that it burns none."""

    async def find(self, reader: Reader) -> Self:
        """Looks up, unlocked and before queueing, what the footprint needs to be known."""
        del reader
        return self

    def footprint(self) -> Sequence[Key]:
        """Every row to lock, and the first ones to read."""
        raise NotImplementedError

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Rows that the loaded ones point to, under the same locks; asked again until nothing new is named.

        Only for speed: what `decide` asks for beyond it is read then, one key at a time.
        """
        del state, now
        return ()

    def decide(self, state: State, now: datetime) -> O:
        """Changes the overlay and returns the reply, or raises a Refusal. Pure: no I/O, no clock, no randomness."""
        raise NotImplementedError
