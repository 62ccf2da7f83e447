"""Bundles that wait to be fetched, sealed to their auditors: nobody else can open them, and after a week they are gone.

A request of which no bundle can be made has a row too, with the reason, so that it is tried once.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from audit.act import Acts

KEPT_FOR: Final = timedelta(days=7)
SLICE_BYTES: Final = 1 << 20
MADE: Final = "audit_export_made"

_INSERT = """
INSERT INTO audit.bundles (id, made_at, entries, digest, sealed, problem) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING id
"""
_FIND = "SELECT entries, octet_length(sealed) AS bytes, digest, problem FROM audit.bundles WHERE id = $1"
_SLICE = "SELECT substring(sealed FROM $2 FOR $3) FROM audit.bundles WHERE id = $1"
_DROP = "DELETE FROM audit.bundles WHERE made_at <= now() - $1::interval"


class Made(NamedTuple):
    """What came of a request: `sealed` with so many entries, or the `problem`."""

    sealed: bytes | None
    entries: int = 0
    problem: str | None = None


class Waiting(NamedTuple):
    """A bundle that waits; `sha256` in hexadecimal. Where there is a problem there are no bytes."""

    entries: int
    bytes: int
    sha256: str
    problem: str | None


async def keep_bundle(acts: Acts, approval_id: UUID, programme_id: UUID, made: Made, *, actor: str) -> None:
    """Keeps what was made of the request, and records it; another worker's comes first."""
    digest = None if made.sealed is None else sha256(made.sealed).digest()
    async with acts.begin(actor) as doing:
        kept = (approval_id, doing.now, made.entries, digest, made.sealed, made.problem)
        if await doing.run(_INSERT, *kept):
            facts: dict[str, str | int] = {"entries": made.entries}
            facts |= {"problem": made.problem or ""} if digest is None else {"sha256": digest.hex()}
            doing.record(MADE, resource_id=approval_id, programme_id=programme_id, facts=facts)


async def find_bundle(acts: Acts, approval_id: UUID) -> Waiting | None:
    """What waits for who asked; None where nothing was made yet, or where it is gone again."""
    rows = await acts.read(_FIND, approval_id)
    if not rows:
        return None
    digest = rows[0]["digest"]
    return Waiting(rows[0]["entries"], rows[0]["bytes"] or 0, (digest or b"").hex(), rows[0]["problem"])


async def read_bundle(acts: Acts, approval_id: UUID, size: int) -> AsyncIterator[bytes]:
    """The sealed bytes, slice by slice, each on a connection of its own; fewer where the bundle goes meanwhile."""
    for start in range(0, size, SLICE_BYTES):
        rows = await acts.read(_SLICE, approval_id, start + 1, SLICE_BYTES)
        if not rows:
            return
        yield rows[0][0]


async def drop_bundles(acts: Acts) -> None:
    """Lets go of those that nobody may fetch any more; `acts` is in the role of the key administrator."""
    async with acts.begin() as doing:
        await doing.run(_DROP, KEPT_FOR)
