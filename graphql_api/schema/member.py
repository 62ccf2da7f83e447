"""Members: who they are and what they have."""

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.activity import Activity, read_activities
from graphql_api.schema.asset import ASSETS_USUAL
from graphql_api.schema.callers import BANK, EVERYBODY
from graphql_api.schema.connection import PAGE_MAX, Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, object_type
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.member_facts import MemberFacts, read_facts
from graphql_api.schema.member_ref import MemberRef, find_member
from graphql_api.schema.query import query
from graphql_api.schema.running_campaign import RunningCampaign, read_running
from graphql_api.schema.state_enums import MemberState
from graphql_api.schema.tier import MemberTier, read_tiers
from graphql_api.schema.voucher import Voucher, read_expiring, read_vouchers
from graphql_api.schema.voucher_enums import VoucherState
from graphql_api.schema.wallet import Wallet, read_wallet, wallet_of
from ledger.book.refusal import Refusal
from ledger.members.queries import MemberView, member_by_id, members_page
from ledger.points.wallet_query import wallets_of_member
from ledger.tiers.ladder import LADDERS_MAX


@object_type
class Member:
    """A customer of the bank, who can hold points.

    id:          the member's id
    external_id: what the bank calls the member
    state:       what the member may do
    enrolled_at: when the customer became a member
    """

    id: strawberry.ID
    external_id: str
    state: MemberState
    enrolled_at: datetime
    uuid: strawberry.Private[UUID]

    @field(requires(Scope.WALLET_READ, Scope.WALLET_READ_ANY, cost=5))
    async def wallet(self, info: Info, asset: str = "POINTS") -> Wallet | None:
        """The member's points of one asset; null where there is no such asset.

        asset: the code of the points asset
        """
        return await read_wallet(info.context, self.uuid, asset)

    @field(requires(Scope.WALLET_READ, Scope.WALLET_READ_ANY, cost=10, page_max=ASSETS_USUAL))
    async def wallets(self, info: Info) -> list[Wallet]:
        """The member's points of every asset that it ever had points of."""
        return await read_wallets(info.context, self.uuid)

    @field(requires(Scope.VOUCHER_READ, Scope.VOUCHER_READ_ANY, cost=5, page_max=PAGE_MAX))
    async def vouchers(
        self, info: Info, states: list[VoucherState] | None = None, first: int = 20, after: str | None = None
    ) -> Connection[Voucher]:
        """The member's vouchers, newest first.

        states: only those that are one of these; without it all
        first:  how many, 1 to 100
        after:  the cursor after which the page begins
        """
        return await read_vouchers(info.context, self.uuid, states, first, after)

    @field(requires(Scope.VOUCHER_READ, Scope.VOUCHER_READ_ANY, cost=5, page_max=PAGE_MAX))
    async def expiring_vouchers(self, info: Info, until: datetime, first: int = 20) -> list[Voucher]:
        """The vouchers that can still be used and end soon, the next to end first.

        until: by then
        first: how many, 1 to 100
        """
        return await read_expiring(info.context, self.uuid, until, first)

    @field(requires(Scope.ACTIVITY_READ, cost=5, page_max=PAGE_MAX))
    async def activities(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Activity]:
        """What the member did, as it was reported, the latest report first, each with what came of it.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_activities(info.context, self.uuid, first, after)

    @field(requires(Scope.MEMBER_READ, Scope.MEMBER_ENROL, cost=5))
    async def facts(self, info: Info) -> MemberFacts | None:
        """What the bank says of the member; null where it never said anything."""
        return await read_facts(info.context, self.uuid)

    @field(requires(Scope.TIER_READ, Scope.TIER_READ_ANY, cost=10, page_max=LADDERS_MAX))
    async def tiers(self, info: Info) -> list[MemberTier]:
        """Where the member stands on every ladder of the programme, in the order of their codes; 20 at most."""
        return await read_tiers(info.context, self.uuid)

    @field(requires(Scope.CAMPAIGN_READ, Scope.CAMPAIGN_READ_ANY, cost=50))
    async def campaigns(self, info: Info) -> list[RunningCampaign]:
        """The campaigns that run for the member this instant, by code; 500 at most."""
        return await read_running(info.context, self.uuid)


async def read_wallets(context: Context, member_id: UUID) -> list[Wallet]:
    """All wallets of a member."""
    programme_id = await context.programme_id()
    code_of = context.ledger.directory.asset_code
    views = await context.read(wallets_of_member, member_id)
    return [wallet_of(view, await code_of(programme_id, view.asset_id)) for view in views]


def member_of(view: MemberView) -> Member:
    """The view as its GraphQL type."""
    return Member(
        id=id_of(MEMBER, view.id),
        external_id=view.external_id,
        state=MemberState(view.state),
        enrolled_at=view.enrolled_at,
        uuid=view.id,
    )


async def _read(context: Context, member_id: UUID | None) -> Member | None:
    if member_id is None:
        return None
    found = await context.read(member_by_id, member_id)
    return None if found is None else member_of(found)


async def me(info: Info) -> Member | None:
    """The member that calls; null where it is not enrolled."""
    try:
        return await _read(info.context, await info.context.own_member_id())
    except Refusal:
        return None


async def member(info: Info, by: MemberRef) -> Member | None:
    """A member of the caller's programme; null where there is no such member.

    by: which one
    """
    return await _read(info.context, await find_member(info.context, by))


async def members(info: Info, first: int = 20, after: str | None = None) -> Connection[Member]:
    """The programme's members in the order of enrolment.

    first: how many, 1 to 100
    after: the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    views = await context.read(members_page, limit=rows_for(size), after=row_after(MEMBER, after))
    return connect_rows(MEMBER, views, size, after, member_of)


ME = query(me, requires(Scope.WALLET_READ), callers=EVERYBODY)
MEMBER_QUERY = query(member, requires(Scope.MEMBER_READ, cost=5), callers=BANK)
MEMBERS = query(members, requires(Scope.MEMBER_READ, cost=5, page_max=PAGE_MAX), callers=BANK)
