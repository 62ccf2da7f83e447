"""Wallets: what a member has of one points asset, now."""

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK
from graphql_api.schema.connection import (
    PAGE_MAX,
    Connection,
    Edge,
    connect_rows,
    page_of,
    page_size,
    row_after,
    row_cursor,
    rows_for,
)
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, object_type
from graphql_api.schema.hold import Hold, hold_of
from graphql_api.schema.kinds import HOLD, LOT, MEMBER, id_of
from graphql_api.schema.lot import NOTHING, Expiries, Lot, expiries_of, lot_of
from graphql_api.schema.member_ref import MemberRef, find_member
from graphql_api.schema.query import query
from graphql_api.schema.state_enums import MemberState
from graphql_api.schema.statement import BalanceAsOf, StatementLine, balance_of, read_statement
from ledger.book.units import Points
from ledger.members.queries import member_by_id
from ledger.points.as_of_query import balance_as_of
from ledger.points.hold_query import holds_of_wallet
from ledger.points.lot_query import LotView, forecast_of, load_settled, lots_of, pending_lots_of
from ledger.points.settled import SettledWallet
from ledger.points.wallet_query import WalletView, empty_wallet
from ledger.programme.queries import asset_by_code
from ledger.programme.rows import AssetKind, asset_id


@object_type
class Wallet:
    """A member's points of one asset, true at the instant of the read whether or not a job posted what is due.

    `available` = posted + matured - held - overdue, and minus owed where the asset says so.

    member_id:      whose wallet it is
    asset:          the asset's code
    state:          what the member may do
    version:        how many entries touched it; rises by one with each
    posted:         the balance in the book
    held:           set aside by holds whose deadline is later
    pending:        waits for a date or a confirmation
    matured:        its date has come and no entry says so yet
    overdue:        expired and no entry says so yet
    owed:           what a refund could not take back
    available:      what can be spent now
    next_expiry:    when points expire next; null = never
    read_at:        the instant of the read, by the ledger's clock
    """

    member_id: strawberry.ID
    asset: str
    state: MemberState
    version: int
    posted: Points
    held: Points
    pending: Points
    matured: Points
    overdue: Points
    owed: Points
    available: Points
    next_expiry: datetime | None
    read_at: datetime
    member_uuid: strawberry.Private[UUID]
    asset_uuid: strawberry.Private[UUID]

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def lots(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Lot]:
        """The lots in the order in which they are spent.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        settled = await _settled(info.context, self)
        return _page_of_lots([] if settled is None else lots_of(settled), first, after)

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def pending_lots(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Lot]:
        """The pending lots, the next to activate first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        settled = await _settled(info.context, self)
        return _page_of_lots([] if settled is None else pending_lots_of(settled), first, after)

    @field(any_caller(cost=10))
    async def expiries(self, info: Info) -> Expiries:
        """When the points expire if none is spent."""
        settled = await _settled(info.context, self)
        return NOTHING if settled is None else expiries_of(forecast_of(settled))

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def statement(
        self,
        info: Info,
        first: int = 20,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[StatementLine]:
        """What each entry did, newest first.

        first:  how many lines, 1 to 100
        after:  the cursor after which the page begins
        last:   how many lines before `before`, 1 to 100; without it, the oldest ones
        before: the cursor before which the page ends
        """
        return await read_statement(
            info.context, self.member_uuid, self.asset_uuid, first=first, after=after, last=last, before=before
        )

    @field(any_caller(cost=20))
    async def as_of(
        self, info: Info, effective_at: datetime | None = None, known_at: datetime | None = None
    ) -> BalanceAsOf | None:
        """The balance at an earlier time; null while the wallet has no entry at all.

        effective_at: at this time; default: `knownAt`, else now
        known_at:     as far as was recorded by then; default: now
        """
        found = await info.context.read(
            balance_as_of, self.member_uuid, self.asset_uuid, effective_at=effective_at, known_at=known_at
        )
        return None if found is None else balance_of(found)

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def holds(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Hold]:
        """The holds, also those that ended, newest first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        context, size = info.context, page_size(first)
        views = await context.read(
            holds_of_wallet, self.member_uuid, self.asset_uuid, first=rows_for(size), before=row_after(HOLD, after)
        )
        holds = {view.id: await hold_of(context, view) for view in views[:size]}
        return connect_rows(HOLD, views, size, after, lambda view: holds[view.id])


async def _settled(context: Context, wallet: Wallet) -> SettledWallet | None:
    return await context.read(load_settled, wallet.member_uuid, wallet.asset_uuid)


def _page_of_lots(views: list[LotView], first: int, after: str | None) -> Connection[Lot]:
    """The lots behind the one that the cursor names; from the beginning where it is used up meanwhile."""
    size, last_seen = page_size(first), row_after(LOT, after)
    begin = next((at + 1 for at, view in enumerate(views) if view.id == last_seen), 0)
    end = begin + size
    edges = [Edge(node=lot_of(view), cursor=row_cursor(LOT, view.id)) for view in views[begin:end]]
    return page_of(edges, has_next=end < len(views), has_previous=begin > 0)


def wallet_of(view: WalletView, asset: str) -> Wallet:
    """The view as its GraphQL type."""
    return Wallet(
        member_id=id_of(MEMBER, view.member_id),
        asset=asset,
        state=MemberState(view.state),
        version=view.version,
        posted=Points(view.posted),
        held=Points(view.held),
        pending=Points(view.pending),
        matured=Points(view.matured),
        overdue=Points(view.overdue),
        owed=Points(view.owed),
        available=Points(view.available),
        next_expiry=view.next_expiry_at,
        read_at=view.read_at,
        member_uuid=view.member_id,
        asset_uuid=view.asset_id,
    )


async def read_wallet(context: Context, member_id: UUID, asset: str) -> Wallet | None:
    """The member's wallet; an empty one before its first entry; None where programme, member or asset do not fit."""
    programme_id = await context.programme_id()
    id_ = asset_id(programme_id, asset)
    view = await context.ledger.wallets.load((programme_id, member_id, id_))
    return wallet_of(view, asset) if view is not None else await _empty(context, member_id, asset)


async def _empty(context: Context, member_id: UUID, asset: str) -> Wallet | None:
    member = await context.read(member_by_id, member_id)
    found = await context.read(asset_by_code, asset)
    if member is None or found is None or found.kind != AssetKind.POINTS:
        return None
    now = await context.ledger.reader.now()
    return wallet_of(empty_wallet(member.id, found.id, state=member.state, read_at=now), asset)


async def wallet(info: Info, member: MemberRef, asset: str = "POINTS") -> Wallet | None:
    """A member's wallet, for the bank's own systems and staff; null where there is no such member or asset.

    member: whose wallet
    asset:  the code of the points asset
    """
    member_id = await find_member(info.context, member)
    return None if member_id is None else await read_wallet(info.context, member_id, asset)


WALLET = query(wallet, requires(Scope.WALLET_READ_ANY, cost=5), callers=BANK)
