"""What a command that may wait for a second person tells the engine, which keeps its reference meanwhile."""

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from ledger.control import tables
from ledger.control.approval import APPROVALS, Approval, ApprovalState
from ledger.engine.shelf import Shelf
from ledger.engine.state import State

APPROVALS_READ: Final = Shelf(tables.APPROVALS, Approval, by="id")
"""Never locked: of an approval and whoever else uses its reference, the claim that both would make lets one in."""


class Asked(Protocol):
    """The reply of such a command."""

    @property
    def approval_id(self) -> UUID | None:
        """The request that waits, or the one that ran."""
        ...


class MayWait:
    """Part of a command that may wait. `approval_id` is set only by the approval that runs it."""

    __slots__ = ()

    approval_id: UUID | None

    def waits_for(self, reply: Asked) -> UUID | None:
        """The request that somebody else decides, where one was made."""
        return reply.approval_id if self.approval_id is None else None

    def still_waits(self, waited: UUID, state: State, now: datetime) -> bool:
        """Whether the request is neither decided nor expired; what is not there is no reason to give its reference away."""
        # What this batch decided stands in the rows that it locked.
        here = state.peek(APPROVALS, waited)
        approval = here[0] if here else state.find(APPROVALS_READ, waited)
        return approval is None or approval.state_at(now) == ApprovalState.PENDING
