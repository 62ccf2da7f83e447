"""What the bank says of a member beside its points: tiers and segments, which vouchers may require."""

from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.members import facts


@input_type
class SetMemberFactsInput:
    """All of a member's tiers and segments.

    member:   which one
    tiers:    the tiers that the member holds, 100 at most
    segments: the segments that it belongs to, 100 at most
    """

    member: MemberRef
    tiers: list[str]
    segments: list[str]


@object_type
class MemberFactsSet:
    """What is on file from now on.

    member_id: the member
    tiers:     the tiers that it holds
    segments:  the segments that it belongs to
    version:   how often they were set
    """

    member_id: strawberry.ID
    tiers: list[str]
    segments: list[str]
    version: int


async def set_member_facts(info: Info, asked: Annotated[SetMemberFactsInput, INPUT]) -> object:
    """Say which tiers and segments are a member's, instead of what was said before. Setting the same again is harmless."""
    context = info.context
    member_id = await resolve_member(context, asked.member)
    row = await facts.set_member_facts(
        context.ledger.units,
        await context.actor(),
        member_id=member_id,
        tiers=asked.tiers,
        segments=asked.segments,
    )
    return MemberFactsSet(
        member_id=id_of(MEMBER, row.id), tiers=list(row.tiers), segments=list(row.segments), version=row.version
    )


SET_MEMBER_FACTS = mutation(
    set_member_facts,
    requires(Scope.MEMBER_ENROL, cost=10),
    succeeds=MemberFactsSet,
    refusals=(*EVERY_REQUEST, RefusalCode.MEMBER_NOT_FOUND, RefusalCode.MEMBER_CLOSED),
)
