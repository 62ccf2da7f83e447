"""Erasure: a person's key is destroyed, and with it everything private that was ever recorded of them.

The records stay, and every proof with them. What the law still makes us keep is restricted first (nobody reads it
without a legal basis, PIPL article 47) and destroyed when its time has come. Each step is one transaction with its event.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from audit.act import Acts, Doing
from audit.legal_hold import held_classes
from audit.retention import RetentionPolicy, epoch_class

DUE_MAX = 100
HELD_FOR = timedelta(hours=1)
"""How long somebody under a legal hold waits until it is asked again."""


class ErasureState(StrEnum):
    """How far it is."""

    RESTRICTED = "restricted"
    DESTROYED = "destroyed"


class Erasure(NamedTuple):
    """A row of `audit.erasures`; `id` is the subject.

    retained_until: what the law makes us keep of the person may go from then on
    event_id:       the event of the latest step
    """

    id: UUID
    state: ErasureState
    asked_at: datetime
    retained_until: datetime
    destroyed_at: datetime | None
    parts_destroyed: int
    event_id: UUID
    version: int


_COLUMNS = ", ".join(Erasure._fields)
_FIND = f"SELECT {_COLUMNS} FROM audit.erasures WHERE id = $1"  # noqa: S608 - names of columns
_EPOCHS = "SELECT DISTINCT epoch FROM audit.parts WHERE subject_id = $1"
_RESTRICT = """
UPDATE keys.subjects SET state = 'restricted', version = version + 1 WHERE id = $1 AND state = 'active' RETURNING version
"""
_DESTROY = """
UPDATE keys.subjects SET state = 'destroyed', wrapped = NULL, bucket_id = NULL, version = version + 1
WHERE id = $1 AND state <> 'destroyed' RETURNING version
"""
_SHRED = "WITH gone AS (DELETE FROM audit.parts WHERE subject_id = $1 RETURNING 1) SELECT count(*) FROM gone"
_WRITE = f"""
INSERT INTO audit.erasures ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, destroyed_at = excluded.destroyed_at,
    parts_destroyed = excluded.parts_destroyed, event_id = excluded.event_id, version = excluded.version
"""  # noqa: S608 - names of columns
_POSTPONE = "UPDATE audit.erasures SET retained_until = $2 WHERE id = $1"
_DUE = """
SELECT id FROM audit.erasures WHERE state = 'restricted' AND retained_until <= now() ORDER BY retained_until LIMIT $1
"""
_REVIVED = """
SELECT subject.id FROM keys.subjects subject JOIN audit.erasures erasure ON erasure.id = subject.id
WHERE erasure.state = 'destroyed' AND subject.state <> 'destroyed' ORDER BY subject.id LIMIT $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """Erases people. `acts` is in the role of the key administrator.

    Whoever calls tells every process to let go of the subject's key afterwards.
    """

    acts: Acts
    policy: RetentionPolicy

    async def erase(self, subject_id: UUID) -> Erasure:
        """Restricts the person or destroys the key, as retention and legal holds allow; harmless when repeated."""
        async with self.acts.begin() as doing:
            await doing.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"erasure:{subject_id}")
            found = [Erasure(*row) for row in await doing.run(_FIND, subject_id)]
            known = found[0] if found else None
            if known is not None and known.state == ErasureState.DESTROYED:
                return known
            until, is_held = await self._retained(doing, subject_id)
            if is_held:
                until = max(until, doing.now + HELD_FOR)
            if until > doing.now:
                return await self._postpone(doing, known, until) or await self._restrict(doing, subject_id, until)
            return await self._destroy(doing, subject_id, known, until)

    async def due(self) -> Sequence[UUID]:
        """Restricted people whose time may have come, a bounded number."""
        return [row["id"] for row in await self.acts.read(_DUE, DUE_MAX)]

    async def revived(self) -> Sequence[UUID]:
        """Erased people whose key is there again: a key store was restored from before their erasure."""
        return [row["id"] for row in await self.acts.read(_REVIVED, DUE_MAX)]

    async def destroy_again(self, subject_id: UUID) -> None:
        """Destroys a key that a restored backup has brought back, and the parts that came with it."""
        async with self.acts.begin() as doing:
            rows = await doing.run(_DESTROY, subject_id)
            parts = (await doing.run(_SHRED, subject_id))[0][0]
            if rows:
                facts = {"parts": parts, "again": "a backup had revived the key"}
                doing.record("subject_erased", resource_id=subject_id, subject_id=subject_id, facts=facts)

    async def _retained(self, doing: Doing, subject_id: UUID) -> tuple[datetime, bool]:
        """Until when parts of the subject must be kept, and whether a legal hold stands on any of them."""
        epochs = [row["epoch"] for row in await doing.run(_EPOCHS, subject_id)]
        held = await held_classes(doing)
        until = max((self.policy.kept_until(epoch) for epoch in epochs), default=doing.now)
        return until, any(epoch_class(epoch) in held for epoch in epochs)

    async def _postpone(self, doing: Doing, known: Erasure | None, until: datetime) -> Erasure | None:
        """Asks again later for somebody who is restricted already, so that those behind get their turn."""
        if known is not None:
            await doing.run(_POSTPONE, known.id, until)
            known = known._replace(retained_until=until)
        return known

    async def _restrict(self, doing: Doing, subject_id: UUID, until: datetime) -> Erasure:
        await doing.run(_RESTRICT, subject_id)
        event_id = doing.record(
            "subject_restricted",
            resource_id=subject_id,
            version=1,
            stream_id=erasure_stream(subject_id),
            subject_id=subject_id,
            facts={"retained_until": until.isoformat()},
        )
        erasure = Erasure(subject_id, ErasureState.RESTRICTED, doing.now, until, None, 0, event_id, 1)
        await doing.run(_WRITE, *erasure)
        return erasure

    async def _destroy(self, doing: Doing, subject_id: UUID, known: Erasure | None, until: datetime) -> Erasure:
        await doing.run(_DESTROY, subject_id)
        parts = (await doing.run(_SHRED, subject_id))[0][0]
        asked_at = doing.now if known is None else known.asked_at
        version = 1 if known is None else known.version + 1
        event_id = doing.record(
            "subject_erased",
            resource_id=subject_id,
            version=version,
            stream_id=erasure_stream(subject_id),
            subject_id=subject_id,
            facts={"parts": parts},
        )
        erasure = Erasure(subject_id, ErasureState.DESTROYED, asked_at, until, doing.now, parts, event_id, version)
        await doing.run(_WRITE, *erasure)
        return erasure


def erasure_stream(subject_id: UUID) -> UUID:
    """The stream of a person's erasure. Not the person's id: the ledger has versions of what it says of the person."""
    digest = bytearray(blake2b(subject_id.bytes, digest_size=16, person=b"erasure").digest())
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


async def find_erasure(acts: Acts, subject_id: UUID) -> Erasure | None:
    """What became of the person's erasure; None where it was never begun."""
    rows = await acts.read(_FIND, subject_id)
    return Erasure(*rows[0]) if rows else None
