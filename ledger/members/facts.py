"""What the bank says of a member: its tiers and segments, which vouchers may require (semantics 5.1), and its attributes."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import HOLDERS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.members.attribute_query import known_attributes
from ledger.members.attribute_values import AttributeSaid, values_text
from ledger.members.enrol import MEMBER
from ledger.members.membership import require_not_closed
from ledger.members.rows import MemberFacts
from ledger.members.tables import MEMBER_FACTS
from ledger.programme.input_rules import require_different, require_text
from ledger.programme.registry_change import registry_change

FACTS_SET: Final = "member_facts_set"
"""The kind of event that tells of a row's new version, whoever writes it."""
NAMES_MAX: Final = 100
NAME_LENGTH_MAX: Final = 200
_STATE = Query(
    select(HOLDERS.c.state)
    .where(
        HOLDERS.c.id == bindparam("member_id"),
        HOLDERS.c.programme_id == bindparam("programme_id"),
        HOLDERS.c.kind == MEMBER,
    )
    .with_for_update(read=True)
)
_UPSERT = postgres_insert(MEMBER_FACTS)
_SET = Query(
    _UPSERT.on_conflict_do_update(
        constraint="member_facts_pk",
        set_={
            "tiers": _UPSERT.excluded.tiers,
            "segments": _UPSERT.excluded.segments,
            "attributes": _UPSERT.excluded.attributes,
            "version": MEMBER_FACTS.c.version + 1,
        },
    ).returning(*(MEMBER_FACTS.c[name] for name in MemberFacts._fields))
)


async def set_member_facts(
    units: UnitsOfWork,
    actor: Actor,
    *,
    member_id: UUID,
    tiers: Sequence[str],
    segments: Sequence[str],
    attributes: Sequence[AttributeSaid] = (),
) -> MemberFacts:
    """All that is said of the member from now on: what is not named does not hold any more.

    INVALID_INPUT, MEMBER_NOT_FOUND, MEMBER_CLOSED.
    """
    async with registry_change(units, actor, FACTS_SET) as change:
        for field, names in (("tiers", tiers), ("segments", segments)):
            _require_names(field, names)
        values = values_text(await known_attributes(change) if attributes else (), attributes)
        found = await change.row(_STATE, {"member_id": member_id, "programme_id": actor.programme_id})
        if found is None:
            raise Refusal(RefusalCode.MEMBER_NOT_FOUND)
        require_not_closed(found["state"])
        wanted = {
            "id": member_id,
            "programme_id": actor.programme_id,
            "tiers": list(tiers),
            "segments": list(segments),
            "attributes": values,
            "version": 1,
        }
        facts = MemberFacts(*(await change.row(_SET, wanted) or ()))
        told = {"tiers": len(tiers), "segments": len(segments), "attributes": len(attributes)}
        change.record(member_id, version=facts.version, facts=told)
    return facts


def _require_names(field: str, names: Sequence[str]) -> None:
    """At most a hundred different printable names."""
    require_different(field, names, most=NAMES_MAX)
    for name in names:
        require_text(field, name, length_max=NAME_LENGTH_MAX)
