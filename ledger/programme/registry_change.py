"""Registry changes: one unit of work each, whose driver errors become refusals, and whose refusals are recorded too.

The driver's errors are translated here and nowhere else, by the name of the constraint.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.engine.ports import Event
from ledger.engine.reader import Query, Record
from ledger.engine.unit_of_work import UnitsOfWork, Work

Facts = Mapping[str, str | int]

_REFUSALS: Mapping[str, Refusal] = {
    "programmes_code_unique": Refusal(RefusalCode.CODE_TAKEN),
    "assets_pk": Refusal(RefusalCode.CODE_TAKEN),
    "assets_code_unique": Refusal(RefusalCode.CODE_TAKEN),
    "partners_code_unique": Refusal(RefusalCode.CODE_TAKEN),
    "merchants_code_unique": Refusal(RefusalCode.CODE_TAKEN),
    "activity_types_pk": Refusal(RefusalCode.CODE_TAKEN),
    "member_attributes_pk": Refusal(RefusalCode.CODE_TAKEN),
    "campaigns_pk": Refusal(RefusalCode.CODE_TAKEN),
    "tier_ladders_pk": Refusal(RefusalCode.CODE_TAKEN),
    "activity_types_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
    "campaigns_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
    "member_attributes_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
    "member_lists_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
    "tier_ladders_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
    "terminals_pk": Refusal(RefusalCode.CODE_TAKEN),
    "terminals_code_unique": Refusal(RefusalCode.CODE_TAKEN),
    "rates_version_unique": Refusal(RefusalCode.INVALID_INPUT, field="validFrom"),
    "assets_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
    "partners_programme_fk": Refusal(RefusalCode.PROGRAMME_NOT_FOUND),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change being made by `actor` at `now`, the ledger's instant."""

    work: Work
    actor: Actor
    kind: str
    now: datetime

    async def at_present(self) -> "Change":
        """The same change at an instant to which all is decided by what was before it, and after which all by the change.

        It keeps batches waiting, so what may be refused before is; and it comes before any lock (`Work.take_present`).
        """
        return replace(self, now=await self.work.take_present())

    def new_id(self) -> UUID:
        """An id for a new row."""
        return self.work.ids.new()

    async def row(self, query: Query, parameters: Mapping[str, Any]) -> Record | None:
        """Runs a statement and returns its first row."""
        rows = await self.work.run(query, dict(parameters))
        return rows[0] if rows else None

    async def insert(self, query: Query, row: tuple[object, ...]) -> None:
        """Inserts a NamedTuple into the table of `Query(insert(table))`."""
        await self.work.run(query, row._asdict())  # type: ignore[attr-defined]

    def record(self, resource_id: UUID, *, version: int = 1, facts: Facts | None = None) -> None:
        """Tells the audit log which row was written, and what it says now; nothing personal."""
        self.work.emit(_event(self, resource_id, version, facts or {}))


@asynccontextmanager
async def registry_change(units: UnitsOfWork, actor: Actor, kind: str) -> AsyncIterator[Change]:
    """A change that is committed with its events at the end of the block, or refused, recorded and raised. CONTENDED
    where it could not have the present.
    """
    try:
        async with units.begin() as work:
            yield await _begin(work, actor, kind)
    except Refusal as refusal:
        await _record_refusal(units, actor, kind, refusal)
        raise
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.LockNotAvailableError) as error:
        known = _refusal_of(error)
        if known is None:
            raise
        await _record_refusal(units, actor, kind, known)
        raise known from error


def _refusal_of(error: asyncpg.PostgresError) -> Refusal | None:
    if isinstance(error, asyncpg.LockNotAvailableError):
        return Refusal(RefusalCode.CONTENDED)
    known = _REFUSALS.get(error.constraint_name or "")
    return None if known is None else Refusal(known.code, **known.facts)


async def _begin(work: Work, actor: Actor, kind: str) -> Change:
    return Change(work=work, actor=actor, kind=kind, now=await work.now())


async def _record_refusal(units: UnitsOfWork, actor: Actor, kind: str, refusal: Refusal) -> None:
    async with units.begin() as work:
        change = await _begin(work, actor, kind)
        work.emit(_event(change, None, 0, {})._replace(accepted=False, code=refusal.code))


def _event(change: Change, resource_id: UUID | None, version: int, facts: Facts) -> Event:
    client = change.actor.client
    return Event(
        id=change.new_id(),
        at=change.now,
        type=change.kind,
        accepted=True,
        code=None,
        actor=client,
        client=client,
        resource_id=resource_id,
        subject_id=None,
        streams=() if resource_id is None else ((resource_id, version),),
        request_id=None,
        facts=dict(facts),
        programme_id=change.actor.programme_id,
    )
