"""Access to the audit log that a second person must agree to: exports and reveals (semantics 9.1).

The ledger keeps who asked for what and who agreed. What is then read, and that it was, is the audit log's business;
nothing here knows it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from ledger.book.refusal import refuse_input
from ledger.control.approvable import Approvable, Approved
from ledger.control.approval import Approval, ApprovalState, Payload, request_approval
from ledger.engine.command import Command, command_class
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.state import State

OPEN_FOR = timedelta(days=7)
"""How long after the decision an access may be used."""
PURPOSE_LENGTH_MAX = 200


@reply
class AccessAsked:
    """The reply: the request that waits."""

    approval_id: UUID


@command_class
class AskForAccess(Command[AccessAsked]):
    """What asks for access share.

    purpose: what for; stands in clear in the audit log, so nothing personal
    terms:   what exactly, by name; nothing personal
    reason:  free text, kept sealed
    """

    reply: ClassVar[type] = AccessAsked

    purpose: str
    terms: Payload
    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"purpose": self.purpose, "reason": self.reason, **self.terms}

    def require_input(self) -> None:
        """INVALID_INPUT where no purpose is named, or a longer one than is kept."""
        if not 0 < len(self.purpose) <= PURPOSE_LENGTH_MAX or not self.purpose.isprintable():
            refuse_input("purpose")

    def footprint(self) -> Sequence[Key]:
        """Nothing stands in the way of asking."""
        return []

    @property
    def approvers_needed(self) -> int:
        """How many others must agree."""
        return 1

    def decide(self, state: State, now: datetime) -> AccessAsked:
        """Always waits for somebody else."""
        payload = {**self.terms, "purpose": self.purpose}
        approval_id = request_approval(
            state,
            actor=self.actor,
            kind=self.kind,
            payload=payload,
            now=now,
            reason=self.reason,
            approvers_needed=self.approvers_needed,
        )
        return AccessAsked(approval_id=approval_id)


@command_class
class AskForExport(AskForAccess):
    """An export of the audit log to an auditor."""

    kind: ClassVar[str] = "audit_export"


@command_class
class AskForReveal(AskForAccess):
    """Opening what is private in some events."""

    kind: ClassVar[str] = "audit_reveal"

    @property
    def approvers_needed(self) -> int:
        """Two where a legal basis is named: it opens the data of a person who is restricted (PIPL, article 47)."""
        return 1 if self.terms.get("legalBasis") is None else 2


@reply
class AccessGranted:
    """The reply of an approval: nothing but that it stands."""

    purpose: str


@command_class
class GrantAccess(Command[AccessGranted]):
    """What an approval runs: nothing moves; the approval's own row is the grant."""

    kind: ClassVar[str] = "grant_access"
    reply: ClassVar[type] = AccessGranted

    purpose: str

    def fields(self) -> Mapping[str, object]:
        """The purpose."""
        return {"purpose": self.purpose}

    def footprint(self) -> Sequence[Key]:
        """Nothing."""
        return []

    def decide(self, state: State, now: datetime) -> AccessGranted:
        """Agrees."""
        del state, now
        return AccessGranted(purpose=self.purpose)


def is_open_to(approval: Approval, client: str, kind: str, now: datetime) -> bool:
    """Whether the approval lets that client have such an access now: it asked, another agreed, not too long ago."""
    return (
        approval.kind == kind
        and approval.requested_by == client
        and approval.state == ApprovalState.APPROVED
        and approval.decided_at is not None
        and now < approval.decided_at + OPEN_FOR
    )


def _grant(approved: Approved) -> GrantAccess:
    return GrantAccess(actor=approved.requester, key=None, purpose=str(approved.payload["purpose"]))


EXPORT = Approvable(kind=AskForExport.kind, rebuild=_grant)
REVEAL = Approvable(kind=AskForReveal.kind, rebuild=_grant)
