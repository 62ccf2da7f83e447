"""Where callers read the audit log: each reading is itself recorded, and that is committed before anything is shown."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

import asyncpg

from audit.act import Acts
from audit.connection import Connection
from audit.parts import NOBODY, Parts
from audit.proof import Proof, prove_entry
from audit.reveal import Revealed, read_named_parts
from audit.search import EventFilter, Page, search_page
from audit.status import LogStatus, read_status
from ledger.engine.command import Actor
from ledger.engine.connecting import ANSWER_SECONDS_MAX, connect

AUDITOR_ROLE = "scrip_auditor"
READERS_MAX = 4
"""Readings at once: a search reads much, and the ledger's own work goes first."""
_SETTINGS = {"role": AUDITOR_ROLE, "application_name": "scrip audit", "timezone": "UTC", "statement_timeout": "30000"}
_RECORDS = (
    "SELECT id, record FROM audit.events WHERE id = ANY ($1::uuid[]) AND position($2::bytea IN record) > 0 ORDER BY id"
)
_KNOWN = "SELECT count(*) FROM audit.events WHERE id = ANY ($1::uuid[]) AND position($2::bytea IN record) > 0"
_SIZE = "SELECT size FROM audit.tree"
_IS_ALONE = "SELECT count(*) = 1 FROM registry.programmes"


def _needle(programme_id: UUID) -> bytes:
    """What every record of the programme contains."""
    return b'"programme":"%s"' % str(programme_id).encode()


async def within_tenancy(connection: Connection, wanted: EventFilter) -> EventFilter:
    """The filter of a programme; where it is the deployment's only one, everything is its own: keys, starts and stops too."""
    is_alone = (await connection.fetch(_IS_ALONE))[0][0]
    return replace(wanted, programme=None) if is_alone else wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which entries of a search are shown: at most `limit` of those below `before` (None = the newest) from `down_to` on."""

    limit: int
    before: int | None = None
    down_to: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDesk:
    """Reads as the auditor, in the caller's programme only, on a connection of its own each time.

    acts: records the readings, in the application's role
    """

    url: str
    acts: Acts
    parts: Parts
    _readers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS_MAX))

    async def search(self, actor: Actor, wanted: EventFilter, stretch: Stretch) -> Page:
        """A page of the programme's entries, newest first."""
        await self._record(actor, "audit_read", wanted.described())
        async with self._snapshot() as connection:
            size = (await connection.fetch(_SIZE))[0][0]
            wanted = await within_tenancy(connection, wanted)
            before = size if stretch.before is None else min(stretch.before, size)
            return await search_page(
                connection, wanted, before=before, limit=stretch.limit, down_to=min(stretch.down_to, before)
            )

    async def prove(self, actor: Actor, event_id: UUID) -> Proof | None:
        """The proof of one of the programme's entries; None where there is none, or none yet."""
        await self._record(actor, "audit_read", {"proof": str(event_id)})
        async with self._snapshot() as connection:
            wanted = await within_tenancy(connection, EventFilter(programme=actor.programme_id))
            return await prove_entry(connection, event_id, wanted)

    async def knows(self, actor: Actor, event_ids: Sequence[UUID]) -> bool:
        """Whether each of these different events is one of the programme's. Nothing of them is shown."""
        async with self._snapshot() as connection:
            found = await connection.fetchval(_KNOWN, list(event_ids), _needle(actor.programme_id))
        return bool(found == len(event_ids))

    async def reveal(
        self, actor: Actor, event_ids: Sequence[UUID], *, approval_id: UUID, purpose: str, legal_basis: str | None
    ) -> Sequence[Revealed]:
        """What is private in these events of the programme. Whoever calls has made sure that somebody agreed.

        Recorded once for each person concerned, so that it is found among what was done to that person's data.
        """
        async with self._snapshot() as connection:
            rows = await connection.fetch(_RECORDS, list(event_ids), _needle(actor.programme_id))
            parts = await read_named_parts(connection, {row["id"]: row["record"] for row in rows})
        facts = {"purpose": purpose} if legal_basis is None else {"purpose": purpose, "legal_basis": legal_basis}
        async with self.acts.begin(actor.client) as doing:
            for subject_id, count in Counter(part.subject_id for part in parts).items():
                doing.record(
                    "parts_revealed",
                    resource_id=approval_id,
                    subject_id=None if subject_id == NOBODY else subject_id,
                    programme_id=actor.programme_id,
                    facts={**facts, "parts": count},
                )
        return [await part.reveal(self.parts, legal_basis=legal_basis) for part in parts]

    async def status(self) -> LogStatus:
        """How the log is doing. Nothing of what it says is shown, so nothing is recorded."""
        async with self._snapshot() as connection:
            return await read_status(connection)

    async def _record(self, actor: Actor, kind: str, facts: Mapping[str, str | int]) -> None:
        async with self.acts.begin(actor.client) as doing:
            doing.record(kind, programme_id=actor.programme_id, facts=facts)

    @asynccontextmanager
    async def _snapshot(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        async with self._readers:
            connection = await connect(self.url, command_timeout=ANSWER_SECONDS_MAX, server_settings=_SETTINGS)
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield connection
            finally:
                await connection.close()
