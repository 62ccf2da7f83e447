"""Holds: opened by a member, ended by capture, release or their deadline."""

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.callers import BANK_AND_MEMBER, BANK_AND_MERCHANT, EVERYBODY
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import ENTRY, HOLD, MEMBER, MERCHANT, id_of, maybe_id, maybe_uuid, uuid_of
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.receipt import Receipt, receive
from graphql_api.schema.refusals import AVAILABLE, EVERY_COMMAND, WALLET
from graphql_api.schema.state_enums import HoldState
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits, Points
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.hold import TTL_DEFAULT_S, HoldPoints
from ledger.points.hold_query import HoldView, hold_by_id


@object_type
class Hold:
    """Points that a member set aside.

    id:          its id
    member_id:   whose points; null for merchants
    asset:       the asset's code
    amount:      how many points were set aside
    captured:    how many of them were taken
    deadline:    when it is over, at this very instant
    state:       what became of it
    merchant_id: whom it was opened for; null = the bank
    opened_at:   when it was opened
    ended_by:    the entry that ended it
    ended_at:    when it ended
    """

    id: strawberry.ID
    member_id: strawberry.ID | None
    asset: str
    amount: Points
    captured: Points
    deadline: datetime
    state: HoldState
    merchant_id: strawberry.ID | None
    opened_at: datetime
    ended_by: strawberry.ID | None
    ended_at: datetime | None


async def hold_of(context: Context, view: HoldView) -> Hold:
    """The view as its GraphQL type."""
    return Hold(
        id=id_of(HOLD, view.id),
        member_id=id_of(MEMBER, view.member_id) if context.sees_balances else None,
        asset=await context.ledger.directory.asset_code(await context.programme_id(), view.asset_id),
        amount=Points(view.amount),
        captured=Points(view.captured),
        deadline=view.deadline,
        state=HoldState(view.state),
        merchant_id=maybe_id(MERCHANT, view.merchant_id),
        opened_at=view.opened_at,
        ended_by=maybe_id(ENTRY, view.ended_by),
        ended_at=view.ended_at,
    )


async def hold(info: Info, id: strawberry.ID) -> Hold | None:  # noqa: A002 - the argument's name in the schema
    """A hold: for a member one of its own, for a merchant one that was opened for it; null for all others.

    id: the hold's id
    """
    context = info.context
    view = await context.read(hold_by_id, uuid_of(HOLD, id))
    if view is None or not await context.may_see([view.member_id], view.merchant_id):
        return None
    return await hold_of(context, view)


@input_type
class HoldPointsInput:
    """Points to set aside.

    amount:          how many
    idempotency_key: the caller's key for this intent
    member:          whose points; a member sets its own aside
    asset:           the code of the points asset
    ttl_seconds:     how long, 1 second to 31 days; a hold is never extended
    merchant_id:     the merchant who may capture them; without one the bank
    reference:       the caller's own number of the hold, unique for ever
    """

    amount: Points
    idempotency_key: IdempotencyKey
    member: MemberRef | None = None
    asset: str = "POINTS"
    ttl_seconds: int = TTL_DEFAULT_S
    merchant_id: strawberry.ID | None = None
    reference: str | None = None


@object_type
class PointsHeld(Receipt):
    """Points were set aside.

    hold_id:  the hold, by which they are captured or released
    deadline: when it is over
    """

    hold_id: strawberry.ID
    deadline: datetime


async def hold_points(info: Info, asked: Annotated[HoldPointsInput, INPUT]) -> object:
    """Set a member's points aside, for a merchant or for the bank."""
    context = info.context
    command = HoldPoints(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        asset=asked.asset,
        amount=asked.amount,
        ttl_seconds=asked.ttl_seconds,
        merchant_id=maybe_uuid(MERCHANT, asked.merchant_id),
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return await receive(context, PointsHeld, outcome, hold_id=maybe_id(HOLD, reply.hold_id), deadline=reply.deadline)


@input_type
class CaptureHoldInput:
    """A hold to take points from.

    hold_id:         the hold
    idempotency_key: the caller's key for this intent
    amount:          how many of its points; without it all of them. The rest returns to the member at once
    reference:       the caller's own number of the capture, unique for ever
    """

    hold_id: strawberry.ID
    idempotency_key: IdempotencyKey
    amount: Points | None = None
    reference: str | None = None


@object_type
class HoldCaptured(Receipt):
    """Points were taken from a hold, which is over.

    hold_id:     the hold
    money_minor: what the points were worth, in minor units, where a merchant was paid
    """

    hold_id: strawberry.ID
    money_minor: MinorUnits | None


async def capture_hold(info: Info, asked: Annotated[CaptureHoldInput, INPUT]) -> object:
    """Take the points of a hold: by the merchant that it was opened for, or by the bank."""
    context = info.context
    command = CaptureHold(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        hold_id=uuid_of(HOLD, asked.hold_id),
        amount=asked.amount,
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return await receive(
        context,
        HoldCaptured,
        outcome,
        hold_id=maybe_id(HOLD, reply.hold_id),
        money_minor=maybe_minor(reply.money_minor),
    )


@input_type
class ReleaseHoldInput:
    """A hold to give back.

    hold_id:         the hold
    idempotency_key: the caller's key for this intent
    reference:       the caller's own number of the release, unique for ever
    """

    hold_id: strawberry.ID
    idempotency_key: IdempotencyKey
    reference: str | None = None


@object_type
class HoldReleased(Receipt):
    """A hold was given back to the member.

    hold_id: the hold
    """

    hold_id: strawberry.ID


async def release_hold(info: Info, asked: Annotated[ReleaseHoldInput, INPUT]) -> object:
    """Give a hold back: by whom it was opened for. A member releases only what it held for the bank."""
    context = info.context
    command = ReleaseHold(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        hold_id=uuid_of(HOLD, asked.hold_id),
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return await receive(context, HoldReleased, outcome, hold_id=maybe_id(HOLD, reply.hold_id))


_CODE = RefusalCode
_ENDED = (_CODE.HOLD_NOT_FOUND, _CODE.HOLD_CAPTURED, _CODE.HOLD_RELEASED, _CODE.HOLD_LAPSED)

HOLD_QUERY = query(hold, requires(Scope.POINTS_HOLD, Scope.ENTRY_READ, cost=5), callers=EVERYBODY)
HOLD_POINTS = mutation(
    hold_points,
    requires(Scope.POINTS_HOLD, moves="hold", cost=10),
    succeeds=PointsHeld,
    refusals=(*EVERY_COMMAND, *WALLET, *AVAILABLE, _CODE.MERCHANT_NOT_FOUND, _CODE.MERCHANT_CLOSED),
    callers=BANK_AND_MEMBER,
)
CAPTURE_HOLD = mutation(
    capture_hold,
    requires(Scope.POINTS_HOLD, moves="capture", cost=10),
    succeeds=HoldCaptured,
    refusals=(*EVERY_COMMAND, *WALLET, *_ENDED, _CODE.CAPTURE_EXCEEDS_HOLD, _CODE.AMOUNT_TOO_LARGE),
    callers=BANK_AND_MERCHANT,
)
RELEASE_HOLD = mutation(
    release_hold,
    requires(Scope.POINTS_HOLD, moves="release", cost=10),
    succeeds=HoldReleased,
    refusals=(*EVERY_COMMAND, *WALLET, *_ENDED),
    callers=EVERYBODY,
)
