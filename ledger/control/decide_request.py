"""Deciding a request: approve, reject or withdraw it (semantics 9.1). Each is a command, atomic with what it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.control.approvable import Approvables
from ledger.control.approval import (
    APPROVALS,
    Approval,
    ApprovalState,
    agree_first,
    close_approval,
    require_another_approver,
    require_other_person,
    require_pending,
)
from ledger.control.queries import approval_by_id
from ledger.engine.claim import claim_after, new_claim
from ledger.engine.command import Command, command_class
from ledger.engine.reader import Reader
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import REQUESTS
from ledger.engine.state import State
from ledger.engine.unit import AnyCommand, WrongKeys


@reply
class Decision:
    """The reply: what was decided, and by whom; the state is `pending` where another person must agree too.

    entry_id: the entry that an approval posted, if it posted one
    """

    approval_id: UUID
    kind: str
    state: str
    requested_by: str
    decided_by: str
    decided_at: datetime
    entry_id: UUID | None = None


@command_class
class DecisionCommand(Command[Decision]):
    """What all decisions share. `reason` is free text, kept sealed."""

    reply: ClassVar[type] = Decision

    approval_id: UUID
    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"approvalId": self.approval_id, "reason": self.reason}

    def footprint(self) -> Sequence[Key]:
        """The request's row."""
        return [APPROVALS.key(self.approval_id)]

    def close(
        self, state: State, approval: Approval, outcome: ApprovalState, now: datetime, entry_id: UUID | None = None
    ) -> Decision:
        """Records the outcome and makes the reply."""
        decided = close_approval(state, approval, outcome, self.actor, now, entry_id=entry_id, reason=self.reason)
        return self.told(decided, now)

    def told(self, approval: Approval, now: datetime) -> Decision:
        """The reply: what this decision made of the request."""
        return Decision(
            approval_id=approval.id,
            kind=approval.kind,
            state=approval.state,
            requested_by=approval.requested_by,
            decided_by=self.actor.client,
            decided_at=now,
            entry_id=approval.entry_id,
        )


@command_class
class ApproveRequest(DecisionCommand):
    """Runs what was asked for, in the same step; where two must agree, the second does. `inner` is found, never given.

    A refusal of what runs is the refusal of the approval: nothing changes and the request keeps waiting.
    """

    kind: ClassVar[str] = "approve"

    approvables: Approvables
    inner: AnyCommand | None = None

    async def find(self, reader: Reader) -> Self:
        """Rebuilds the command that waits; its payload never changes, so no lock is needed."""
        approval = await approval_by_id(reader, self.actor.programme_id, self.approval_id)
        if approval is None:
            return self
        inner = self.approvables.rebuild(approval, self.actor, self.key)
        return replace(self, inner=await inner.find(reader))

    def footprint(self) -> Sequence[Key]:
        """The request's row, and all that what it asks for needs."""
        inner = () if self.inner is None else self.inner.footprint()
        return [APPROVALS.key(self.approval_id), *inner]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What the inner command names."""
        return () if self.inner is None else self.inner.further(state, now)

    def decide(self, state: State, now: datetime) -> Decision:
        """Refused with APPROVAL_NOT_FOUND, APPROVAL_DECIDED, APPROVAL_EXPIRED, APPROVAL_OWN, and what the inner
        command is refused with.
        """
        approval = require_pending(state, self.approval_id, self.actor, now)
        require_another_approver(approval, self.actor)
        if approval.is_one_more_needed:
            return self.told(agree_first(state, approval, self.actor, now, reason=self.reason), now)
        if self.inner is None:
            # The request was committed between the look-up and the lock.
            raise WrongKeys(self.approval_id)
        reply = self._run(self.inner, state, now)
        return self.close(state, approval, ApprovalState.APPROVED, now, getattr(reply, "entry_id", None))

    def _run(self, inner: AnyCommand, state: State, now: datetime) -> object:
        """Runs what waited, which has its reference for ever from now on. APPROVAL_EXPIRED where another has it: by that
        one's clock the request's time was over.
        """
        if inner.reference is None:
            return inner.decide(state, now)
        claim = claim_after(self.approval_id)
        if state.find(REQUESTS, claim) is not None:
            raise Refusal(RefusalCode.APPROVAL_EXPIRED)
        reply = inner.decide(state, now)
        state.add(REQUESTS, new_claim(claim, inner, reply, None, now))
        return reply


@command_class
class RejectRequest(DecisionCommand):
    """Ends a request without running it."""

    kind: ClassVar[str] = "reject"

    def decide(self, state: State, now: datetime) -> Decision:
        """Refused with APPROVAL_NOT_FOUND, APPROVAL_DECIDED, APPROVAL_EXPIRED, APPROVAL_OWN."""
        approval = require_pending(state, self.approval_id, self.actor, now)
        require_other_person(approval, self.actor)
        return self.close(state, approval, ApprovalState.REJECTED, now)


@command_class
class WithdrawRequest(DecisionCommand):
    """The requester takes the request back."""

    kind: ClassVar[str] = "withdraw"

    def decide(self, state: State, now: datetime) -> Decision:
        """Refused with FORBIDDEN for anybody but the requester, APPROVAL_NOT_FOUND, APPROVAL_DECIDED,
        APPROVAL_EXPIRED.
        """
        found = state.find(APPROVALS, self.approval_id)
        if (
            found is not None
            and found.programme_id == self.actor.programme_id
            and found.requested_by != self.actor.client
        ):
            raise Refusal(RefusalCode.FORBIDDEN)
        approval = require_pending(state, self.approval_id, self.actor, now)
        return self.close(state, approval, ApprovalState.WITHDRAWN, now)
