"""Setting the sandbox's clock: back once from the present to where history begins, and from then on only forward."""

from datetime import datetime

from graphql_api.bootstrap import Application
from ledger.engine.command import Actor
from ledger.engine.sql_query import SqlQuery
from ledger.engine.tables import INSTANCE_ID
from ledger.engine.unit_of_work import event_for

_MOVE = SqlQuery(
    """
    UPDATE registry.instance
    SET clock_offset_us = (extract(epoch FROM CAST(:at AS timestamptz) - clock_timestamp()) * 1000000)::bigint
    WHERE clock_offset_us = 0 OR clock_timestamp() + clock_offset_us * interval '1 microsecond' < CAST(:at AS timestamptz)
    RETURNING clock_offset_us
    """
)
_STATE = SqlQuery("SELECT clock_offset_us <> 0 AS is_moved FROM registry.instance")


async def is_clock_moved(application: Application) -> bool:
    """Whether the ledger's clock is not the database's own."""
    row = await application.reader.row(_STATE, {})
    return row is not None and bool(row["is_moved"])


async def stand_at(application: Application, actor: Actor, at: datetime) -> datetime:
    """Sets the clock to `at` and lets it tick; a clock that is past it already stays. Returns the ledger's instant."""
    async with application.units.begin() as work:
        if await work.run(_MOVE, {"at": at}):
            event = event_for(work, actor, "clock_set", at=at, resource_id=INSTANCE_ID)
            work.emit(event._replace(programme_id=None))
    return await application.reader.now()
