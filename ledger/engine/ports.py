"""Ports: what the engine needs from the world and bootstrap supplies."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

import asyncpg


class Event(NamedTuple):
    """One audit event of a batch: what happened, to what, by whom. Nothing personal stands in clear.

    streams:      (account or registry row, its version after the change), whose versions the audit log follows
    private:      what must be sealed before it is stored (free text of a reason); None where nothing personal is in it
    programme_id: the tenant; None where it concerns the whole deployment
    balances:     (posted, held) of each stream after the change, where they are accounts
    flows:        (open account, net amount that came in or went out)
    """

    id: UUID
    at: datetime
    type: str
    accepted: bool
    code: str | None
    actor: str
    client: str
    resource_id: UUID | None
    subject_id: UUID | None
    streams: Sequence[tuple[UUID, int]]
    request_id: bytes | None
    facts: dict[str, str | int]
    private: str | None = None
    programme_id: UUID | None = None
    balances: Sequence[tuple[int, int]] = ()
    flows: Sequence[tuple[UUID, int]] = ()


class Transaction(Protocol):
    """The open transaction, as a sink may use it: one prepared statement at a time."""

    async def run(self, sql: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Runs one statement, prepared and cached on the connection, and returns its rows."""
        ...


class EventSink(Protocol):
    """Where a batch's events go, in the batch's own transaction."""

    async def append(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Writes every event, or raises and thereby undoes the transaction."""
        ...

    async def branches(self, events: Sequence[Event], first: int) -> tuple[str, Sequence[object]]:
        """The same as branches of another statement's WITH, whose parameters from $first on are these."""
        ...


class Sealer(Protocol):
    """Keeps what is personal unreadable without the keyring."""

    def seal(self, context: bytes, text: str) -> bytes:
        """Encrypts `text`, bound to `context`."""
        ...

    def open(self, context: bytes, sealed: bytes) -> str:
        """Decrypts what `seal` made with the same context; ValueError where it was altered."""
        ...

    def blind_hash(self, value: bytes) -> bytes:
        """An 8-byte keyed digest: equal for equal values, meaningless to who lacks the key."""
        ...


class Clock(Protocol):
    """Tells each command's instant. The batch's instant is read from the database after the locks (semantics 10)."""

    def instant_of(self, command: object, now: datetime) -> datetime:
        """The instant at which `command` is decided; `now` for all but a replay of history."""
        ...

    def latest_of(self, commands: Iterable[object], now: datetime) -> datetime:
        """The last one of theirs; `now` where there is none."""
        ...


class Observer(Protocol):
    """Hears how the write path is doing; the numbers become metrics."""

    def batch_done(self, commands: int, waits_s: Sequence[float], decide_s: float, commit_s: float) -> None:
        """A batch was written and committed in `commit_s`; each submission in it had waited for so long when it began."""
        ...

    def refused(self, code: str) -> None:
        """A command was refused."""
        ...

    def retried(self, why: Exception) -> None:
        """A batch was rolled back and runs again, or is given up."""
        ...
