"""Legal holds: while one stands, nothing of its class is destroyed, neither at the end of its span nor by erasure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from audit.act import Acts, Doing
from audit.retention import RetentionClass

HOLDS_LOCK = 0x5C21_9003
"""Key of the advisory lock between placing a hold and destroying; any fixed number that nothing else uses."""
_INSERT = "INSERT INTO audit.legal_holds (id, class, case_number, placed_at, placed_by) VALUES ($1, $2, $3, $4, $5)"
_RELEASE = """
UPDATE audit.legal_holds SET released_at = $2, released_by = $3, version = version + 1
WHERE id = $1 AND released_at IS NULL RETURNING version
"""
_STANDING = """
SELECT id, class, case_number, placed_at, placed_by FROM audit.legal_holds WHERE released_at IS NULL ORDER BY id
"""


class LegalHold(NamedTuple):
    """A hold that stands. `case_number` names the case of court or authority; nothing personal."""

    id: UUID
    retention_class: str
    case_number: str
    placed_at: datetime
    placed_by: str


async def place_hold(acts: Acts, retention_class: RetentionClass, case_number: str, *, actor: str) -> UUID:
    """Places a hold on a class and returns its id."""
    async with acts.begin(actor) as doing:
        await doing.run("SELECT pg_advisory_xact_lock($1)", HOLDS_LOCK)
        identity = doing.new_id()
        await doing.run(_INSERT, identity, retention_class, case_number, doing.now, actor)
        facts = {"class": retention_class.value, "case": case_number}
        doing.record("legal_hold_placed", resource_id=identity, version=1, facts=facts)
    return identity


async def release_hold(acts: Acts, hold_id: UUID, *, actor: str) -> bool:
    """Releases a hold; False where none of that id stands."""
    async with acts.begin(actor) as doing:
        rows = await doing.run(_RELEASE, hold_id, doing.now, actor)
        if rows:
            doing.record("legal_hold_released", resource_id=hold_id, version=rows[0]["version"])
        return bool(rows)


async def standing_holds(acts: Acts) -> Sequence[LegalHold]:
    """Every hold that stands, oldest first."""
    return [LegalHold(*row) for row in await acts.read(_STANDING)]


async def held_classes(doing: Doing) -> frozenset[str]:
    """The classes on which a hold stands; none is placed before the transaction ends."""
    await doing.run("SELECT pg_advisory_xact_lock_shared($1)", HOLDS_LOCK)
    rows = await doing.run("SELECT DISTINCT class FROM audit.legal_holds WHERE released_at IS NULL")
    return frozenset(row["class"] for row in rows)
