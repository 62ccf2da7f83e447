"""Grants that wait for approval, as control rebuilds them once a second person agrees."""

from datetime import date
from uuid import UUID

from ledger.control.approvable import Approvable, Approved
from ledger.tiers.grant import GrantTier


def _rebuild(approved: Approved) -> GrantTier:
    payload = approved.payload
    reference = payload.get("reference")
    return GrantTier(
        actor=approved.requester,
        # The approver's key is used up by the approval; the grant is its consequence, not a request of its own.
        key=None,
        reference=None if reference is None else str(reference),
        member_id=UUID(str(payload["memberId"])),
        ladder=str(payload["ladder"]),
        level=str(payload["level"]),
        until_on=date.fromisoformat(str(payload["untilOn"])),
        reason_code=str(payload["reasonCode"]),
        approval_id=approved.approval_id,
    )


TIER_GRANT = Approvable(kind=GrantTier.kind, rebuild=_rebuild)
