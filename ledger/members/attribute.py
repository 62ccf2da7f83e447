"""Attributes: what a programme keeps of its members beside tiers and segments, registered by name and type.

Nothing personal belongs here: no names, no birthdays, no numbers of accounts; whether somebody is of age, or how many
children an offer is for, is said as a fact of its own.
"""

from typing import Final

from sqlalchemy import bindparam, insert, select

from ledger.book.refusal import refuse_input
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.members import tables
from ledger.members.rows import AttributeType, MemberAttribute, attribute_id
from ledger.programme.input_rules import is_nameable
from ledger.programme.registry_change import registry_change

ATTRIBUTES_MAX: Final = 100
"""Attributes of a programme."""

_INSERT = Query(insert(tables.MEMBER_ATTRIBUTES))
_FULL = Query(
    select(tables.MEMBER_ATTRIBUTES.c.id)
    .where(tables.MEMBER_ATTRIBUTES.c.programme_id == bindparam("of_programme"))
    .offset(ATTRIBUTES_MAX - 1)
    .limit(1)
)


async def register_attribute(units: UnitsOfWork, actor: Actor, *, code: str, type_: AttributeType) -> MemberAttribute:
    """An attribute of members of the actor's programme; it never changes.

    INVALID_INPUT, also where the programme has 100 attributes (`attributes`); CODE_TAKEN, PROGRAMME_NOT_FOUND.
    """
    async with registry_change(units, actor, "member_attribute_registered") as change:
        require_attribute(code)
        if await change.row(_FULL, {"of_programme": actor.programme_id}) is not None:
            refuse_input("attributes")
        programme_id = ProgrammeId(actor.programme_id)
        attribute = MemberAttribute(attribute_id(programme_id, code), programme_id, code, type_)
        await change.insert(_INSERT, attribute)
        change.record(attribute.id, facts={"code": code, "type": type_})
    return attribute


def require_attribute(code: str) -> None:
    """INVALID_INPUT where conditions cannot name it."""
    if not is_nameable(code):
        refuse_input("code")
