"""Using vouchers at a till: one, or several on one basket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.callers import BANK_AND_MERCHANT
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.guessing import CODE, try_code
from graphql_api.schema.kinds import ENTRY, MERCHANT, REDEMPTION, TEMPLATE, VOUCHER, id_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.presented import (
    OF_ONE_VOUCHER,
    OF_VOUCHERS,
    BasketInput,
    PresentedVoucherInput,
    at_the_till,
    basket_from,
    till_from,
)
from graphql_api.schema.refusals import EVERY_COMMAND
from graphql_api.schema.voucher_enums import Kind
from graphql_api.schema.voucher_units import left_of
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits
from ledger.engine.outcome import Outcome
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.redemption import Redeemed
from ledger.vouchers.redemption import VoucherUse as LedgerUse


@input_type
class RedeemVoucherInput(BasketInput):
    """A voucher to use on a sale.

    voucher:         the voucher
    idempotency_key: the caller's key for this intent
    reference:       the merchant's own number of the sale, unique for ever
    """

    voucher: PresentedVoucherInput
    idempotency_key: IdempotencyKey
    reference: str | None = None


@input_type
class RedeemVouchersInput(BasketInput):
    """Vouchers to use on one sale, all of them or none.

    vouchers:        20 at most, each once
    idempotency_key: the caller's key for this intent
    reference:       the merchant's own number of the sale, unique for ever
    """

    vouchers: list[PresentedVoucherInput]
    idempotency_key: IdempotencyKey
    reference: str | None = None


@object_type
class VoucherUse:
    """What one voucher gave.

    place:            its place among the vouchers presented, from 0
    redemption_id:    the redemption, to reverse it by
    voucher_id:       the voucher
    template_id:      its template
    kind:             what it gives
    discount_minor:   what it took off the bill, in minor units; 0 for goods, benefits and multipliers
    uses_left:        how often it can be used again; null for stored value
    value_left_minor: what is left of stored value, in minor units; null for all others
    item:             the item of which a piece is handed out
    """

    place: int
    redemption_id: strawberry.ID
    voucher_id: strawberry.ID
    template_id: strawberry.ID
    kind: Kind
    discount_minor: MinorUnits
    uses_left: int | None
    value_left_minor: MinorUnits | None
    item: str | None


@object_type
class VoucherLeft:
    """A voucher that was left out because of those beside it, and stays as it was.

    place:   its place among the vouchers presented, from 0
    reasons: why, as codes
    """

    place: int
    reasons: list[RefusalCode]


@object_type
class VouchersRedeemed:
    """A sale with the vouchers that were used on it, all by one entry.

    replayed:       whether this is the stored outcome of an earlier request under the same key
    entry_id:       the entry
    merchant_id:    the merchant
    basket_minor:   what was to be paid, in minor units
    discount_minor: what the vouchers took off
    due_minor:      what remains to be paid otherwise
    posted_at:      when
    applied:        the vouchers that were used, in the order in which they applied
    skipped:        the vouchers that were left out
    """

    replayed: bool
    entry_id: strawberry.ID
    merchant_id: strawberry.ID
    basket_minor: MinorUnits
    discount_minor: MinorUnits
    due_minor: MinorUnits
    posted_at: datetime
    applied: list[VoucherUse]
    skipped: list[VoucherLeft]


async def redeem_voucher(info: Info, asked: Annotated[RedeemVoucherInput, INPUT]) -> object:
    """Use a voucher on a sale: with the token of the merchant's lock, or in one step where nobody has locked it."""
    return await _redeem(info.context, asked, [asked.voucher])


async def redeem_vouchers(info: Info, asked: Annotated[RedeemVouchersInput, INPUT]) -> object:
    """Use several vouchers on one sale. One that would not apply by itself refuses all; one that only the others keep
    off is left out and told.
    """
    return await _redeem(info.context, asked, asked.vouchers)


async def _redeem(
    context: Context, asked: RedeemVoucherInput | RedeemVouchersInput, vouchers: Sequence[PresentedVoucherInput]
) -> VouchersRedeemed:
    till = till_from(context, asked)

    async def redeem() -> Outcome[Redeemed]:
        command = RedeemVouchers(
            key=asked.idempotency_key,
            reference=asked.reference,
            basket=basket_from(asked),
            **await at_the_till(context, till, vouchers),
        )
        return await context.execute(command)

    return _redeemed(await try_code(context, asked.terminal, redeem))


def _redeemed(outcome: Outcome[Redeemed]) -> VouchersRedeemed:
    reply = outcome.unwrap()
    return VouchersRedeemed(
        replayed=outcome.replayed,
        entry_id=id_of(ENTRY, reply.entry_id),
        merchant_id=id_of(MERCHANT, reply.merchant_id),
        basket_minor=MinorUnits(reply.basket_minor),
        discount_minor=MinorUnits(reply.discount_minor),
        due_minor=MinorUnits(reply.due_minor),
        posted_at=reply.redeemed_at,
        applied=[_use(use) for use in reply.applied],
        skipped=[
            VoucherLeft(place=left.place, reasons=[RefusalCode(code) for code in left.codes]) for left in reply.skipped
        ],
    )


def _use(use: LedgerUse) -> VoucherUse:
    left = left_of(use.kind, use.units_left)
    return VoucherUse(
        place=use.place,
        redemption_id=id_of(REDEMPTION, use.redemption_id),
        voucher_id=id_of(VOUCHER, use.voucher_id),
        template_id=id_of(TEMPLATE, use.template_id),
        kind=Kind(use.kind),
        discount_minor=MinorUnits(use.discount_minor),
        uses_left=left.uses,
        value_left_minor=left.value_minor,
        item=use.item,
    )


_CODE = RefusalCode
AT_THE_TILL = (
    _CODE.THROTTLED,
    _CODE.MERCHANT_NOT_FOUND,
    _CODE.TERMINAL_NOT_FOUND,
    _CODE.VOUCHER_NOT_FOUND,
    _CODE.MEMBER_CLOSED,
    _CODE.MEMBER_FROZEN,
    _CODE.MERCHANT_CLOSED,
    _CODE.TERMINAL_CLOSED,
    _CODE.VOUCHER_VOIDED,
    _CODE.VOUCHER_REDEEMED,
    _CODE.VOUCHER_LOCKED,
    _CODE.VOUCHER_EXPIRED,
    _CODE.VOUCHER_NOT_YET_VALID,
    _CODE.DYNAMIC_CODE_REQUIRED,
    _CODE.LOCK_TOKEN_REQUIRED,
    _CODE.LOCK_EXPIRED,
    _CODE.SCENE_NOT_ACCEPTED,
    _CODE.LIMIT_REACHED,
    _CODE.INSUFFICIENT_VALUE,
)
"""What any use of a voucher at a till may be refused with."""

_REFUSALS = (
    *EVERY_COMMAND,
    *AT_THE_TILL,
    _CODE.MINIMUM_SPEND,
    _CODE.NOTHING_TO_REDEEM,
    _CODE.AMOUNT_TOO_LARGE,
)

REDEEM_VOUCHER = mutation(
    redeem_voucher,
    requires(Scope.VOUCHER_REDEEM, moves=CODE, cost=10),
    succeeds=VouchersRedeemed,
    refusals=_REFUSALS,
    callers=BANK_AND_MERCHANT,
    names=OF_ONE_VOUCHER,
)
REDEEM_VOUCHERS = mutation(
    redeem_vouchers,
    requires(Scope.VOUCHER_REDEEM, moves=CODE, cost=40),
    succeeds=VouchersRedeemed,
    refusals=_REFUSALS,
    callers=BANK_AND_MERCHANT,
    names=OF_VOUCHERS,
)
