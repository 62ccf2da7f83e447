"""How inputs name a member, and whom a caller may name."""

from collections.abc import Iterable
from uuid import UUID

import strawberry

from graphql_api.permissions import Role
from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import one_of_type
from graphql_api.schema.kinds import MEMBER, id_of, uuid_of
from graphql_api.unresolved import NOBODY
from ledger.book.refusal import refuse_input


@one_of_type
class MemberRef:
    """A member, by exactly one of its names.

    id:          the member's id
    external_id: what the bank calls the member
    """

    id: strawberry.ID | None = strawberry.UNSET
    external_id: str | None = strawberry.UNSET


async def resolve_member(context: Context, member: MemberRef | None) -> UUID:
    """The member meant: for a member always itself, for others whom they name; NOBODY where a member names another, or the
    programme has no member of that external id. INVALID_INPUT where others name none.
    """
    if context.caller.role is Role.MEMBER:
        own = await context.own_member_id()
        return own if member is None or await find_member(context, member) == own else NOBODY
    if member is None:
        refuse_input("member")
    return await named_member(context, member)


async def named_member(context: Context, member: MemberRef) -> UUID:
    """The id that is named; NOBODY where the programme has no member of that external id."""
    return await find_member(context, member) or NOBODY


async def learn_members(context: Context, members: Iterable[MemberRef | None]) -> None:
    """Looks up at once whom a list names by external ids; `resolve_member` then need not ask for each. A name that nobody
    has becomes NOBODY's id.
    """
    named = [member for member in members if member is not None and member.external_id]
    names = {str(member.external_id) for member in named}
    unknown = await context.ledger.directory.members.learn(await context.programme_id(), names)
    for member in named:
        if member.external_id in unknown:
            member.id, member.external_id = id_of(MEMBER, NOBODY), None


async def find_member(context: Context, member: MemberRef) -> UUID | None:
    """The id that is named; None where the programme has no member of that external id."""
    if member.external_id:
        return await context.ledger.directory.members.find(await context.programme_id(), member.external_id)
    return uuid_of(MEMBER, member.id or "")
