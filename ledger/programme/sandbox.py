"""The sandbox clock: in a deployment for trying things out, the ledger's `now` can be moved forward (semantics 10)."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, update

from ledger.book.refusal import refuse_input
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import INSTANCE, INSTANCE_ID
from ledger.engine.unit_of_work import UnitsOfWork, event_for
from ledger.programme.calendar import LAST_START
from ledger.programme.registry_change import registry_change

STEP_MAX = timedelta(days=3660)
_MICROSECOND = timedelta(microseconds=1)
_ADVANCE = Query(update(INSTANCE).values({"clock_offset_us": INSTANCE.c.clock_offset_us + bindparam("step_us")}))


async def advance_clock(units: UnitsOfWork, actor: Actor, *, until: datetime) -> datetime:
    """Moves `now` forward to `until`, for every programme of the deployment; returns what it is then.

    INVALID_INPUT where `until` is not ahead, further than ten years, or after the last day on which something may begin
    (2200-01-01). Whoever calls makes sure that this deployment is a sandbox.
    """
    async with registry_change(units, actor, "clock_advanced") as change:
        step = until - change.now
        if not timedelta(0) < step <= STEP_MAX or until.date() > LAST_START:
            refuse_input("until")
        await change.row(_ADVANCE, {"step_us": step // _MICROSECOND})
        event = event_for(change.work, actor, change.kind, at=change.now, resource_id=INSTANCE_ID)
        change.work.emit(event._replace(programme_id=None, facts={"until": until.isoformat()}))
    return until
