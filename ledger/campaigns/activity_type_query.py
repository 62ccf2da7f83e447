"""Reading the types of activities that a programme knows."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.campaigns import tables
from ledger.campaigns.activity_type import SHIPPED, ActivityType, type_of
from ledger.campaigns.rows import ActivityTypeRow
from ledger.engine.reader import Query, Reader

OWN_MAX: Final = 500

_OWN = Query(
    select(*(tables.ACTIVITY_TYPES.c[name] for name in ActivityTypeRow._fields))
    .where(tables.ACTIVITY_TYPES.c.programme_id == bindparam("programme_id"))
    .order_by(tables.ACTIVITY_TYPES.c.code)
    .limit(OWN_MAX)
)


async def activity_types(reader: Reader, programme_id: UUID) -> Sequence[ActivityType]:
    """The shipped types, then the programme's own by code, 500 of these at most."""
    own = await reader.rows(_OWN, {"programme_id": programme_id})
    return [*SHIPPED.values(), *(type_of(ActivityTypeRow(*row)) for row in own)]
