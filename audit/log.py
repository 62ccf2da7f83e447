"""Appending: the events of a transaction, inserted as its last statement before the commit.

In the same statement each event gets its row of `audit.pending`, by which the sequencer finds it, and what is private in
it its sealed part.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from audit.cipher import SUITE, KeySealer
from audit.record import Event, SealedPart, encode_record
from audit.retention import class_of

PRIVATE = "private"
NOBODY = UUID(int=0)
_CONTEXT = b"audit/event/v1/"
_INSERT = """
WITH new AS (SELECT id, resource_id, record FROM unnest($1::audit.events[])),
waiting AS (INSERT INTO audit.pending (id) SELECT id FROM new){parts}
INSERT INTO audit.events (id, resource_id, record) SELECT id, resource_id, record FROM new
"""
_PARTS = """,
kept AS (INSERT INTO audit.parts SELECT * FROM unnest($2::audit.parts[]))"""
_APPEND = _INSERT.format(parts="")
_APPEND_WITH_PARTS = _INSERT.format(parts=_PARTS)


class Transaction(Protocol):
    """The caller's open transaction."""

    async def run(self, sql: str, *arguments: object) -> object:
        """Runs one statement."""
        ...


class AuditLog:
    """The ledger's event sink: canonical record in clear, what is private sealed beside it."""

    def __init__(self, sealer: KeySealer, *, origin: str = "api") -> None:
        self._sealer = sealer
        self._origin = origin

    async def append(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Writes every event in one statement; nothing where there is none."""
        if not events:
            return
        parts = [self._seal(event) for event in events if event.private is not None]
        by_event = {part.event_id: part for part in parts}
        rows = [self._row(event, by_event.get(event.id)) for event in events]
        if parts:
            await tx.run(_APPEND_WITH_PARTS, rows, parts)
        else:
            await tx.run(_APPEND, rows)

    def _row(self, event: Event, part: SealedPart | None) -> tuple[UUID, None, UUID | None, bytes]:
        record = encode_record(
            event,
            origin=self._origin,
            retention_class=class_of(event.type),
            parts=() if part is None else (part,),
        )
        return (event.id, None, event.resource_id, record)

    def _seal(self, event: Event) -> SealedPart:
        subject_id = event.subject_id or NOBODY
        epoch = f"{class_of(event.type)}/{event.at:%Y-%m}"
        sealed = self._sealer.seal(_CONTEXT + event.id.bytes, event.private or "")
        return SealedPart(event.id, PRIVATE, subject_id, epoch, SUITE, sealed)

    def open_part(self, event_id: UUID, sealed: bytes) -> str:
        """What was private in an event; ValueError where the part was altered or is another event's."""
        return self._sealer.open(_CONTEXT + event_id.bytes, sealed)
