"""What members do with vouchers themselves: claim one, give one away."""

from functools import partial
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.amounts import maybe_points
from graphql_api.schema.callers import BANK_AND_MEMBER
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.issue import GIVEN
from graphql_api.schema.kinds import VOUCHER, uuid_of
from graphql_api.schema.member_ref import MemberRef, named_member, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_COMMAND
from graphql_api.schema.voucher_receipt import VoucherReceipt, receive_voucher
from ledger.book.refusal import RefusalCode
from ledger.book.units import Points
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.code import deal_code
from ledger.vouchers.gift import GiftVoucher


@input_type
class ClaimVoucherInput:
    """A voucher that a member takes.

    template:        the template's code
    idempotency_key: the caller's key for this intent
    points_max:      the most that the member agreed to pay; without it whatever it costs
    member:          who claims; a member claims for itself
    reference:       the caller's own number of the claim, unique for ever
    """

    template: str
    idempotency_key: IdempotencyKey
    points_max: Points | None = None
    member: MemberRef | None = None
    reference: str | None = None


@object_type
class VoucherClaimed(VoucherReceipt):
    """The member has the voucher and has paid for it.

    points:           what it cost
    points_available: what the member could spend then, in the asset that it paid with; null where it cost nothing
    """

    points: Points
    points_available: Points | None


async def claim_voucher(info: Info, asked: Annotated[ClaimVoucherInput, INPUT]) -> object:
    """Take a voucher, paying points where it costs points, in one step."""
    context = info.context
    ledger, actor = context.ledger, await context.actor()
    command = ClaimVoucher(
        actor=actor,
        key=asked.idempotency_key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        template=asked.template,
        points_max=asked.points_max,
        deal=partial(deal_code, ledger.random, ledger.sealer, actor.programme_id),
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return await receive_voucher(
        context,
        VoucherClaimed,
        outcome,
        points=Points(reply.points),
        points_available=maybe_points(reply.points_available),
    )


@input_type
class GiftVoucherInput:
    """A voucher that goes to another member.

    voucher_id:      the voucher
    to:              who receives it
    idempotency_key: the caller's key for this intent
    member:          who gives; a member gives its own
    reference:       the caller's own number of the gift, unique for ever
    """

    voucher_id: strawberry.ID
    to: MemberRef
    idempotency_key: IdempotencyKey
    member: MemberRef | None = None
    reference: str | None = None


@object_type
class VoucherGiven(VoucherReceipt):
    """The other member has a voucher of its own, with a new code, for what was left. `voucher` is that one."""


async def gift_voucher(info: Info, asked: Annotated[GiftVoucherInput, INPUT]) -> object:
    """Give a voucher to another member, where its template allows that."""
    context = info.context
    ledger, actor = context.ledger, await context.actor()
    to = await named_member(context, asked.to)
    command = GiftVoucher(
        actor=actor,
        key=asked.idempotency_key,
        reference=asked.reference,
        voucher_id=uuid_of(VOUCHER, asked.voucher_id),
        member_id=await resolve_member(context, asked.member),
        to_member_id=to,
        deal=partial(deal_code, ledger.random, ledger.sealer, actor.programme_id),
    )
    return await receive_voucher(context, VoucherGiven, await context.execute(command))


_CODE = RefusalCode

CLAIM_VOUCHER = mutation(
    claim_voucher,
    requires(Scope.VOUCHER_CLAIM, moves="claim", cost=10),
    succeeds=VoucherClaimed,
    refusals=(
        *GIVEN,
        _CODE.MEMBER_FROZEN,
        _CODE.NOT_CLAIMABLE,
        _CODE.AMOUNT_TOO_LARGE,
        _CODE.POINTS_OWED,
        _CODE.INSUFFICIENT_POINTS,
    ),
    callers=BANK_AND_MEMBER,
)
GIFT_VOUCHER = mutation(
    gift_voucher,
    requires(Scope.VOUCHER_GIFT, moves="gift", cost=10),
    succeeds=VoucherGiven,
    refusals=(
        *EVERY_COMMAND,
        _CODE.MEMBER_NOT_FOUND,
        _CODE.VOUCHER_NOT_FOUND,
        _CODE.MEMBER_CLOSED,
        _CODE.MEMBER_FROZEN,
        _CODE.VOUCHER_VOIDED,
        _CODE.VOUCHER_REDEEMED,
        _CODE.VOUCHER_LOCKED,
        _CODE.VOUCHER_EXPIRED,
        _CODE.GIFT_NOT_ALLOWED,
        _CODE.GIFT_TO_SELF,
        _CODE.BALANCE_LIMIT_EXCEEDED,
    ),
    callers=BANK_AND_MEMBER,
)
