"""Looking at vouchers before they are used: what they would give on a basket, or every reason why not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK_AND_MERCHANT
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.guessing import CODE, WRONG_CODES, try_codes
from graphql_api.schema.kinds import TEMPLATE, VOUCHER, maybe_id
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
from graphql_api.schema.refusals import EVERY_REQUEST, UserError, present
from graphql_api.schema.voucher_enums import Kind
from graphql_api.schema.voucher_units import Left, left_of
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits
from ledger.vouchers import validate as ledger
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.validate import BasketValidated, Validated


@input_type
class ValidateVoucherInput(BasketInput):
    """A voucher that is shown for a sale.

    voucher: the voucher
    """

    voucher: PresentedVoucherInput


@input_type
class ValidateVouchersInput(BasketInput):
    """Vouchers that are shown for one sale.

    vouchers: 20 at most, each once
    """

    vouchers: list[PresentedVoucherInput]


@object_type
class VoucherValidation:
    """What a voucher would give. Of one that is unknown or not accepted here, nothing is told but that.

    place:            its place among the vouchers presented, from 0
    applies:          whether it would be used
    reasons:          every reason why not, in the order of precedence
    voucher_id:       the voucher
    template_id:      its template
    kind:             what it gives
    discount_minor:   what it would take off what the vouchers before it leave, in minor units
    uses_left:        how often it can be used now; null for stored value
    value_left_minor: what is left of stored value now, in minor units; null for all others
    valid_from:       from when it is good
    valid_until:      until when it is good; null = for ever
    item:             the item of which a piece would be handed out
    """

    place: int
    applies: bool
    reasons: list[UserError]
    voucher_id: strawberry.ID | None
    template_id: strawberry.ID | None
    kind: Kind | None
    discount_minor: MinorUnits
    uses_left: int | None
    value_left_minor: MinorUnits | None
    valid_from: datetime | None
    valid_until: datetime | None
    item: str | None


@object_type
class BasketValidation:
    """What the vouchers would leave to be paid. Nothing was changed, and nothing is promised for later.

    basket_minor:   what is to be paid, in minor units
    discount_minor: what the vouchers would take off
    due_minor:      what would remain to be paid otherwise
    validated_at:   the instant of the look, by the ledger's clock
    vouchers:       the vouchers in the order presented
    """

    basket_minor: MinorUnits
    discount_minor: MinorUnits
    due_minor: MinorUnits
    validated_at: datetime
    vouchers: list[VoucherValidation]


async def validate_voucher(info: Info, asked: Annotated[ValidateVoucherInput, INPUT]) -> object:
    """What a voucher would give on a sale, or every reason why not. By POST only: a URL is no place for a code."""
    return await _validate(info.context, asked, [asked.voucher])


async def validate_vouchers(info: Info, asked: Annotated[ValidateVouchersInput, INPUT]) -> object:
    """What several vouchers would give on one sale, each on what those before it leave."""
    return await _validate(info.context, asked, asked.vouchers)


async def _validate(
    context: Context, asked: ValidateVoucherInput | ValidateVouchersInput, vouchers: Sequence[PresentedVoucherInput]
) -> BasketValidation:
    till = till_from(context, asked)

    async def validate() -> BasketValidated:
        redeem = RedeemVouchers(
            key=None,
            basket=basket_from(asked),
            **await at_the_till(context, till, vouchers),
        )
        return await ledger.validate_vouchers(context.ledger.reader, redeem)

    return _validated(await try_codes(context, asked.terminal, validate, _wrong))


def _wrong(basket: BasketValidated) -> int:
    return sum(reason.code in WRONG_CODES for each in basket.vouchers for reason in each.reasons)


def _validated(basket: BasketValidated) -> BasketValidation:
    return BasketValidation(
        basket_minor=MinorUnits(basket.basket_minor),
        discount_minor=MinorUnits(basket.discount_minor),
        due_minor=MinorUnits(basket.due_minor),
        validated_at=basket.validated_at,
        vouchers=[_voucher(each) for each in basket.vouchers],
    )


def _voucher(each: Validated) -> VoucherValidation:
    left = Left(None, None) if each.kind is None else left_of(each.kind, each.units_left)
    return VoucherValidation(
        place=each.place,
        applies=not each.reasons,
        reasons=[present(reason) for reason in each.reasons],
        voucher_id=maybe_id(VOUCHER, each.voucher_id),
        template_id=maybe_id(TEMPLATE, each.template_id),
        kind=None if each.kind is None else Kind(each.kind),
        discount_minor=MinorUnits(each.discount_minor),
        uses_left=left.uses,
        value_left_minor=left.value_minor,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
        item=each.item,
    )


_REFUSALS = (
    *EVERY_REQUEST,
    RefusalCode.THROTTLED,
    RefusalCode.MERCHANT_NOT_FOUND,
    RefusalCode.TERMINAL_NOT_FOUND,
)

VALIDATE_VOUCHER = mutation(
    validate_voucher,
    requires(Scope.VOUCHER_REDEEM, moves=CODE, cost=10),
    succeeds=BasketValidation,
    refusals=_REFUSALS,
    callers=BANK_AND_MERCHANT,
    names=OF_ONE_VOUCHER,
)
VALIDATE_VOUCHERS = mutation(
    validate_vouchers,
    requires(Scope.VOUCHER_REDEEM, moves=CODE, cost=40),
    succeeds=BasketValidation,
    refusals=_REFUSALS,
    callers=BANK_AND_MERCHANT,
    names=OF_VOUCHERS,
)
