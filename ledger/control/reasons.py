"""Reading the reasons of an approval: free text, so that it is recorded before the data leave (the audit log)."""

from collections.abc import Sequence
from uuid import UUID

from ledger.control.queries import SealedReason, sealed_reasons
from ledger.engine.command import Actor
from ledger.engine.reader import Reader
from ledger.engine.unit_of_work import UnitsOfWork, event_for

REASONS_READ = "reasons_read"


async def read_reasons(reader: Reader, units: UnitsOfWork, actor: Actor, approval_id: UUID) -> Sequence[SealedReason]:
    """The reasons of a request of the actor's programme; that `actor` is about to see them is committed first."""
    found = await sealed_reasons(reader, actor.programme_id, approval_id)
    if found:
        async with units.begin() as work:
            work.emit(event_for(work, actor, REASONS_READ, at=await work.now(), resource_id=approval_id))
    return found
