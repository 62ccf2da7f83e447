"""The answer of whatever waits for a second person."""

from typing import Protocol, TypeVar
from uuid import UUID

import strawberry

from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import APPROVAL, id_of
from ledger.engine.command import Command


@object_type
class ApprovalRequested:
    """Nothing was posted: somebody else must approve it first.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    approval_id: what waits
    """

    replayed: bool
    approval_id: strawberry.ID


class Waiting(Protocol):
    """The reply of a command that waits."""

    @property
    def approval_id(self) -> UUID:
        """The request."""
        ...


W = TypeVar("W", bound=Waiting)


async def ask_approval(context: Context, command: Command[W]) -> ApprovalRequested:
    """Has the command wait for a second person; raises its refusal."""
    outcome = await context.execute(command)
    return ApprovalRequested(replayed=outcome.replayed, approval_id=id_of(APPROVAL, outcome.unwrap().approval_id))
