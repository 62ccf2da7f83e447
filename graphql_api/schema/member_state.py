"""Changing a member's state: freeze, unfreeze, close."""

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import ENTRY, MEMBER, id_of
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_COMMAND
from graphql_api.schema.state_enums import MemberState
from ledger.book.refusal import RefusalCode
from ledger.engine.outcome import Outcome
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.members.state_change import MemberStateChanged as LedgerStateChanged
from ledger.members.state_change import MemberStateCommand
from ledger.vouchers.close import CloseMember


@input_type
class FreezeMemberInput:
    """A member to freeze.

    member:          which one
    idempotency_key: the caller's key for this intent
    reason_code:     why, as a code
    reason:          why, in words; kept sealed
    reference:       the caller's own number, unique for ever
    """

    member: MemberRef
    idempotency_key: IdempotencyKey
    reason_code: str | None = None
    reason: str | None = None
    reference: str | None = None


@input_type
class UnfreezeMemberInput(FreezeMemberInput):
    """A member to unfreeze."""


@input_type
class CloseMemberInput(FreezeMemberInput):
    """A member to close.

    forfeit: whether what the member still has or owes is given up; open holds are never
    """

    forfeit: bool = False


@object_type
class MemberStateChanged:
    """The member's state from now on.

    replayed:   whether this is the stored outcome of an earlier request under the same key
    member_id:  the member
    entry_id:   the entry that says so
    state:      what it may do
    changed_at: when the state changed
    """

    replayed: bool
    member_id: strawberry.ID
    entry_id: strawberry.ID
    state: MemberState
    changed_at: datetime


async def freeze_member(info: Info, asked: Annotated[FreezeMemberInput, INPUT]) -> object:
    """Stop what a member starts: spend, hold, transfer. Expiry, releases and older holds go on."""
    return await _change(info.context, asked, FreezeMember)


async def unfreeze_member(info: Info, asked: Annotated[UnfreezeMemberInput, INPUT]) -> object:
    """Let a frozen member act again."""
    return await _change(info.context, asked, UnfreezeMember)


async def close_member(info: Info, asked: Annotated[CloseMemberInput, INPUT]) -> object:
    """End a membership for good."""
    return await _change(info.context, asked, CloseMember, forfeit=asked.forfeit)


async def _change(
    context: Context, asked: FreezeMemberInput, kind: type[MemberStateCommand], **more: object
) -> MemberStateChanged:
    command = kind(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        reason_code=asked.reason_code,
        reason=asked.reason,
        **more,  # type: ignore[arg-type]
    )
    return _changed(await context.execute(command))


def _changed(outcome: Outcome[LedgerStateChanged]) -> MemberStateChanged:
    reply = outcome.unwrap()
    return MemberStateChanged(
        replayed=outcome.replayed,
        member_id=id_of(MEMBER, reply.member_id),
        entry_id=id_of(ENTRY, reply.entry_id),
        state=MemberState(reply.state),
        changed_at=reply.changed_at,
    )


_CODE = RefusalCode
_EVERY_CHANGE = (*EVERY_COMMAND, _CODE.MEMBER_NOT_FOUND, _CODE.MEMBER_CLOSED)

FREEZE_MEMBER = mutation(
    freeze_member,
    requires(Scope.MEMBER_FREEZE, cost=10),
    succeeds=MemberStateChanged,
    refusals=(*_EVERY_CHANGE, _CODE.MEMBER_FROZEN),
)
UNFREEZE_MEMBER = mutation(
    unfreeze_member,
    requires(Scope.MEMBER_FREEZE, cost=10),
    succeeds=MemberStateChanged,
    refusals=(*_EVERY_CHANGE, _CODE.MEMBER_NOT_FROZEN),
)
CLOSE_MEMBER = mutation(
    close_member,
    requires(Scope.MEMBER_CLOSE, moves="close", cost=10),
    succeeds=MemberStateChanged,
    refusals=(*_EVERY_CHANGE, _CODE.MEMBER_NOT_EMPTY),
)
