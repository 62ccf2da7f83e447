"""One member across everything, for support. That somebody looked is recorded before anything is shown."""

import strawberry

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.schema.asset import ASSETS_USUAL
from graphql_api.schema.callers import BANK
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.entry import Entry, entry_of
from graphql_api.schema.hold import Hold, hold_of
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.member import Member
from graphql_api.schema.member_ref import MemberRef, find_member
from graphql_api.schema.query import query
from graphql_api.schema.state_enums import MemberState
from graphql_api.schema.wallet import Wallet, wallet_of
from ledger.points.support_query import ENTRIES_SHOWN, member_overview


@object_type
class MemberOverview:
    """A member with its wallets, latest holds and latest entries.

    member:  the member
    wallets: its wallets
    holds:   the latest holds of each wallet, 20 at most
    entries: the latest entries, newest first, 50 at most
    """

    member: Member
    wallets: list[Wallet] = strawberry.field(metadata=any_caller(page_max=ASSETS_USUAL))
    holds: list[Hold]
    entries: list[Entry] = strawberry.field(metadata=any_caller(page_max=ENTRIES_SHOWN))


async def support_member(info: Info, by: MemberRef) -> MemberOverview | None:
    """A member across everything; the look is recorded. Null where there is no such member.

    by: which one
    """
    context = info.context
    member_id = await find_member(context, by)
    if member_id is None:
        return None
    actor = await context.actor()
    found = await member_overview(context.ledger.reader, context.ledger.units, actor, member_id)
    if found is None:
        return None
    code_of = context.ledger.directory.asset_code
    return MemberOverview(
        member=Member(
            id=id_of(MEMBER, found.member_id),
            external_id=found.external_id,
            state=MemberState(found.state),
            enrolled_at=found.enrolled_at,
            uuid=found.member_id,
        ),
        wallets=[wallet_of(view, await code_of(actor.programme_id, view.asset_id)) for view in found.wallets],
        holds=[await hold_of(context, view) for view in found.holds],
        entries=[await entry_of(context, view) for view in found.entries],
    )


SUPPORT_MEMBER = query(support_member, requires(Scope.SUPPORT_READ, cost=50), callers=BANK)
