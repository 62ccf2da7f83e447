"""Payment codes: a member's consent to one spend at a till."""

from datetime import datetime
from typing import Annotated

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK_AND_MEMBER
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode, refuse_input
from ledger.book.units import Points, is_amount
from ledger.points import payment_code


@input_type
class CreatePaymentCodeInput:
    """A code to show at a till.

    member:     whose points; a member shows its own
    asset:      the code of the points asset
    amount_max: the most points that it may take; without it whatever is available
    """

    member: MemberRef | None = None
    asset: str = "POINTS"
    amount_max: Points | None = None


@object_type
class PaymentCodeCreated:
    """The member's app can show the code; it lets one merchant take points once.

    payment_code: what the till reads
    expires_at:   until when it is good
    """

    payment_code: str
    expires_at: datetime


async def create_payment_code(info: Info, asked: Annotated[CreatePaymentCodeInput, INPUT]) -> object:
    """Make a code for one spend within a minute. Each call makes another one, so no key is needed."""
    context = info.context
    if asked.amount_max is not None and not is_amount(asked.amount_max):
        refuse_input("amountMax")
    shown = await payment_code.create_payment_code(
        context.ledger.units,
        context.ledger.sealer,
        context.ledger.random,
        actor=await context.actor(),
        member_id=await resolve_member(context, asked.member),
        asset=asked.asset,
        amount_max=asked.amount_max,
    )
    return PaymentCodeCreated(payment_code=shown.code, expires_at=shown.expires_at)


CREATE_PAYMENT_CODE = mutation(
    create_payment_code,
    requires(Scope.PAYMENT_CODE_CREATE, cost=10),
    succeeds=PaymentCodeCreated,
    refusals=(
        *EVERY_REQUEST,
        RefusalCode.MEMBER_NOT_FOUND,
        RefusalCode.ASSET_NOT_FOUND,
        RefusalCode.MEMBER_CLOSED,
        RefusalCode.MEMBER_FROZEN,
    ),
    callers=BANK_AND_MEMBER,
)
