"""What the bank says of a member beside its points: tiers and segments, which vouchers may require, and attributes."""

from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import JSON
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.members import facts
from ledger.members.attribute_values import AttributeSaid, read_values
from ledger.members.facts_query import facts_of
from ledger.members.rows import MemberFacts as MemberFactsRow


@input_type
class AttributeValueInput:
    """The value of one of a member's attributes; nothing personal.

    code:  the attribute's code
    value: a text, a whole number or a truth value, as the attribute's type says
    """

    code: str
    value: JSON


@input_type
class SetMemberFactsInput:
    """All that is said of a member.

    member:     which one
    tiers:      the tiers that the member holds, 100 at most
    segments:   the segments that it belongs to, 100 at most
    attributes: the values of its attributes; those that are not named have none any more, and all of them if the list is
                left out
    """

    member: MemberRef
    tiers: list[str]
    segments: list[str]
    attributes: list[AttributeValueInput] | None = None


@object_type
class AttributeValue:
    """The value of one of a member's attributes.

    code:  the attribute's code
    value: a text, a whole number or a truth value, as the attribute's type says
    """

    code: str
    value: JSON


@object_type
class MemberFacts:
    """What the bank says of a member.

    tiers:      the tiers that it holds
    segments:   the segments that it belongs to
    attributes: the values of its attributes, by code
    version:    how often they were set; erasing the member empties them, and counts
    """

    tiers: list[str]
    segments: list[str]
    attributes: list[AttributeValue]
    version: int


@object_type
class MemberFactsSet:
    """What is on file from now on.

    member_id:  the member
    tiers:      the tiers that it holds
    segments:   the segments that it belongs to
    attributes: the values of its attributes, by code
    version:    how often they were set
    """

    member_id: strawberry.ID
    tiers: list[str]
    segments: list[str]
    attributes: list[AttributeValue]
    version: int


async def read_facts(context: Context, member_id: UUID) -> MemberFacts | None:
    """What is said of a member of the caller's programme."""
    row = await context.read(facts_of, member_id)
    if row is None:
        return None
    return MemberFacts(
        tiers=list(row.tiers), segments=list(row.segments), attributes=_attributes_of(row), version=row.version
    )


def _attributes_of(row: MemberFactsRow) -> list[AttributeValue]:
    return [AttributeValue(code=code, value=JSON(value)) for code, value in read_values(row.attributes).items()]


async def set_member_facts(info: Info, asked: Annotated[SetMemberFactsInput, INPUT]) -> object:
    """Say which tiers, segments and attributes are a member's, instead of what was said before. Setting the same again is
    harmless.
    """
    context = info.context
    member_id = await resolve_member(context, asked.member)
    row = await context.change(
        facts.set_member_facts,
        member_id=member_id,
        tiers=asked.tiers,
        segments=asked.segments,
        attributes=[AttributeSaid(each.code, each.value) for each in asked.attributes or ()],
    )
    return MemberFactsSet(
        member_id=id_of(MEMBER, row.id),
        tiers=list(row.tiers),
        segments=list(row.segments),
        attributes=_attributes_of(row),
        version=row.version,
    )


SET_MEMBER_FACTS = mutation(
    set_member_facts,
    requires(Scope.MEMBER_ENROL, cost=10),
    succeeds=MemberFactsSet,
    refusals=(*EVERY_REQUEST, RefusalCode.MEMBER_NOT_FOUND, RefusalCode.MEMBER_CLOSED),
)
