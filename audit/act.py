"""Acts: the audit log's own events, and the transactions in which they happen.

What the audit log does itself (making and destroying keys, exporting, verifying, starting) is recorded like everything
else. Its times are real ones.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias
from uuid import UUID

import asyncpg

from audit.record import Event

SYSTEM = "system:audit"
Record = asyncpg.Record
Lent: TypeAlias = "asyncpg.Connection[Record] | asyncpg.pool.PoolConnectionProxy[Record]"
Connect = Callable[[], AbstractAsyncContextManager[Lent]]


class Act(NamedTuple):
    """An event of the audit log's own; an `Event`."""

    id: UUID
    at: datetime
    type: str
    actor: str
    client: str
    resource_id: UUID | None = None
    subject_id: UUID | None = None
    streams: tuple[tuple[UUID, int], ...] = ()
    facts: Mapping[str, str | int] = {}
    accepted: bool = True
    code: str | None = None
    request_id: bytes | None = None
    private: str | None = None
    programme_id: UUID | None = None
    balances: tuple[tuple[int, int], ...] = ()
    flows: tuple[tuple[UUID, int], ...] = ()


class EventLog(Protocol):
    """Where events are appended, inside a transaction."""

    async def append(self, tx: "Doing", events: Sequence[Event]) -> None:
        """Writes every event in one statement."""
        ...


class Doing:
    """An open transaction of an act; `now` is the database's clock at its beginning."""

    def __init__(
        self,
        connection: Lent,
        new_id: Callable[[], UUID],
        actor: str,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._actor = actor
        self.new_id = new_id
        self.now = now
        self.events: list[Event] = []

    async def run(self, sql: str, *arguments: object) -> Sequence[Record]:
        """Runs one statement and returns its rows."""
        return await self._connection.fetch(sql, *arguments)

    def record(
        self,
        type_: str,
        *,
        resource_id: UUID | None = None,
        version: int | None = None,
        stream_id: UUID | None = None,
        subject_id: UUID | None = None,
        programme_id: UUID | None = None,
        facts: Mapping[str, str | int] | None = None,
    ) -> UUID:
        """Adds an event to the transaction and returns its id; `version` is the resource's after the change, in the
        resource's own stream where no other is named.
        """
        identity = self.new_id()
        stream = stream_id or resource_id
        streams = () if stream is None or version is None else ((stream, version),)
        self.events.append(
            Act(
                id=identity,
                at=self.now,
                type=type_,
                actor=self._actor,
                client=self._actor,
                resource_id=resource_id,
                subject_id=subject_id,
                streams=streams,
                facts=facts or {},
                programme_id=programme_id,
            )
        )
        return identity

    def refuse(
        self, type_: str, code: str, *, actor: str, facts: Mapping[str, str | int], programme_id: UUID | None
    ) -> None:
        """Adds the event of an attempt by `actor` that was refused."""
        self.events.append(
            Act(
                id=self.new_id(),
                at=self.now,
                type=type_,
                actor=actor,
                client=actor,
                facts=facts,
                accepted=False,
                code=code,
                programme_id=programme_id,
            )
        )


class Acts:
    """Opens the transactions of acts.

    connect: lends a connection in the role that the acts need
    new_id:  gives event ids in rising order
    """

    def __init__(self, connect: Connect, log: EventLog, new_id: Callable[[], UUID]) -> None:
        self._connect = connect
        self._log = log
        self.new_id = new_id

    @asynccontextmanager
    async def begin(self, actor: str = SYSTEM) -> AsyncIterator[Doing]:
        """A transaction that is committed with its events at the end of the block, and undone by any exception."""
        async with self._connect() as connection, connection.transaction():
            now: datetime = await connection.fetchval("SELECT now()")
            doing = Doing(connection, self.new_id, actor, now)
            yield doing
            await self._log.append(doing, doing.events)

    async def read(self, sql: str, *arguments: object) -> Sequence[Record]:
        """The rows of one statement that changes nothing."""
        async with self._connect() as connection:
            return await connection.fetch(sql, *arguments)
