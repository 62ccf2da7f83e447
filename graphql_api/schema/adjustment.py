"""Adjustments by staff, which above a limit wait for a second person."""

from datetime import datetime
from typing import Annotated

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.approval_requested import ApprovalRequested
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import APPROVAL, id_of
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.receipt import Receipt, receive
from graphql_api.schema.refusals import EVERY_COMMAND, WALLET
from ledger.book.refusal import RefusalCode
from ledger.book.units import Points
from ledger.points.adjust import AdjustPoints


@input_type
class AdjustPointsInput:
    """A correction of a member's balance.

    member:          whose balance
    amount:          how many points are added, or taken where it is below zero
    reason_code:     why, as a code
    idempotency_key: the caller's key for this intent
    asset:           the code of the points asset
    reason:          why, in words; kept sealed
    effective_at:    when it takes effect; default: now
    reference:       the caller's own number of the adjustment, unique for ever; free again where it waited in vain
    """

    member: MemberRef
    amount: Points
    reason_code: str
    idempotency_key: IdempotencyKey
    asset: str = "POINTS"
    reason: str | None = None
    effective_at: datetime | None = None
    reference: str | None = None


@object_type
class PointsAdjusted(Receipt):
    """The balance was corrected."""


async def adjust_points(info: Info, asked: Annotated[AdjustPointsInput, INPUT]) -> object:
    """Correct a member's balance by hand. Above the caller's limit it waits for a second person."""
    context = info.context
    command = AdjustPoints(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        asset=asked.asset,
        amount=asked.amount,
        reason_code=asked.reason_code,
        reason=asked.reason,
        effective_at=asked.effective_at,
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    if reply.entry_id is None and reply.approval_id is not None:
        return ApprovalRequested(replayed=outcome.replayed, approval_id=id_of(APPROVAL, reply.approval_id))
    return await receive(context, PointsAdjusted, outcome)


REFUSALS = (
    *WALLET,
    RefusalCode.EFFECTIVE_IN_FUTURE,
    RefusalCode.PERIOD_CLOSED,
    RefusalCode.INSUFFICIENT_POINTS,
    RefusalCode.BALANCE_LIMIT_EXCEEDED,
)

ADJUST_POINTS = mutation(
    adjust_points,
    requires(Scope.POINTS_ADJUST, moves="adjust", cost=10),
    succeeds=(PointsAdjusted, ApprovalRequested),
    refusals=(*EVERY_COMMAND, *REFUSALS),
)
