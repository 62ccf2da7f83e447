"""Reading the attributes that a programme keeps of its members."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.engine.reader import Query, Reader
from ledger.members import tables
from ledger.members.attribute import ATTRIBUTES_MAX
from ledger.members.rows import MemberAttribute
from ledger.programme.registry_change import Change

_ATTRIBUTES = Query(
    select(*(tables.MEMBER_ATTRIBUTES.c[name] for name in MemberAttribute._fields))
    .where(tables.MEMBER_ATTRIBUTES.c.programme_id == bindparam("programme_id"))
    .order_by(tables.MEMBER_ATTRIBUTES.c.code)
    .limit(ATTRIBUTES_MAX)
)


async def attributes_of(reader: Reader, programme_id: UUID) -> Sequence[MemberAttribute]:
    """The programme's attributes by code."""
    return [MemberAttribute(*row) for row in await reader.rows(_ATTRIBUTES, {"programme_id": programme_id})]


async def known_attributes(change: Change) -> Sequence[MemberAttribute]:
    """The same, of the actor's programme, as a change finds it."""
    rows = await change.work.run(_ATTRIBUTES, {"programme_id": change.actor.programme_id})
    return [MemberAttribute(*row) for row in rows]
