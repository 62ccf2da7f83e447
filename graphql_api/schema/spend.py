"""Spending points: by a service, by a member for itself, or by a merchant with a payment code."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Role, Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.callers import EVERYBODY
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.guessing import try_code
from graphql_api.schema.kinds import MERCHANT, maybe_uuid
from graphql_api.schema.lists import LIST_COST, ListInput, ListItem, run_list
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, items_of, mutation
from graphql_api.schema.receipt import Receipt, receive
from graphql_api.schema.refusals import AVAILABLE, EVERY_COMMAND, EVERY_REQUEST, WALLET
from graphql_api.unresolved import NO_CODE
from ledger.book.refusal import RefusalCode, refuse_input
from ledger.book.units import MinorUnits, Points
from ledger.engine.outcome import Outcome
from ledger.points import payment_code
from ledger.points.command import UNKNOWN
from ledger.points.receipt import Receipt as LedgerReceipt
from ledger.points.spend import SpendPoints


@input_type
class SpendPointsFields:
    """Points that are taken from a member. Either `amount` or `dueMinor` is given.

    member:          whose points; not with a payment code, and not for a member, which spends its own
    payment_code:    the code that the member's app shows; a merchant must give one
    asset:           the code of the points asset; a payment code knows its own
    amount:          how many points
    due_minor:       a sum of money, in minor units, to pay with points at the rate in force, as far as they go
    points_max:      the most points that `dueMinor` may take; with `dueMinor` only
    merchant_id:     who is paid: for a merchant itself; without one it is a reward or a fee
    terminal:        the till's own number, 64 characters at most; wrong payment codes are counted by merchant and till
    reference:       the caller's own number of the spend, unique for ever
    reason_code:     why, as a code of the caller's
    """

    member: MemberRef | None = None
    payment_code: str | None = None
    asset: str = "POINTS"
    amount: Points | None = None
    due_minor: MinorUnits | None = None
    points_max: Points | None = None
    merchant_id: strawberry.ID | None = None
    terminal: str | None = None
    reference: str | None = None
    reason_code: str | None = None


@input_type
class SpendPointsInput(SpendPointsFields):
    """Points that are taken from a member. Either `amount` or `dueMinor` is given.

    idempotency_key: the caller's key for this intent
    """

    idempotency_key: IdempotencyKey


@input_type
class SpendPointsItem(SpendPointsFields, ListItem):
    """Points that are taken from a member, as one of many."""


@input_type
class SpendPointsListInput(ListInput):
    """Points that are taken from members.

    items: 1,000 at most; each sees what those before it did
    """

    items: list[SpendPointsItem]


@object_type
class PointsSpent(Receipt):
    """Points were taken.

    money_minor:         what they were worth, in minor units, where a merchant was paid
    remaining_due_minor: what of `dueMinor` remains to be paid otherwise
    """

    money_minor: MinorUnits | None
    remaining_due_minor: MinorUnits | None


async def spend_points(info: Info, asked: Annotated[SpendPointsInput, INPUT]) -> object:
    """Take points from a member: for a merchant, a reward or a fee.

    A merchant takes points only with the member's payment code; a member only its own, and none for merchants; a service
    from any member of its programme.
    """
    context = info.context

    async def spend() -> Outcome[LedgerReceipt]:
        return await context.execute(await _command(context, asked, asked.idempotency_key))

    return await _spent(context, await try_code(context, asked.terminal, spend))


async def _spent(context: Context, outcome: Outcome[LedgerReceipt]) -> PointsSpent:
    reply = outcome.unwrap()
    return await receive(
        context,
        PointsSpent,
        outcome,
        money_minor=maybe_minor(reply.money_minor),
        remaining_due_minor=maybe_minor(reply.remaining_due_minor),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whose:
    """Whose points are spent, by what consent, for whom."""

    member_id: UUID = UNKNOWN
    code_id: UUID | None = None
    merchant_id: UUID | None = None


async def _command(context: Context, asked: SpendPointsFields, key: str | None) -> SpendPoints:
    whose = await _whose(context, asked)
    return SpendPoints(
        actor=await context.actor(),
        key=key,
        reference=asked.reference,
        member_id=whose.member_id,
        asset=asked.asset,
        amount=asked.amount,
        due_minor=asked.due_minor,
        points_max=asked.points_max,
        code_id=whose.code_id,
        merchant_id=whose.merchant_id,
        reason_code=asked.reason_code,
    )


async def _whose(context: Context, asked: SpendPointsFields) -> _Whose:
    """INVALID_INPUT naming what does not go with the caller's role."""
    merchant_id = maybe_uuid(MERCHANT, asked.merchant_id)
    match context.caller.role:
        case Role.MERCHANT:
            own = context.own_merchant_id()
            _require(merchant_id in {None, own}, "merchantId")
            _require(asked.member is None, "member")
            _require(asked.payment_code is not None, "paymentCode")
            return _Whose(code_id=_code_id(context, asked.payment_code or ""), merchant_id=own)
        case Role.MEMBER:
            _require(asked.payment_code is None, "paymentCode")
            _require(merchant_id is None, "merchantId")
            return _Whose(member_id=await resolve_member(context, asked.member))
        case _:
            _require((asked.member is None) != (asked.payment_code is None), "member")
            if asked.payment_code is not None:
                return _Whose(code_id=_code_id(context, asked.payment_code), merchant_id=merchant_id)
            return _Whose(member_id=await resolve_member(context, asked.member), merchant_id=merchant_id)


def _require(holds: bool, field: str) -> None:  # noqa: FBT001 - a condition is what it is about
    if not holds:
        refuse_input(field)


def _code_id(context: Context, text: str) -> UUID:
    code = payment_code.normalise(text)
    return NO_CODE if code is None else payment_code.code_id(code, context.ledger.sealer)


REFUSALS = (
    *EVERY_COMMAND,
    *WALLET,
    *AVAILABLE,
    RefusalCode.PAYMENT_CODE_INVALID,
    RefusalCode.MERCHANT_NOT_FOUND,
    RefusalCode.MERCHANT_CLOSED,
    RefusalCode.RATE_NOT_FOUND,
    RefusalCode.AMOUNT_TOO_SMALL,
    RefusalCode.AMOUNT_TOO_LARGE,
)

SPEND_POINTS = mutation(
    spend_points,
    requires(Scope.POINTS_SPEND, moves="spend", cost=10),
    succeeds=PointsSpent,
    refusals=(*REFUSALS, RefusalCode.THROTTLED),
    callers=EVERYBODY,
)


@object_type
class SpendPointsOutcomes:
    """What each item came to.

    items: in the order of the input
    """

    items: list[object] = strawberry.field(graphql_type=items_of("SpendPointsItemResult", PointsSpent, REFUSALS))


async def spend_points_list(info: Info, asked: Annotated[SpendPointsListInput, INPUT]) -> object:
    """Take points from many members at once; for the bank's own systems."""
    context = info.context
    members = (item.member for item in asked.items)
    items = await run_list(
        context, asked, asked.items, partial(_command, context), partial(_spent, context), members=members
    )
    return SpendPointsOutcomes(items=items)


SPEND_POINTS_LIST = mutation(
    spend_points_list,
    requires(Scope.POINTS_SPEND, moves="spend", cost=LIST_COST),
    succeeds=SpendPointsOutcomes,
    refusals=(*EVERY_REQUEST, RefusalCode.LIST_TOO_LONG),
)
