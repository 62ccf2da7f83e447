"""Appending: the events of a transaction, inserted with their sealed parts as its last statement before the commit.

A trigger gives each event its row of `audit.pending`, by which the sequencer finds it: nobody can leave one out.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol
from uuid import UUID

from audit.parts import Parts
from audit.record import Event, SealedPart, encode_record
from audit.retention import class_of

_EVENTS = """audit_events AS (
INSERT INTO audit.events (id, resource_id, record)
SELECT * FROM unnest(${}::uuid[], ${}::uuid[], ${}::bytea[]))"""
_PARTS = """, audit_parts AS (
INSERT INTO audit.parts (event_id, name, subject_id, epoch, suite, sealed)
SELECT * FROM unnest(${}::uuid[], ${}::text[], ${}::uuid[], ${}::text[], ${}::smallint[], ${}::bytea[]))"""


@cache
def _events_branch(first: int) -> str:
    """One object for each place among a statement's parameters, so that a look-up by the text need not read it."""
    return _EVENTS.format(first, first + 1, first + 2)


class Transaction(Protocol):
    """The caller's open transaction."""

    async def run(self, sql: str, *arguments: object) -> object:
        """Runs one statement."""
        ...


class AuditLog:
    """The ledger's event sink: canonical record in clear, what is private sealed beside it.

    origin: the kind of process that records, as `api` or `worker`
    parts:  seals what is private; None for the audit log's own acts, which say nothing private
    """

    def __init__(self, *, origin: str, parts: Parts | None = None) -> None:
        self._origin = origin
        self._parts = parts

    async def append(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Writes every event in one statement; nothing where there is none."""
        if events:
            branches, arguments = await self.branches(events, 1)
            await tx.run(f"WITH {branches} SELECT true", *arguments)

    async def branches(self, events: Sequence[Event], first: int) -> tuple[str, Sequence[object]]:
        """The same as branches of another statement's WITH, whose parameters from $first on are these."""
        if all(event.private is None for event in events):
            return self._events(events, {}, first)
        if self._parts is None:
            raise RuntimeError("an event with something private, and nothing to seal it with")
        sealed = await self._parts.seal(events)
        text, columns = self._events(events, {part.event_id: (part,) for part in sealed}, first)
        after = first + len(columns)
        text += _PARTS.format(*range(after, after + len(SealedPart._fields)))
        return text, (*columns, *zip(*sealed, strict=True))

    def _events(
        self, events: Sequence[Event], parts: Mapping[UUID, Sequence[SealedPart]], first: int
    ) -> tuple[str, Sequence[Sequence[object]]]:
        ids = [event.id for event in events]
        resources = [event.resource_id for event in events]
        records = [self._record(event, parts.get(event.id, ())) for event in events]
        return _events_branch(first), (ids, resources, records)

    def _record(self, event: Event, parts: Sequence[SealedPart]) -> bytes:
        return encode_record(event, origin=self._origin, retention_class=class_of(event.type), parts=parts)
