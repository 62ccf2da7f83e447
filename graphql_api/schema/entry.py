"""Journal entries: what happened, line by line; and how a caller finds one by its own number or key."""

from datetime import datetime
from itertools import chain
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Role, Scope
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.callers import BANK, EVERYBODY
from graphql_api.schema.connection import (
    PAGE_MAX,
    Connection,
    Edge,
    page_of,
    page_size,
    row_after,
    row_cursor,
    rows_for,
)
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, object_type
from graphql_api.schema.kinds import ENTRY, LOT, MEMBER, MERCHANT, RATE, id_of, maybe_id, uuid_of
from graphql_api.schema.query import query
from ledger.book.refusal import Refusal
from ledger.book.units import AccountId, MinorUnits, Points
from ledger.points import entry_query
from ledger.points.entry_query import EntryView, entries_about, load_entries
from ledger.points.wallet import wallet_ids


@object_type
class Posting:
    """Points, or money, that moved from one account to another.

    line:             its number in the entry
    asset:            the asset's code
    amount:           how much moved, in the asset's smallest unit
    source_role:      what the account is for that it left, such as `wallet` or `issuance`
    destination_role: what the account is for that it reached
    """

    line: int
    asset: str
    amount: Points
    source_role: str
    destination_role: str


@object_type
class Draw:
    """What the entry did to a lot.

    line:   its number in the entry
    lot_id: the lot
    kind:   `take`, `give_back`, `set_aside` or `release`
    amount: how many of its points
    """

    line: int
    lot_id: strawberry.ID
    kind: str
    amount: Points


@object_type
class Entry:
    """One atomic business event, which is never changed or deleted.

    id:                its id
    kind:              what happened, such as `earn` or `spend`
    effective_at:      when it took effect
    posted_at:         when it was recorded
    asset:             the asset's code; null where nothing was posted
    amount:            its points
    member_id:         whose points; null for merchants, and for who receives a transfer
    merchant_id:       the merchant it concerns
    reference:         the own number of who made it; null for who receives a transfer
    original_entry_id: the entry that it undoes or completes
    reason_code:       why, as a code
    sale_minor:        the amount of the sale, in minor units
    money_minor:       what the points were worth, in minor units
    rate_id:           the version of the rate by which they were
    actor:             who did it, as kind and id; null for callers who are members or merchants
    """

    id: strawberry.ID
    kind: str
    effective_at: datetime
    posted_at: datetime
    asset: str | None
    amount: Points
    member_id: strawberry.ID | None
    merchant_id: strawberry.ID | None
    reference: str | None
    original_entry_id: strawberry.ID | None
    reason_code: str | None
    sale_minor: MinorUnits | None
    money_minor: MinorUnits | None
    rate_id: strawberry.ID | None
    actor: str | None
    view: strawberry.Private[EntryView]

    @field()
    async def postings(self, info: Info) -> list[Posting] | None:
        """What moved from which kind of account to which; null for merchants."""
        context = info.context
        if not context.sees_balances:
            return None
        programme_id = await context.programme_id()
        code_of = context.ledger.directory.asset_code
        return [
            Posting(
                line=posting.line,
                asset=await code_of(programme_id, posting.asset_id),
                amount=Points(posting.amount),
                source_role=posting.source_role,
                destination_role=posting.destination_role,
            )
            for posting in self.view.postings
        ]

    @field()
    async def draws(self, info: Info) -> list[Draw] | None:
        """What it did to which lots; of a transfer, a member sees its own. Null for merchants."""
        context = info.context
        if not context.sees_balances:
            return None
        visible = await _own_accounts(context, self.view)
        return [
            Draw(line=draw.line, lot_id=id_of(LOT, draw.lot_id), kind=draw.kind, amount=Points(draw.amount))
            for draw in self.view.draws
            if visible is None or draw.account_id in visible
        ]

    @field(requires(Scope.ENTRY_READ, cost=5, page_max=PAGE_MAX))
    async def followed_by(self, info: Info, first: int = 20, after: str | None = None) -> Connection["Entry"]:
        """The entries that undo or complete it, oldest first: reversals, refunds, the end of a hold.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        context, size = info.context, page_size(first)
        views = await context.read(entries_about, self.view.id, limit=rows_for(size), after=row_after(ENTRY, after))
        edges = [
            Edge(node=await entry_of(context, view), cursor=row_cursor(ENTRY, view.id))
            for view in views[:size]
            if await is_callers(context, view)
        ]
        return page_of(edges, has_next=len(views) > size, has_previous=after is not None)


async def _own_accounts(context: Context, view: EntryView) -> set[AccountId] | None:
    """The member's own accounts in the entry's asset; None for the bank, which sees all."""
    if context.caller.role is not Role.MEMBER:
        return None
    ids = wallet_ids(await context.own_member_id(), view.asset_id or UUID(int=0))
    return {ids.wallet, ids.pending, ids.owed}


async def entry_of(context: Context, view: EntryView) -> Entry:
    """The view as its GraphQL type, as far as the caller may see it."""
    code_of = context.ledger.directory.asset_code
    # Who receives a transfer sees that it came, not from whom.
    is_received = context.caller.role is Role.MEMBER and view.member_id != await context.own_member_id()
    return Entry(
        id=id_of(ENTRY, view.id),
        kind=view.kind,
        effective_at=view.effective_at,
        posted_at=view.posted_at,
        asset=None if view.asset_id is None else await code_of(await context.programme_id(), view.asset_id),
        amount=Points(view.amount),
        member_id=maybe_id(MEMBER, view.member_id) if context.sees_balances and not is_received else None,
        merchant_id=maybe_id(MERCHANT, view.merchant_id),
        reference=None if is_received else view.reference,
        original_entry_id=maybe_id(ENTRY, view.original_entry_id),
        reason_code=view.reason_code,
        sale_minor=maybe_minor(view.sale_minor),
        money_minor=maybe_minor(view.money_minor),
        rate_id=maybe_id(RATE, view.rate_id),
        actor=view.actor if context.caller.role in BANK else None,
        view=view,
    )


async def is_callers(context: Context, view: EntryView) -> bool:
    """Whether the caller may see the entry: a member also what it was sent."""
    receivers = (posting.destination_holder_id for posting in view.postings)
    return await context.may_see(chain([view.member_id], receivers), view.merchant_id)


async def find_entry(context: Context, entry_id: UUID) -> Entry | None:
    """The entry, if the caller may see it."""
    [view] = await context.read(load_entries, [entry_id])
    return await entry_of(context, view) if view is not None and await is_callers(context, view) else None


async def entry(info: Info, id: strawberry.ID) -> Entry | None:  # noqa: A002 - the argument's name in the schema
    """An entry: for a member or merchant one of its own; null for all others.

    id: the entry's id
    """
    return await find_entry(info.context, uuid_of(ENTRY, id))


async def entry_by_reference(info: Info, kind: str, reference: str) -> Entry | None:
    """The entry that the caller itself made under a reference.

    kind:      the kind of the entry, such as `earn` or `spend`
    reference: the caller's own number
    """
    context = info.context
    try:
        actor = await context.actor()
    except Refusal:
        return None
    view = await context.read(entry_query.entry_by_reference, client=actor.client, kind=kind, reference=reference)
    return None if view is None else await entry_of(context, view)


ENTRY_QUERY = query(entry, requires(Scope.ENTRY_READ, cost=5), callers=EVERYBODY)
ENTRY_BY_REFERENCE = query(entry_by_reference, requires(Scope.ENTRY_READ, cost=5), callers=EVERYBODY)
