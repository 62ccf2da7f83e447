"""Approvals: requests that wait for a second person, or for two others, and how any command asks for one.

The free-text reason is sealed into the audit event of the request, never stored in the row; `queries.py` finds it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import orjson

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import InvariantViolated
from ledger.control import tables
from ledger.engine.command import Actor
from ledger.engine.ports import Event
from ledger.engine.shelf import Shelf
from ledger.engine.state import State

RANK_APPROVAL = 5
VALID = timedelta(days=7)
PAYLOAD_BYTES_MAX = 4096

Payload = Mapping[str, str | int | None]


class ApprovalState(StrEnum):
    """What became of a request. EXPIRED is never stored: it is PENDING at or after `expires_at`."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Approval(NamedTuple):
    """A row of `approvals`. `requested_by`, `first_agreed_by` and `decided_by` are clients, each another person; the
    events hold the sealed reasons.

    first_agreed_by: who agreed already, where two are needed
    """

    id: UUID
    programme_id: UUID
    kind: str
    payload: str
    requested_by: str
    requested_at: datetime
    request_event_id: UUID
    expires_at: datetime
    state: str = ApprovalState.PENDING
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision_event_id: UUID | None = None
    entry_id: UUID | None = None
    version: int = 1
    approvers_needed: int = 1
    first_agreed_by: str | None = None
    first_agreed_at: datetime | None = None
    first_agreed_event_id: UUID | None = None

    @property
    def is_one_more_needed(self) -> bool:
        """Whether the next who agrees is not the last."""
        return self.approvers_needed == 2 and self.first_agreed_by is None

    def state_at(self, now: datetime) -> ApprovalState:
        """The state as it is at `now`, though nothing was written when the time ran out."""
        if self.state == ApprovalState.PENDING and self.expires_at <= now:
            return ApprovalState.EXPIRED
        return ApprovalState(self.state)


APPROVALS = Shelf(
    tables.APPROVALS,
    Approval,
    by="id",
    lock_rank=RANK_APPROVAL,
    updates=(
        "state",
        "decided_by",
        "decided_at",
        "decision_event_id",
        "entry_id",
        "version",
        "first_agreed_by",
        "first_agreed_at",
        "first_agreed_event_id",
    ),
)


def request_approval(
    state: State,
    *,
    actor: Actor,
    kind: str,
    payload: Payload,
    now: datetime,
    reason: str | None,
    approvers_needed: int = 1,
) -> UUID:
    """Adds a request that somebody else may approve within seven days; returns its id.

    kind:             the name of an `Approvable` that can rebuild the command
    payload:          what it is rebuilt from; nothing personal, since it is stored in clear
    reason:           free text, sealed into the request's audit event
    approvers_needed: how many others must agree, 1 or 2
    """
    text = orjson.dumps(dict(payload), option=orjson.OPT_SORT_KEYS).decode()
    if len(text) > PAYLOAD_BYTES_MAX:
        raise InvariantViolated(f"an approval's payload of {len(text)} characters")
    approval_id, event_id = state.ids.new(), state.ids.new()
    approval = Approval(
        id=approval_id,
        programme_id=actor.programme_id,
        kind=kind,
        payload=text,
        requested_by=actor.client,
        requested_at=now,
        request_event_id=event_id,
        expires_at=now + VALID,
        approvers_needed=approvers_needed,
    )
    state.add(APPROVALS, approval)
    state.emit(approval_event(approval, "approval_requested", event_id, actor, now, private=reason))
    return approval_id


def require_pending(state: State, approval_id: UUID, actor: Actor, now: datetime) -> Approval:
    """The request, still to be decided. APPROVAL_NOT_FOUND, APPROVAL_DECIDED, APPROVAL_EXPIRED."""
    approval = state.find(APPROVALS, approval_id)
    if approval is None or approval.programme_id != actor.programme_id:
        raise Refusal(RefusalCode.APPROVAL_NOT_FOUND)
    match approval.state_at(now):
        case ApprovalState.PENDING:
            return approval
        case ApprovalState.EXPIRED:
            raise Refusal(RefusalCode.APPROVAL_EXPIRED)
        case _:
            raise Refusal(RefusalCode.APPROVAL_DECIDED)


def require_other_person(approval: Approval, actor: Actor) -> None:
    """APPROVAL_OWN where the requester would decide, also in another role: who holds two is still one person."""
    if _is(approval.requested_by, actor):
        raise Refusal(RefusalCode.APPROVAL_OWN)


def require_another_approver(approval: Approval, actor: Actor) -> None:
    """APPROVAL_OWN where the requester would agree, or who agreed already: two approvers are two persons."""
    require_other_person(approval, actor)
    if approval.first_agreed_by is not None and _is(approval.first_agreed_by, actor):
        raise Refusal(RefusalCode.APPROVAL_OWN)


def _is(client: str, actor: Actor) -> bool:
    """Whether the actor is the person behind the client, in whatever role."""
    return client.partition(":")[2] == actor.id


def agree_first(state: State, approval: Approval, actor: Actor, now: datetime, *, reason: str | None) -> Approval:
    """Records that one of two agreed, with its event; the request keeps waiting."""
    event_id = state.ids.new()
    agreed = approval._replace(
        first_agreed_by=actor.client,
        first_agreed_at=now,
        first_agreed_event_id=event_id,
        version=approval.version + 1,
    )
    state.put(APPROVALS, agreed)
    state.emit(approval_event(agreed, "approval_agreed", event_id, actor, now, private=reason))
    return agreed


def close_approval(
    state: State,
    approval: Approval,
    outcome: ApprovalState,
    actor: Actor,
    now: datetime,
    *,
    entry_id: UUID | None = None,
    reason: str | None = None,
) -> Approval:
    """Records the decision with its event; the reason is sealed into it."""
    event_id = state.ids.new()
    decided = approval._replace(
        state=outcome,
        decided_by=actor.client,
        decided_at=now,
        decision_event_id=event_id,
        entry_id=entry_id,
        version=approval.version + 1,
    )
    state.put(APPROVALS, decided)
    state.emit(approval_event(decided, f"approval_{outcome}", event_id, actor, now, private=reason))
    return decided


def approval_event(
    approval: Approval, kind: str, event_id: UUID, actor: Actor, now: datetime, *, private: str | None
) -> Event:
    """The audit event of a request or of a decision; it names who asked, for what by its digest, and whom it concerns."""
    return Event(
        id=event_id,
        at=now,
        type=kind,
        accepted=True,
        code=None,
        actor=actor.client,
        client=actor.client,
        resource_id=approval.id,
        subject_id=_subject_of(approval),
        streams=((approval.id, approval.version),),
        request_id=None,
        facts={
            "kind": approval.kind,
            "requested_by": approval.requested_by,
            "payload_sha256": sha256(approval.payload.encode()).hexdigest(),
        },
        private=private,
        programme_id=approval.programme_id,
    )


def _subject_of(approval: Approval) -> UUID | None:
    """The member whom the payload names: the reason is sealed under that person's key."""
    member_id = orjson.loads(approval.payload).get("memberId")
    return None if member_id is None else UUID(member_id)
