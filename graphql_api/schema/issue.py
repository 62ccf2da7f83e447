"""Vouchers that the bank gives to members, one by one or in lists, and the stock that they come from."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import ENTRY, TEMPLATE, id_of
from graphql_api.schema.lists import LIST_COST, ListInput, ListItem, run_list
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, items_of, mutation
from graphql_api.schema.refusals import EVERY_COMMAND, EVERY_REQUEST
from graphql_api.schema.voucher_receipt import VoucherReceipt, receive_voucher
from ledger.book.refusal import RefusalCode
from ledger.book.units import Points
from ledger.vouchers.code import deal_code
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.top_up import TopUpStock


@input_type
class IssueVoucherFields:
    """A voucher for a member.

    member:    who receives it
    template:  the template's code
    reference: the caller's own number of it, unique for ever
    """

    member: MemberRef
    template: str
    reference: str | None = None


@input_type
class IssueVoucherInput(IssueVoucherFields):
    """A voucher for a member.

    idempotency_key: the caller's key for this intent
    """

    idempotency_key: IdempotencyKey


@input_type
class IssueVoucherItem(IssueVoucherFields, ListItem):
    """A voucher for a member, as one of many."""


@input_type
class IssueVoucherListInput(ListInput):
    """Vouchers for members. Where a stock or a limit runs out, the items before it have theirs.

    items: 1,000 at most; each sees what those before it did
    """

    items: list[IssueVoucherItem]


@object_type
class VoucherIssued(VoucherReceipt):
    """The member has the voucher; its app shows the code."""


async def issue_voucher(info: Info, asked: Annotated[IssueVoucherInput, INPUT]) -> object:
    """Give a member a voucher."""
    context = info.context
    command = await _command(context, asked, asked.idempotency_key)
    return await receive_voucher(context, VoucherIssued, await context.execute(command))


async def _command(context: Context, asked: IssueVoucherFields, key: str | None) -> IssueVoucher:
    ledger, actor = context.ledger, await context.actor()
    return IssueVoucher(
        actor=actor,
        key=key,
        reference=asked.reference,
        member_id=await resolve_member(context, asked.member),
        template=asked.template,
        deal=partial(deal_code, ledger.random, ledger.sealer, actor.programme_id),
    )


_CODE = RefusalCode
GIVEN = (
    *EVERY_COMMAND,
    _CODE.MEMBER_NOT_FOUND,
    _CODE.TEMPLATE_NOT_FOUND,
    _CODE.MEMBER_CLOSED,
    _CODE.EXPIRY_INVALID,
    _CODE.TEMPLATE_NOT_LIVE,
    _CODE.NOT_ELIGIBLE,
    _CODE.OUT_OF_STOCK,
    _CODE.LIMIT_REACHED,
    _CODE.BALANCE_LIMIT_EXCEEDED,
)
"""What giving a member a voucher may be refused with."""

ISSUE_VOUCHER = mutation(
    issue_voucher, requires(Scope.VOUCHER_ISSUE, moves="issue", cost=10), succeeds=VoucherIssued, refusals=GIVEN
)


@object_type
class IssueVoucherOutcomes:
    """What each item came to.

    items: in the order of the input
    """

    items: list[object] = strawberry.field(graphql_type=items_of("IssueVoucherItemResult", VoucherIssued, GIVEN))


async def issue_voucher_list(info: Info, asked: Annotated[IssueVoucherListInput, INPUT]) -> object:
    """Give vouchers to many members at once."""
    context = info.context
    members = (item.member for item in asked.items)
    show = partial(receive_voucher, context, VoucherIssued)
    items = await run_list(context, asked, asked.items, partial(_command, context), show, members=members)
    return IssueVoucherOutcomes(items=items)


ISSUE_VOUCHER_LIST = mutation(
    issue_voucher_list,
    requires(Scope.VOUCHER_ISSUE, moves="issue", cost=LIST_COST),
    succeeds=IssueVoucherOutcomes,
    refusals=(*EVERY_REQUEST, _CODE.LIST_TOO_LONG),
)


@input_type
class TopUpVoucherStockInput:
    """More pieces of a template with a limited stock.

    template:        the template's code
    pieces:          how many vouchers more
    idempotency_key: the caller's key for this intent
    reference:       the caller's own number of it, unique for ever
    """

    template: str
    pieces: int
    idempotency_key: IdempotencyKey
    reference: str | None = None


@object_type
class VoucherStockToppedUp:
    """The stock is so much larger.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    entry_id:    the entry that was posted
    template_id: the template
    pieces:      how many vouchers came
    in_stock:    how many there were then
    posted_at:   when
    """

    replayed: bool
    entry_id: strawberry.ID
    template_id: strawberry.ID
    pieces: int
    in_stock: Points
    posted_at: datetime


async def top_up_voucher_stock(info: Info, asked: Annotated[TopUpVoucherStockInput, INPUT]) -> object:
    """Put more pieces into a limited stock."""
    context = info.context
    command = TopUpStock(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        template=asked.template,
        pieces=asked.pieces,
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return VoucherStockToppedUp(
        replayed=outcome.replayed,
        entry_id=id_of(ENTRY, reply.entry_id),
        template_id=id_of(TEMPLATE, reply.template_id),
        pieces=reply.pieces,
        in_stock=Points(reply.in_stock),
        posted_at=reply.posted_at,
    )


TOP_UP_VOUCHER_STOCK = mutation(
    top_up_voucher_stock,
    requires(Scope.TEMPLATE_MANAGE, moves="stock", cost=10),
    succeeds=VoucherStockToppedUp,
    refusals=(*EVERY_COMMAND, _CODE.TEMPLATE_NOT_FOUND, _CODE.BALANCE_LIMIT_EXCEEDED),
)
