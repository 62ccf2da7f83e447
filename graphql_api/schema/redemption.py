"""Redemptions as they stand, and their reversal."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import strawberry

from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Role, Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.callers import BANK_AND_MERCHANT
from graphql_api.schema.connection import PAGE_MAX, Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import (
    ENTRY,
    MEMBER,
    MERCHANT,
    REDEMPTION,
    TEMPLATE,
    TERMINAL,
    VOUCHER,
    id_of,
    maybe_id,
    uuid_of,
)
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_COMMAND
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits, Points
from ledger.vouchers.redemption_query import (
    RedemptionView,
    redemption_by_id,
    redemptions_by_key,
    redemptions_by_reference,
    redemptions_of_merchant,
)
from ledger.vouchers.reverse import ReverseRedemption


@object_type
class Redemption:
    """What one sale took of one voucher, and what of that was given back since.

    id:             its id
    entry_id:       the entry, which all vouchers of one sale share
    voucher_id:     the voucher
    template_id:    its template
    member_id:      whose voucher it was; null for merchants
    merchant_id:    the merchant
    terminal_id:    the till
    reference:      the merchant's own number of the sale
    units:          the uses, or the minor units of stored value, that it took
    discount_minor: what it took off the bill, in minor units
    basket_minor:   what was to be paid, in minor units
    local_day:      the day in the programme's zone
    redeemed_at:    when
    reversed_units: how much of `units` was given back
    reversed_minor: how much of `discountMinor` the customer owes again
    reversed_at:    when something was given back last
    """

    id: strawberry.ID
    entry_id: strawberry.ID
    voucher_id: strawberry.ID
    template_id: strawberry.ID
    member_id: strawberry.ID | None
    merchant_id: strawberry.ID
    terminal_id: strawberry.ID | None
    reference: str | None
    units: Points
    discount_minor: MinorUnits
    basket_minor: MinorUnits
    local_day: date
    redeemed_at: datetime
    reversed_units: Points
    reversed_minor: MinorUnits
    reversed_at: datetime | None


def redemption_of(context: Context, view: RedemptionView) -> Redemption:
    """The view as its GraphQL type; a merchant is not told whose voucher it was."""
    return Redemption(
        id=id_of(REDEMPTION, view.id),
        entry_id=id_of(ENTRY, view.entry_id),
        voucher_id=id_of(VOUCHER, view.voucher_id),
        template_id=id_of(TEMPLATE, view.template_id),
        member_id=id_of(MEMBER, view.member_id) if context.sees_balances else None,
        merchant_id=id_of(MERCHANT, view.merchant_id),
        terminal_id=maybe_id(TERMINAL, view.terminal_id),
        reference=view.reference,
        units=Points(view.units),
        discount_minor=MinorUnits(view.discount_minor),
        basket_minor=MinorUnits(view.basket_minor),
        local_day=view.local_day,
        redeemed_at=view.redeemed_at,
        reversed_units=Points(view.reversed_units),
        reversed_minor=MinorUnits(view.reversed_minor),
        reversed_at=view.reversed_at,
    )


def redemptions_from(
    context: Context, views: Sequence[RedemptionView], size: int, after: str | None
) -> Connection[Redemption]:
    """The page of at most `size` that begins after the cursor; `views` are the rows that `rows_for` asked for."""
    return connect_rows(REDEMPTION, views, size, after, lambda view: redemption_of(context, view))


async def redemption(
    info: Info,
    id: strawberry.ID | None = None,  # noqa: A002 - the argument's name in the schema
    reference: str | None = None,
    idempotency_key: IdempotencyKey | None = None,
) -> list[Redemption]:
    """A redemption, or what the caller redeemed on one sale, in the order of application; empty where there is none.

    id:              the redemption's id; for a merchant one of its own
    reference:       the caller's own number of the sale
    idempotency_key: the key under which the caller redeemed
    """
    context = info.context
    if sum(each is not None for each in (id, reference, idempotency_key)) != 1:
        raise InvalidInput("Give an id, a reference or an idempotency key.")
    return [redemption_of(context, view) for view in await _find(context, id, reference, idempotency_key)]


async def _find(
    context: Context, id_: strawberry.ID | None, reference: str | None, key: str | None
) -> Sequence[RedemptionView]:
    if reference is not None:
        return await redemptions_by_reference(context.ledger.reader, await context.actor(), reference)
    if key is not None:
        return await redemptions_by_key(context.ledger.reader, await context.actor(), key)
    view = await context.read(redemption_by_id, uuid_of(REDEMPTION, id_ or ""))
    return [view] if view is not None and await context.may_see((), view.merchant_id) else []


async def redemptions(
    info: Info, merchant_id: strawberry.ID | None = None, first: int = 20, after: str | None = None
) -> Connection[Redemption]:
    """A merchant's redemptions, newest first; a merchant sees its own and need not name itself.

    merchant_id: the merchant
    first:       how many, 1 to 100
    after:       the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    if context.caller.role is Role.MERCHANT:
        merchant = context.own_merchant_id()
        if merchant_id is not None and uuid_of(MERCHANT, merchant_id) != merchant:
            raise InvalidInput("A merchant sees its own redemptions only.")
    elif merchant_id is None:
        raise InvalidInput("Name the merchant.")
    else:
        merchant = uuid_of(MERCHANT, merchant_id)
    views = await context.read(
        redemptions_of_merchant, merchant, first=rows_for(size), before=row_after(REDEMPTION, after)
    )
    return redemptions_from(context, views, size, after)


@input_type
class ReverseRedemptionInput:
    """A redemption to undo.

    redemption_id:   the redemption
    idempotency_key: the caller's key for this intent
    amount_minor:    of stored value, how much to give back, in minor units; without it all that is left
    reason_code:     why, as a code of the caller's
    reference:       the caller's own number of the reversal, unique for ever
    """

    redemption_id: strawberry.ID
    idempotency_key: IdempotencyKey
    amount_minor: MinorUnits | None = None
    reason_code: str | None = None
    reference: str | None = None


@object_type
class RedemptionReversed:
    """The voucher has back what was taken of it; after its validity, that expired at once.

    replayed:       whether this is the stored outcome of an earlier request under the same key
    entry_id:       the entry
    redemption_id:  the redemption
    merchant_id:    the merchant
    units:          the uses, or the minor units of stored value, that came back
    units_left:     how much of the redemption still stands
    discount_minor: what the customer owes again, in minor units
    dead_units:     how much of `units` could not be used again and ended at once
    reversed_at:    when
    """

    replayed: bool
    entry_id: strawberry.ID
    redemption_id: strawberry.ID
    merchant_id: strawberry.ID
    units: Points
    units_left: Points
    discount_minor: MinorUnits | None
    dead_units: Points
    reversed_at: datetime


async def reverse_redemption(info: Info, asked: Annotated[ReverseRedemptionInput, INPUT]) -> object:
    """Undo a redemption, of stored value also in part: by the merchant that took it, or by the bank."""
    context = info.context
    command = ReverseRedemption(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        redemption_id=uuid_of(REDEMPTION, asked.redemption_id),
        amount_minor=asked.amount_minor,
        reason_code=asked.reason_code,
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return RedemptionReversed(
        replayed=outcome.replayed,
        entry_id=id_of(ENTRY, reply.entry_id),
        redemption_id=id_of(REDEMPTION, reply.redemption_id),
        merchant_id=id_of(MERCHANT, reply.merchant_id),
        units=Points(reply.units),
        units_left=Points(reply.units_left),
        discount_minor=maybe_minor(reply.discount_minor),
        dead_units=Points(reply.dead_units),
        reversed_at=reply.reversed_at,
    )


_CODE = RefusalCode

REDEMPTION_QUERY = query(redemption, requires(Scope.REDEMPTION_READ, cost=5), callers=BANK_AND_MERCHANT)
REDEMPTIONS = query(redemptions, requires(Scope.REDEMPTION_READ, cost=5, page_max=PAGE_MAX), callers=BANK_AND_MERCHANT)
REVERSE_REDEMPTION = mutation(
    reverse_redemption,
    requires(Scope.REDEMPTION_REVERSE, moves="reverse", cost=10),
    succeeds=RedemptionReversed,
    refusals=(
        *EVERY_COMMAND,
        _CODE.REDEMPTION_NOT_FOUND,
        _CODE.REVERSAL_WINDOW_CLOSED,
        _CODE.ALREADY_REVERSED,
        _CODE.REVERSAL_EXCEEDS_ORIGINAL,
        _CODE.BALANCE_LIMIT_EXCEEDED,
    ),
    callers=BANK_AND_MERCHANT,
)
