"""Earning points: one by one, or in lists."""

from datetime import date, datetime
from functools import partial
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import MERCHANT, maybe_uuid
from graphql_api.schema.lists import LIST_COST, ListInput, ListItem, run_list
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, items_of, mutation
from graphql_api.schema.receipt import Receipt, receive
from graphql_api.schema.refusals import EVERY_COMMAND, EVERY_REQUEST, WALLET
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits, Points
from ledger.engine.outcome import Outcome
from ledger.points.earn import EarnPoints
from ledger.points.receipt import Receipt as LedgerReceipt


@input_type
class EarnPointsFields:
    """Points that a member receives.

    member:        who receives them
    amount:        how many, 1 to 10^15
    asset:         the code of the points asset
    reference:     the caller's own number of the earn, unique for ever
    effective_at:  when they were earned; default: now
    expires_on:    the local date through which they are good, instead of the policy's
    pending:       whether they wait for a confirmation
    pending_until: the local date on which pending points activate
    purchased:     whether they were bought; promotional ones are spent first
    sale_minor:    the sale they were earned with, in minor units; makes the earn refundable in parts
    merchant_id:   the merchant of the sale
    reason_code:   why, as a code of the caller's
    """

    member: MemberRef
    amount: Points
    asset: str = "POINTS"
    reference: str | None = None
    effective_at: datetime | None = None
    expires_on: date | None = None
    pending: bool = False
    pending_until: date | None = None
    purchased: bool = False
    sale_minor: MinorUnits | None = None
    merchant_id: strawberry.ID | None = None
    reason_code: str | None = None


@input_type
class EarnPointsInput(EarnPointsFields):
    """Points that a member receives.

    idempotency_key: the caller's key for this intent
    """

    idempotency_key: IdempotencyKey


@input_type
class EarnPointsItem(EarnPointsFields, ListItem):
    """Points that a member receives, as one of many."""


@input_type
class EarnPointsListInput(ListInput):
    """Points that members receive.

    items: 1,000 at most; each sees what those before it did
    """

    items: list[EarnPointsItem]


@object_type
class PointsEarned(Receipt):
    """Points were issued to the member.

    expired: those that arrived past their expiry and expired in the same entry
    """

    expired: Points


async def earn_points(info: Info, asked: Annotated[EarnPointsInput, INPUT]) -> object:
    """Issue points to a member."""
    context = info.context
    command = await _command(context, asked, asked.idempotency_key)
    return await _earned(context, await context.execute(command))


async def _earned(context: Context, outcome: Outcome[LedgerReceipt]) -> PointsEarned:
    return await receive(context, PointsEarned, outcome, expired=Points(outcome.unwrap().expired))


async def _command(context: Context, asked: EarnPointsFields, key: str | None) -> EarnPoints:
    return EarnPoints(
        actor=await context.actor(),
        key=key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        asset=asked.asset,
        amount=asked.amount,
        effective_at=asked.effective_at,
        expires_on=asked.expires_on,
        pending=asked.pending,
        pending_until=asked.pending_until,
        purchased=asked.purchased,
        sale_minor=asked.sale_minor,
        merchant_id=maybe_uuid(MERCHANT, asked.merchant_id),
        reason_code=asked.reason_code,
    )


REFUSALS = (
    *EVERY_COMMAND,
    *WALLET,
    RefusalCode.MERCHANT_NOT_FOUND,
    RefusalCode.MERCHANT_CLOSED,
    RefusalCode.EFFECTIVE_IN_FUTURE,
    RefusalCode.PERIOD_CLOSED,
    RefusalCode.EXPIRY_INVALID,
    RefusalCode.BALANCE_LIMIT_EXCEEDED,
)

EARN_POINTS = mutation(
    earn_points, requires(Scope.POINTS_EARN, moves="earn", cost=10), succeeds=PointsEarned, refusals=REFUSALS
)


@object_type
class EarnPointsOutcomes:
    """What each item came to.

    items: in the order of the input
    """

    items: list[object] = strawberry.field(graphql_type=items_of("EarnPointsItemResult", PointsEarned, REFUSALS))


async def earn_points_list(info: Info, asked: Annotated[EarnPointsListInput, INPUT]) -> object:
    """Issue points to many members at once."""
    context = info.context
    members = (item.member for item in asked.items)
    items = await run_list(
        context, asked, asked.items, partial(_command, context), partial(_earned, context), members=members
    )
    return EarnPointsOutcomes(items=items)


EARN_POINTS_LIST = mutation(
    earn_points_list,
    requires(Scope.POINTS_EARN, moves="earn", cost=LIST_COST),
    succeeds=EarnPointsOutcomes,
    refusals=(*EVERY_REQUEST, RefusalCode.LIST_TOO_LONG),
)
