"""Wallets: what a member has of one points asset, now."""

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import object_type, root
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.member_ref import MemberRef, find_member
from ledger.book.units import Points
from ledger.members.queries import member_by_id
from ledger.points.wallet_query import WalletView, empty_wallet
from ledger.programme.queries import asset_by_code
from ledger.programme.rows import asset_id


@object_type
class Wallet:
    """A member's points of one asset, true at the instant of the read whether or not a job posted what is due.

    `available` = posted + matured - held - overdue, and minus owed where the asset says so.

    member_id:      whose wallet it is
    asset:          the asset's code
    state:          `open`, `frozen` or `closed`
    version:        how many entries touched it; rises by one with each
    posted:         the balance in the book
    held:           set aside by holds whose deadline is later
    pending:        waits for a date or a confirmation
    matured:        its date has come and no entry says so yet
    overdue:        expired and no entry says so yet
    owed:           what a refund could not take back
    available:      what can be spent now
    next_expiry_at: when points expire next; null = never
    read_at:        the instant of the read, by the ledger's clock
    """

    member_id: strawberry.ID
    asset: str
    state: str
    version: int
    posted: Points
    held: Points
    pending: Points
    matured: Points
    overdue: Points
    owed: Points
    available: Points
    next_expiry_at: datetime | None
    read_at: datetime
    member_uuid: strawberry.Private[UUID]
    asset_uuid: strawberry.Private[UUID]


def wallet_of(view: WalletView, asset: str) -> Wallet:
    """The view as its GraphQL type."""
    return Wallet(
        member_id=id_of(MEMBER, view.member_id),
        asset=asset,
        state=view.state,
        version=view.version,
        posted=Points(view.posted),
        held=Points(view.held),
        pending=Points(view.pending),
        matured=Points(view.matured),
        overdue=Points(view.overdue),
        owed=Points(view.owed),
        available=Points(view.available),
        next_expiry_at=view.next_expiry_at,
        read_at=view.read_at,
        member_uuid=view.member_id,
        asset_uuid=view.asset_id,
    )


async def read_wallet(context: Context, member_id: UUID, asset: str) -> Wallet | None:
    """The member's wallet; an empty one before its first entry; None where programme, member or asset do not fit."""
    programme_id = await context.programme_id()
    id_ = asset_id(programme_id, asset)
    view = await context.ledger.wallets.load((programme_id, member_id, id_))
    return wallet_of(view, asset) if view is not None else await _empty(context, programme_id, member_id, asset)


async def _empty(context: Context, programme_id: UUID, member_id: UUID, asset: str) -> Wallet | None:
    reader = context.ledger.reader
    member = await member_by_id(reader, programme_id, member_id)
    found = await asset_by_code(reader, programme_id, asset)
    if member is None or found is None or found.kind != "points":
        return None
    now = await context.ledger.directory.now()
    return wallet_of(empty_wallet(member.id, found.id, state=member.state, read_at=now), asset)


async def wallet(info: Info, member: MemberRef, asset: str = "POINTS") -> Wallet | None:
    """A member's wallet, for the bank's own systems and staff; null where there is no such member or asset.

    member: whose wallet
    asset:  the code of the points asset
    """
    member_id = await find_member(info.context, member)
    return None if member_id is None else await read_wallet(info.context, member_id, asset)


WALLET = root(wallet, requires(Scope.WALLET_READ_ANY, cost=5))
