"""Reading what the bank says of a member."""

from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.engine.reader import Query, Reader
from ledger.members.rows import MemberFacts
from ledger.members.tables import MEMBER_FACTS

_FACTS = Query(
    select(*(MEMBER_FACTS.c[name] for name in MemberFacts._fields)).where(
        MEMBER_FACTS.c.id == bindparam("member_id"), MEMBER_FACTS.c.programme_id == bindparam("programme_id")
    )
)


async def facts_of(reader: Reader, programme_id: UUID, member_id: UUID) -> MemberFacts | None:
    """What is said of the programme's member; None where nothing ever was."""
    row = await reader.row(_FACTS, {"programme_id": programme_id, "member_id": member_id})
    return None if row is None else MemberFacts(*row)
