"""Levels by hand: asked for by staff, with a reason and a last day, decided by a second person."""

from datetime import date
from typing import Annotated

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.approval_requested import ApprovalRequested, ask_approval
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_COMMAND
from ledger.book.refusal import RefusalCode
from ledger.tiers.grant import GrantTier


@input_type
class GrantTierInput:
    """A level by hand.

    member:          who is to hold it
    ladder:          the code of the ladder
    level:           the code of the level
    until_on:        the last local day on which it is held, whatever is earned; ten years ahead at most
    reason_code:     why, as a code
    idempotency_key: the caller's key for this intent
    reason:          why, in words; kept sealed
    reference:       the caller's own number of the grant, unique for ever; free again where it waited in vain
    """

    member: MemberRef
    ladder: str
    level: str
    until_on: date
    reason_code: str
    idempotency_key: IdempotencyKey
    reason: str | None = None
    reference: str | None = None


async def grant_tier(info: Info, asked: Annotated[GrantTierInput, INPUT]) -> object:
    """Ask that a member hold a level through a last day, whatever it earns. An earlier grant ends with it; the first
    level through today ends a grant and gives nothing.
    """
    context = info.context
    command = GrantTier(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        ladder=asked.ladder,
        level=asked.level,
        until_on=asked.until_on,
        reason_code=asked.reason_code,
        reason=asked.reason,
    )
    return await ask_approval(context, command)


REFUSALS = (
    RefusalCode.MEMBER_NOT_FOUND,
    RefusalCode.TIER_LADDER_NOT_FOUND,
    RefusalCode.MEMBER_CLOSED,
    RefusalCode.EXPIRY_INVALID,
)

GRANT_TIER = mutation(
    grant_tier, requires(Scope.TIER_GRANT, cost=10), succeeds=ApprovalRequested, refusals=(*EVERY_COMMAND, *REFUSALS)
)
