"""Reading the types of activities that a programme knows: to list them, and to check what names them."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.engine.reader import Query, Reader
from ledger.programme import tables
from ledger.programme.activity_type import SHIPPED, ActivityType, type_of
from ledger.programme.registry_change import Change
from ledger.programme.rows import ActivityTypeRow

OWN_MAX: Final = 500

_ROWS = select(*(tables.ACTIVITY_TYPES.c[name] for name in ActivityTypeRow._fields)).where(
    tables.ACTIVITY_TYPES.c.programme_id == bindparam("programme_id")
)
_ALL_OWN = Query(_ROWS)
_OWN = Query(_ROWS.order_by(tables.ACTIVITY_TYPES.c.code).limit(OWN_MAX))


async def activity_types(reader: Reader, programme_id: UUID) -> Sequence[ActivityType]:
    """The shipped types, then the programme's own by code, 500 of these at most."""
    own = await reader.rows(_OWN, {"programme_id": programme_id})
    return [*SHIPPED.values(), *(type_of(ActivityTypeRow(*row)) for row in own)]


async def known_types(change: Change) -> Mapping[str, ActivityType]:
    """Every type that the actor's programme knows, by code."""
    rows = await change.work.run(_ALL_OWN, {"programme_id": change.actor.programme_id})
    return {**{row["code"]: type_of(ActivityTypeRow(*row)) for row in rows}, **SHIPPED}
