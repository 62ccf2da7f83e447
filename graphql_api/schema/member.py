"""Members: who they are and what they have."""

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import field, object_type, root
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.wallet import Wallet, read_wallet
from ledger.book.refusal import Refusal
from ledger.members.queries import MemberView, member_by_id


@object_type
class Member:
    """A customer of the bank, who can hold points.

    id:          the member's id
    external_id: what the bank calls the member
    state:       `open`, `frozen` or `closed`
    enrolled_at: since when
    """

    id: strawberry.ID
    external_id: str
    state: str
    enrolled_at: datetime
    uuid: strawberry.Private[UUID]

    @field()
    async def wallet(self, info: Info, asset: str = "POINTS") -> Wallet | None:
        """The member's points of one asset; null where there is no such asset.

        asset: the code of the points asset
        """
        return await read_wallet(info.context, self.uuid, asset)


def member_of(view: MemberView) -> Member:
    """The view as its GraphQL type."""
    return Member(
        id=id_of(MEMBER, view.id),
        external_id=view.external_id,
        state=view.state,
        enrolled_at=view.enrolled_at,
        uuid=view.id,
    )


async def me(info: Info) -> Member | None:
    """The member that calls; null where the caller is not an enrolled member."""
    context = info.context
    try:
        own = await context.own_member_id()
    except Refusal:
        return None
    found = await member_by_id(context.ledger.reader, await context.programme_id(), own)
    return None if found is None else member_of(found)


ME = root(me, requires(Scope.WALLET_READ))
