"""Adjustments above a limit, as control rebuilds them once a second person agrees."""

from datetime import datetime
from uuid import UUID

from ledger.control.approvable import Approvable, Approved
from ledger.control.approval import Payload
from ledger.points.adjust import AdjustPoints


def _rebuild(approved: Approved) -> AdjustPoints:
    payload = approved.payload
    effective_at = _text(payload, "effectiveAt")
    return AdjustPoints(
        actor=approved.requester,
        # The approver's key is used up by the approval; the adjustment is its consequence, not a request of its own.
        key=None,
        reference=_text(payload, "reference"),
        member_id=UUID(str(payload["memberId"])),
        asset=str(payload["asset"]),
        amount=int(payload["amount"] or 0),
        reason_code=str(payload["reasonCode"]),
        effective_at=None if effective_at is None else datetime.fromisoformat(effective_at),
        approval_id=approved.approval_id,
    )


def _text(payload: Payload, name: str) -> str | None:
    value = payload.get(name)
    return None if value is None else str(value)


ADJUSTMENT = Approvable(kind=AdjustPoints.kind, rebuild=_rebuild)
