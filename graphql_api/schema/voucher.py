"""Vouchers of members: what they are, what their code is for who owns them, and what became of them."""

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Role, Scope
from graphql_api.schema.callers import BANK_AND_MEMBER
from graphql_api.schema.connection import (
    PAGE_MAX,
    Connection,
    connect,
    connect_rows,
    number_after,
    number_cursor,
    page_size,
    row_after,
    rows_for,
)
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, object_type
from graphql_api.schema.kinds import ENTRY, MEMBER, MERCHANT, REDEMPTION, TEMPLATE, VOUCHER, id_of, maybe_id, uuid_of
from graphql_api.schema.query import query
from graphql_api.schema.redemption import Redemption, redemptions_from
from graphql_api.schema.template_terms import TemplateTerms, terms_of
from graphql_api.schema.voucher_code import VoucherCode, code_of
from graphql_api.schema.voucher_enums import Kind, VoucherState
from graphql_api.schema.voucher_units import left_of
from ledger.book.units import MinorUnits, Points
from ledger.vouchers.redemption_query import redemptions_of_voucher
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher_history import VoucherEvent as EventView
from ledger.vouchers.voucher_history import voucher_history
from ledger.vouchers.voucher_query import VoucherView, expiring_vouchers, voucher_by_id, vouchers_of_member


@object_type
class VoucherEvent:
    """What one entry did to a voucher.

    entry_id:     the entry
    kind:         what happened, such as `voucher_claim` or `redeem`
    units:        the uses, or the minor units of stored value, that came or, below zero, went
    effective_at: when it took effect
    merchant_id:  the merchant it concerns
    """

    entry_id: strawberry.ID
    kind: str
    units: Points
    effective_at: datetime
    merchant_id: strawberry.ID | None


def event_of(event: EventView) -> VoucherEvent:
    """The view as its GraphQL type."""
    return VoucherEvent(
        entry_id=id_of(ENTRY, event.entry_id),
        kind=event.kind,
        units=Points(event.units),
        effective_at=event.effective_at,
        merchant_id=maybe_id(MERCHANT, event.merchant_id),
    )


@object_type
class Voucher:
    """A member's voucher, true at the instant of the read whether or not a job posted what is due.

    id:                its id
    member_id:         whose voucher it is
    template_id:       its template
    template_code:     its template's code
    kind:              what it gives
    terms:             what it promises, frozen when it was issued
    terms_text:        the terms in words, frozen when it was issued
    terms_number:      which version of its template that is
    state:             what it is
    uses_left:         how often it can be used; null for stored value
    value_left_minor:  what is left of stored value, in minor units; null for all others
    issued_at:         when the member received it
    valid_from:        from when it is good
    valid_until:       until when it is good; null = for ever
    locked_until:      until when a merchant keeps it for itself
    ended_at:          when it was redeemed in full, expired, voided or given away
    source_voucher_id: the voucher that was given away for this one
    """

    id: strawberry.ID
    member_id: strawberry.ID
    template_id: strawberry.ID
    template_code: str
    kind: Kind
    terms: TemplateTerms
    terms_text: str
    terms_number: int
    state: VoucherState
    uses_left: int | None
    value_left_minor: MinorUnits | None
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    locked_until: datetime | None
    ended_at: datetime | None
    source_voucher_id: strawberry.ID | None
    view: strawberry.Private[VoucherView]

    @field(requires(Scope.VOUCHER_READ, cost=2))
    async def code(self, info: Info) -> VoucherCode | None:
        """What the owner's app shows at a till; null once nothing is left of it."""
        context = info.context
        is_owner = context.caller.role is Role.MEMBER and await context.may_see([self.view.member_id], None)
        return code_of(context, self.view) if is_owner and self.state in _USABLE else None

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def redemptions(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Redemption]:
        """What was used of it, newest first, with what was given back since.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        context, size = info.context, page_size(first)
        views = await context.read(
            redemptions_of_voucher, self.view.id, first=rows_for(size), before=row_after(REDEMPTION, after)
        )
        return redemptions_from(context, views, size, after)

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def history(self, info: Info, first: int = 20, after: str | None = None) -> Connection[VoucherEvent]:
        """The entries that brought, took or gave back something of it, oldest first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        context, size = info.context, page_size(first)
        events = await context.read(
            voucher_history, self.view.id, first=rows_for(size), after=0 if after is None else number_after(after)
        )
        return connect(
            events, size, node=event_of, cursor=lambda event: number_cursor(event.version), is_first=after is None
        )


_USABLE = frozenset({VoucherState.ISSUED, VoucherState.PART_USED, VoucherState.LOCKED})


def voucher_of(view: VoucherView) -> Voucher:
    """The view as its GraphQL type."""
    left = left_of(view.kind, view.units_left)
    return Voucher(
        id=id_of(VOUCHER, view.id),
        member_id=id_of(MEMBER, view.member_id),
        template_id=id_of(TEMPLATE, view.template_id),
        template_code=view.template,
        kind=Kind(view.kind),
        terms=terms_of(parse_body(view.body)),
        terms_text=view.terms,
        terms_number=view.number,
        state=view.state,
        uses_left=left.uses,
        value_left_minor=left.value_minor,
        issued_at=view.issued_at,
        valid_from=view.valid_from,
        valid_until=view.valid_until,
        locked_until=view.locked_until,
        ended_at=view.ended_at,
        source_voucher_id=maybe_id(VOUCHER, view.source_voucher_id),
        view=view,
    )


async def voucher(info: Info, id: strawberry.ID) -> Voucher | None:  # noqa: A002 - the argument's name in the schema
    """A voucher of the caller's programme; for a member one of its own.

    id: which one
    """
    context = info.context
    view = await context.read(voucher_by_id, uuid_of(VOUCHER, id))
    return voucher_of(view) if view is not None and await context.may_see([view.member_id], None) else None


async def read_vouchers(
    context: Context, member_id: UUID, states: list[VoucherState] | None, first: int, after: str | None
) -> Connection[Voucher]:
    """A page of a member's vouchers, in one of the states or in any."""
    size = page_size(first)
    views = await context.read(
        vouchers_of_member,
        member_id,
        states=tuple(VoucherState) if states is None else states,
        first=rows_for(size),
        before=row_after(VOUCHER, after),
    )
    return connect_rows(VOUCHER, views, size, after, voucher_of)


async def read_expiring(context: Context, member_id: UUID, until: datetime, first: int) -> list[Voucher]:
    """What of a member's vouchers ends by then, the next to end first."""
    views = await context.read(expiring_vouchers, member_id, until=until, first=page_size(first))
    return [voucher_of(view) for view in views]


VOUCHER_QUERY = query(voucher, requires(Scope.VOUCHER_READ, Scope.VOUCHER_READ_ANY, cost=5), callers=BANK_AND_MEMBER)
