"""What an accepted command did to a voucher: facts of its moment, the same for ever when it is replayed."""

from datetime import datetime
from typing import TypeVar

import strawberry

from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import interface_type, object_type
from graphql_api.schema.kinds import ENTRY, MEMBER, TEMPLATE, VOUCHER, id_of, maybe_id
from graphql_api.schema.voucher_enums import VoucherState
from graphql_api.schema.voucher_units import left_of
from ledger.book.units import MinorUnits
from ledger.engine.outcome import Outcome
from ledger.vouchers import receipt as ledger


@object_type
class VoucherAfter:
    """The voucher right after the entry. For what it is now, ask for the member's vouchers. Its code is never told here.

    id:                its id
    member_id:         whose voucher it is
    template_id:       its template
    template_code:     its template's code
    state:             what it was
    uses_left:         how often it could be used; null for stored value
    value_left_minor:  what was left of stored value, in minor units; null for all others
    valid_from:        from when it is good
    valid_until:       until when it is good; null = for ever
    source_voucher_id: the voucher that was given away for this one
    """

    id: strawberry.ID
    member_id: strawberry.ID
    template_id: strawberry.ID
    template_code: str
    state: VoucherState
    uses_left: int | None
    value_left_minor: MinorUnits | None
    valid_from: datetime
    valid_until: datetime | None
    source_voucher_id: strawberry.ID | None


@interface_type
class VoucherReceipt:
    """What every accepted command about one voucher tells.

    replayed:  whether this is the stored outcome of an earlier request under the same key
    entry_id:  the entry that was posted
    posted_at: when
    voucher:   the voucher after it
    """

    replayed: bool
    entry_id: strawberry.ID
    posted_at: datetime
    voucher: VoucherAfter


T = TypeVar("T", bound=VoucherReceipt)


async def receive_voucher(
    context: Context, kind: type[T], outcome: Outcome[ledger.VoucherReceipt], **more: object
) -> T:
    """The outcome as the success type `kind`, with `more` of its fields; raises the refusal where it was refused."""
    reply = outcome.unwrap()
    return kind(
        replayed=outcome.replayed,
        entry_id=id_of(ENTRY, reply.entry_id),
        posted_at=reply.posted_at,
        voucher=await _voucher(context, reply),
        **more,
    )


async def _voucher(context: Context, reply: ledger.VoucherReceipt) -> VoucherAfter:
    kind = await context.ledger.directory.voucher_kind(await context.programme_id(), reply.template_id)
    left = left_of(kind, reply.units_left)
    return VoucherAfter(
        id=id_of(VOUCHER, reply.voucher_id),
        member_id=id_of(MEMBER, reply.member_id),
        template_id=id_of(TEMPLATE, reply.template_id),
        template_code=reply.template,
        state=VoucherState(reply.state),
        uses_left=left.uses,
        value_left_minor=left.value_minor,
        valid_from=reply.valid_from,
        valid_until=reply.valid_until,
        source_voucher_id=maybe_id(VOUCHER, reply.source_voucher_id),
    )
