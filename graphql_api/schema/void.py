"""Vouchers that the bank takes back for good."""

from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import VOUCHER, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_COMMAND
from graphql_api.schema.voucher_receipt import VoucherReceipt, receive_voucher
from ledger.book.refusal import RefusalCode
from ledger.vouchers.void import VoidVoucher


@input_type
class VoidVoucherInput:
    """A voucher to take back. What a member paid for it in points is given back by an adjustment, not by this.

    voucher_id:      the voucher
    reason_code:     why, as a code
    idempotency_key: the caller's key for this intent
    reason:          why, in words; kept sealed
    reference:       the caller's own number of it, unique for ever
    """

    voucher_id: strawberry.ID
    reason_code: str
    idempotency_key: IdempotencyKey
    reason: str | None = None
    reference: str | None = None


@object_type
class VoucherVoided(VoucherReceipt):
    """What was left of the voucher is void."""


async def void_voucher(info: Info, asked: Annotated[VoidVoucherInput, INPUT]) -> object:
    """Take a voucher back for good. A merchant's lock is respected until it is over."""
    context = info.context
    command = VoidVoucher(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        voucher_id=uuid_of(VOUCHER, asked.voucher_id),
        reason_code=asked.reason_code,
        reason=asked.reason,
    )
    return await receive_voucher(context, VoucherVoided, await context.execute(command))


_CODE = RefusalCode

VOID_VOUCHER = mutation(
    void_voucher,
    requires(Scope.VOUCHER_VOID, moves="void", cost=10),
    succeeds=VoucherVoided,
    refusals=(
        *EVERY_COMMAND,
        _CODE.VOUCHER_NOT_FOUND,
        _CODE.VOUCHER_VOIDED,
        _CODE.VOUCHER_REDEEMED,
        _CODE.VOUCHER_LOCKED,
        _CODE.VOUCHER_EXPIRED,
    ),
)
