"""Enrolling customers of the bank as members, one by one or in lists."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import ENTRY, MEMBER, id_of
from graphql_api.schema.lists import LIST_COST, ListInput, ListItem, run_list
from graphql_api.schema.mutation import INPUT, items_of, mutation
from graphql_api.schema.refusals import EVERY_COMMAND, EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.engine.outcome import Outcome
from ledger.members.enrol import Enrolled, EnrolMember


@input_type
class EnrolMemberFields:
    """A customer who becomes a member.

    external_id: what the bank calls the customer: 1 to 128 printable characters, nothing personal
    reference:   the caller's own number of the enrolment, unique for ever
    """

    external_id: str
    reference: str | None = None


@input_type
class EnrolMemberInput(EnrolMemberFields):
    """A customer who becomes a member.

    idempotency_key: the caller's key for this intent
    """

    idempotency_key: IdempotencyKey


@object_type
class MemberEnrolled:
    """The customer is a member.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    member_id:   the member's id from now on
    entry_id:    the entry that says so
    enrolled_at: when the customer became a member
    """

    replayed: bool
    member_id: strawberry.ID
    entry_id: strawberry.ID
    enrolled_at: datetime


async def enrol_member(info: Info, asked: Annotated[EnrolMemberInput, INPUT]) -> object:
    """Make a customer of the bank a member."""
    context = info.context
    command = await _command(context, asked, asked.idempotency_key)
    return await _enrolled(await context.execute(command))


async def _command(context: Context, asked: EnrolMemberFields, key: str | None) -> EnrolMember:
    return EnrolMember(actor=await context.actor(), key=key, reference=asked.reference, external_id=asked.external_id)


async def _enrolled(outcome: Outcome[Enrolled]) -> MemberEnrolled:
    reply = outcome.unwrap()
    return MemberEnrolled(
        replayed=outcome.replayed,
        member_id=id_of(MEMBER, reply.member_id),
        entry_id=id_of(ENTRY, reply.entry_id),
        enrolled_at=reply.enrolled_at,
    )


REFUSALS = (*EVERY_COMMAND, RefusalCode.PROGRAMME_NOT_FOUND, RefusalCode.EXTERNAL_ID_TAKEN)

ENROL_MEMBER = mutation(enrol_member, requires(Scope.MEMBER_ENROL, cost=10), succeeds=MemberEnrolled, refusals=REFUSALS)


@input_type
class EnrolMemberItem(EnrolMemberFields, ListItem):
    """A customer who becomes a member, as one of many."""


@input_type
class EnrolMemberListInput(ListInput):
    """Customers who become members.

    items: 1,000 at most
    """

    items: list[EnrolMemberItem]


@object_type
class EnrolMemberOutcomes:
    """What each item came to.

    items: in the order of the input
    """

    items: list[object] = strawberry.field(graphql_type=items_of("EnrolMemberItemResult", MemberEnrolled, REFUSALS))


async def enrol_member_list(info: Info, asked: Annotated[EnrolMemberListInput, INPUT]) -> object:
    """Make many customers members at once."""
    context = info.context
    return EnrolMemberOutcomes(items=await run_list(context, asked, asked.items, partial(_command, context), _enrolled))


ENROL_MEMBER_LIST = mutation(
    enrol_member_list,
    requires(Scope.MEMBER_ENROL, cost=LIST_COST),
    succeeds=EnrolMemberOutcomes,
    refusals=(*EVERY_REQUEST, RefusalCode.LIST_TOO_LONG),
)
