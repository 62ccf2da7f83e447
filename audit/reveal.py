"""Revealing: the parts that records name, opened where what is stored is what was logged, and else what became of them.

Who may see them, and that it is recorded first, is decided before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, Self
from uuid import UUID

from audit.connection import Connection
from audit.entry_reading import record_in
from audit.keyring import KeyGone, SubjectRestricted
from audit.parts import Parts
from audit.record import SealedPart

_STORED = """
SELECT event_id, name, subject_id, epoch, suite, sealed FROM audit.parts WHERE event_id = ANY ($1::uuid[])
ORDER BY event_id, name
"""


class PartState(StrEnum):
    """What became of a part.

    DESTROYED:  the person's or the month's key is gone
    RESTRICTED: the person asked for erasure, and no legal basis was named
    DAMAGED:    what is stored, or its key, is not what was logged, or is missing though its keys are there
    """

    OPENED = "opened"
    DESTROYED = "destroyed"
    RESTRICTED = "restricted"
    DAMAGED = "damaged"


class Revealed(NamedTuple):
    """A part of an event; it has its text where it was opened."""

    event_id: UUID
    name: str
    state: PartState
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPart:
    """A part as its event's record names it, and what is stored of it."""

    event_id: UUID
    name: str
    subject_id: UUID
    epoch: str
    suite: int
    digest: str
    stored: SealedPart | None

    @classmethod
    def all_in(cls, event_id: UUID, record: bytes, stored: Mapping[tuple[UUID, str], SealedPart]) -> Iterable[Self]:
        """Those of one event; none where its record is no record."""
        for part in (record_in(record) or {}).get("parts", ()):
            yield cls(
                event_id=event_id,
                name=part["name"],
                subject_id=UUID(part["subject"]),
                epoch=part["epoch"],
                suite=part["suite"],
                digest=part["hash"],
                stored=stored.get((event_id, part["name"])),
            )

    @property
    def is_as_logged(self) -> bool:
        """Whether what is stored is what the record says."""
        kept = self.stored
        return kept is not None and (kept.subject_id, kept.epoch, kept.suite, sha256(kept.sealed).hexdigest()) == (
            self.subject_id,
            self.epoch,
            self.suite,
            self.digest,
        )

    async def reveal(self, parts: Parts, *, legal_basis: str | None) -> Revealed:
        """The part opened, or why it is not."""
        try:
            if self.stored is not None and self.is_as_logged:
                return self._as(PartState.OPENED, await parts.open(self.stored, legal_basis=legal_basis))
            await parts.require_keys(self.subject_id, self.epoch, legal_basis=legal_basis)
        except KeyGone:
            return self._as(PartState.DESTROYED)
        except SubjectRestricted:
            return self._as(PartState.RESTRICTED)
        except ValueError:
            pass
        return self._as(PartState.DAMAGED)

    def _as(self, state: PartState, text: str | None = None) -> Revealed:
        return Revealed(self.event_id, self.name, state, text)


async def read_named_parts(connection: Connection, records: Mapping[UUID, bytes]) -> list[NamedPart]:
    """The parts that these events name, in the order of the events."""
    rows = [SealedPart(*row) for row in await connection.fetch(_STORED, list(records))]
    stored = {(part.event_id, part.name): part for part in rows}
    return [part for event_id, record in records.items() for part in NamedPart.all_in(event_id, record, stored)]
