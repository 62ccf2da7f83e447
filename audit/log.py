"""Appending: the events of a transaction, inserted as its last statement before the commit."""

from collections.abc import Sequence
from typing import Protocol

from audit.cipher import KeySealer
from audit.record import Event, encode_record

_APPEND = (
    "INSERT INTO audit.events (id, resource_id, record, part)"
    " SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[])"
)


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
            await tx.run(
                _APPEND,
                [event.id for event in events],
                [event.resource_id for event in events],
                [encode_record(event) for event in events],
                [self._seal(event) for event in events],
            )

    def _seal(self, event: Event) -> bytes | None:
        if event.private is None:
            return None
        return self._sealer.seal(b"audit/event/v1/" + event.id.bytes, event.private)
