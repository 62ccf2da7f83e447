"""Transfers between members."""

from typing import Annotated

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.callers import BANK_AND_MEMBER
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.member_ref import MemberRef, named_member, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.receipt import Receipt, receive
from graphql_api.schema.refusals import AVAILABLE, EVERY_COMMAND, WALLET
from ledger.book.refusal import RefusalCode
from ledger.book.units import Points
from ledger.points.transfer import TransferPoints


@input_type
class TransferPointsInput:
    """Points that go from one member to another.

    to:              who receives them
    amount:          how many
    idempotency_key: the caller's key for this intent
    member:          whose points; a member sends its own
    asset:           the code of the points asset
    reference:       the caller's own number of the transfer, unique for ever
    """

    to: MemberRef
    amount: Points
    idempotency_key: IdempotencyKey
    member: MemberRef | None = None
    asset: str = "POINTS"
    reference: str | None = None


@object_type
class PointsTransferred(Receipt):
    """Points went to another member; each lot keeps its expiry. `wallet` and `lots` are the sender's."""


async def transfer_points(info: Info, asked: Annotated[TransferPointsInput, INPUT]) -> object:
    """Send points to another member, within the asset's limits per day and month."""
    context = info.context
    to = await named_member(context, asked.to)
    command = TransferPoints(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        to_member_id=to,
        asset=asked.asset,
        amount=asked.amount,
    )
    return await receive(context, PointsTransferred, await context.execute(command))


_CODE = RefusalCode

TRANSFER_POINTS = mutation(
    transfer_points,
    requires(Scope.POINTS_TRANSFER, moves="transfer", cost=10),
    succeeds=PointsTransferred,
    refusals=(
        *EVERY_COMMAND,
        *WALLET,
        *AVAILABLE,
        _CODE.TRANSFER_NOT_ALLOWED,
        _CODE.TRANSFER_TO_SELF,
        _CODE.TRANSFER_LIMIT_EXCEEDED,
        _CODE.BALANCE_LIMIT_EXCEEDED,
    ),
    callers=BANK_AND_MEMBER,
)
