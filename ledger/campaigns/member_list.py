"""Lists of members that a campaign may be for: filled in chunks, from a file say, and never emptied.

A member is on a list once however often it comes, so that a file may be loaded again after an interruption.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import ProgrammeId
from ledger.campaigns import tables
from ledger.campaigns.rows import ListedMember, MemberList, listed_member_id, member_list_id
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import HOLDERS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.members.enrol import MEMBER
from ledger.programme.input_rules import require_code
from ledger.programme.registry_change import registry_change

CHUNK_MAX: Final = 1000
_LISTS = tables.MEMBER_LISTS
_COLUMNS = [_LISTS.c[name] for name in MemberList._fields]
_INSERT_LIST = Query(insert(_LISTS).on_conflict_do_nothing().returning(_LISTS.c.id))
_ASKED = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("members", type_=ARRAY(Uuid)))
    .table_valued(column("id", Uuid), column("member_id", Uuid), name="asked")
    .render_derived()
)
_INSERT_MEMBERS = Query(
    insert(tables.LISTED_MEMBERS)
    .from_select(
        list(ListedMember._fields),
        select(_ASKED.c.id, bindparam("list_id", type_=Uuid), HOLDERS.c.id)
        .join(HOLDERS, HOLDERS.c.id == _ASKED.c.member_id)
        .where(HOLDERS.c.programme_id == bindparam("of_programme"), HOLDERS.c.kind == MEMBER)
        .order_by(_ASKED.c.id),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
    .returning(tables.LISTED_MEMBERS.c.id)
)
_GROW = Query(
    update(_LISTS)
    .where(_LISTS.c.id == bindparam("list_id"))
    .values(members=_LISTS.c.members + bindparam("added"), version=_LISTS.c.version + 1)
    .returning(*_COLUMNS)
)
_LOCK = Query(select(*_COLUMNS).where(_LISTS.c.id == bindparam("list_id")).with_for_update(key_share=True))


class Extended(NamedTuple):
    """A list as it is now, and how many came onto it."""

    list: MemberList
    added: int


async def extend_list(units: UnitsOfWork, actor: Actor, *, code: str, members: Sequence[UUID]) -> Extended:
    """Puts members of the actor's programme on its list of that code, which is made where it is missing; whoever is on
    it stays, and ids of nobody are left out. INVALID_INPUT, LIST_TOO_LONG above 1,000 members, PROGRAMME_NOT_FOUND.
    """
    async with registry_change(units, actor, "member_list_extended") as change:
        require_code(code)
        if len(members) > CHUNK_MAX:
            raise Refusal(RefusalCode.LIST_TOO_LONG, limit=CHUNK_MAX)
        programme_id = ProgrammeId(actor.programme_id)
        made = MemberList(member_list_id(programme_id, code), programme_id, code, 0)
        if await change.row(_INSERT_LIST, made._asdict()) is not None:
            change.record(made.id, facts={"code": code, "members": 0})
        found = MemberList(*(await change.row(_LOCK, {"list_id": made.id}) or made))
        asked = {
            "list_id": made.id,
            "of_programme": programme_id,
            "ids": [listed_member_id(made.id, member) for member in members],
            "members": list(members),
        }
        added = len(await change.work.run(_INSERT_MEMBERS, asked))
        if added == 0:
            return Extended(found, 0)
        grown = MemberList(*(await change.row(_GROW, {"list_id": made.id, "added": added}) or found))
        change.record(grown.id, version=grown.version, facts={"code": code, "members": grown.members})
    return Extended(grown, added)
