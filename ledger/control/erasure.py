"""Asking for an erasure, and how control rebuilds it once a second person agrees (semantics 9.1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.control.approvable import Approvable, Approved
from ledger.control.approval import request_approval
from ledger.engine.command import Command, command_class
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import HOLDERS
from ledger.engine.state import State
from ledger.members.erase import EraseMember, require_closed_member
from ledger.members.rows import MEMBERS_BY_ID


@reply
class ErasureRequested:
    """The reply: a second person decides."""

    member_id: UUID
    approval_id: UUID


@command_class
class RequestErasure(Command[ErasureRequested]):
    """Asks a second person to agree to the erasure. `reason` is free text, kept sealed."""

    kind: ClassVar[str] = "request_erasure"
    reply: ClassVar[type] = ErasureRequested

    member_id: UUID
    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"member": self.member_id, "reason": self.reason, "reference": self.reference}

    def footprint(self) -> Sequence[Key]:
        """The holder, locked, and what the bank calls it."""
        return [HOLDERS.key(self.member_id), MEMBERS_BY_ID.key(self.member_id)]

    def decide(self, state: State, now: datetime) -> ErasureRequested:
        """Refused with MEMBER_NOT_FOUND, MEMBER_NOT_CLOSED, as the erasure would be."""
        require_closed_member(state, self.member_id, self.actor.programme_id)
        payload = {"memberId": str(self.member_id)}
        approval_id = request_approval(
            state, actor=self.actor, kind=EraseMember.kind, payload=payload, now=now, reason=self.reason
        )
        return ErasureRequested(member_id=self.member_id, approval_id=approval_id)


def _rebuild(approved: Approved) -> EraseMember:
    # The approver's key is used up by the approval; the erasure is its consequence, not a request of its own.
    return EraseMember(actor=approved.requester, key=None, member_id=UUID(str(approved.payload["memberId"])))


ERASURE = Approvable(kind=EraseMember.kind, rebuild=_rebuild)
