"""Appending: the events of a transaction, inserted as its last statement before the commit."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from audit.cipher import KeySealer
from audit.record import Event, encode_record

_APPEND = (
    "INSERT INTO audit.events (id, resource_id, record, part)"
    " SELECT id, resource_id, record, part FROM unnest($1::audit.events[])"
)
_CONTEXT = b"audit/event/v1/"


class Transaction(Protocol):
    """The caller's open transaction."""

    async def run(self, sql: str, *arguments: object) -> object:
        """Runs one statement."""
        ...


class AuditLog:
    """The ledger's event sink: canonical record in clear, what is private sealed to the event's id."""

    def __init__(self, sealer: KeySealer) -> None:
        self._sealer = sealer

    async def append(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Writes every event in one statement; nothing where there is none."""
        if events:
            rows = [(event.id, None, event.resource_id, encode_record(event), self._seal(event)) for event in events]
            await tx.run(_APPEND, rows)

    def _seal(self, event: Event) -> bytes | None:
        if event.private is None:
            return None
        return self._sealer.seal(_CONTEXT + event.id.bytes, event.private)

    def open_part(self, event_id: UUID, part: bytes) -> str:
        """What was private in an event; ValueError where the part was altered or is another event's."""
        return self._sealer.open(_CONTEXT + event_id.bytes, part)
