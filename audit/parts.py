"""Parts: sealing what is private in events before they are stored, and opening it again."""

from collections.abc import Sequence
from uuid import UUID

from audit.cipher import SUITE, open_sealed, part_context, part_key, seal
from audit.keyring import Keyring
from audit.record import Event, SealedPart, recorded_at
from audit.retention import class_of

PRIVATE = "private"
NOBODY = UUID(int=0)
"""The subject of what is about nobody in particular."""


def epoch_of(event: Event) -> str:
    """The retention class and the month of the record."""
    return f"{class_of(event.type)}/{recorded_at(event.id):%Y-%m}"


class Parts:
    """Seals and opens parts with the keyring's keys; `log_origin` is the log's name, as its checkpoints say it."""

    def __init__(self, keyring: Keyring, log_origin: str) -> None:
        self._keyring = keyring
        self._log_origin = log_origin

    async def seal(self, events: Sequence[Event]) -> list[SealedPart]:
        """One part for each event that has something private. The keys of all are asked for at once."""
        private = [event for event in events if event.private is not None]
        keys = await self._keyring.sealing_keys({event.subject_id or NOBODY for event in private})
        epochs = {epoch: await self._keyring.epoch_key(epoch) for epoch in {epoch_of(event) for event in private}}
        sealed = []
        for event in private:
            subject_id, epoch = event.subject_id or NOBODY, epoch_of(event)
            context = part_context(self._log_origin, event.id, PRIVATE, subject_id, epoch)
            secret = seal(part_key(keys[subject_id], epochs[epoch]), context, (event.private or "").encode())
            sealed.append(SealedPart(event.id, PRIVATE, subject_id, epoch, SUITE, secret))
        return sealed

    async def require_keys(self, subject_id: UUID, epoch: str, *, legal_basis: str | None = None) -> None:
        """Raises as `open` does where parts of this person and month open for nobody, or not without a legal basis."""
        await self._keyring.opening_keys(subject_id, epoch, legal_basis=legal_basis)

    async def open(self, part: SealedPart, *, legal_basis: str | None = None) -> str:
        """What the part says. Whoever asks has recorded that it does.

        KeyGone where it was erased or has expired; SubjectRestricted where it needs a legal basis; ValueError where the
        part was altered or is another event's.
        """
        subject_key, epoch_key = await self._keyring.opening_keys(part.subject_id, part.epoch, legal_basis=legal_basis)
        context = part_context(self._log_origin, part.event_id, part.name, part.subject_id, part.epoch)
        return open_sealed(part_key(subject_key, epoch_key), context, part.sealed).decode()
