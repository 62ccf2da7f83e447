"""What a request for approval asks for, as the approver sees it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import MEMBER, id_of
from ledger.book.units import Points


@object_type
class RequestedAdjustment:
    """An adjustment that waits.

    member_id:    whose balance
    asset:        the code of the points asset
    amount:       how many points are added, or taken where it is below zero
    reason_code:  why
    reference:    the requester's own number
    effective_at: when it takes effect; null = when it is approved
    """

    member_id: strawberry.ID
    asset: str
    amount: Points
    reason_code: str
    reference: str | None
    effective_at: datetime | None


@object_type
class ApprovalTerm:
    """One thing that a request asks for.

    name:  what it is called
    value: what is asked
    """

    name: str
    value: str


def terms_in(payload: Mapping[str, str | int | None]) -> Iterator[ApprovalTerm]:
    """What was given, with the member by the id that callers know."""
    for name, value in payload.items():
        if value not in {None, ""}:
            shown = id_of(MEMBER, UUID(str(value))) if name == "memberId" else str(value)
            yield ApprovalTerm(name=name, value=shown)


def adjustment_in(payload: Mapping[str, str | int | None]) -> RequestedAdjustment:
    """The adjustment that waits."""
    effective_at = payload.get("effectiveAt")
    reference = payload.get("reference")
    return RequestedAdjustment(
        member_id=id_of(MEMBER, UUID(str(payload["memberId"]))),
        asset=str(payload["asset"]),
        amount=Points(int(payload["amount"] or 0)),
        reason_code=str(payload["reasonCode"]),
        reference=None if reference is None else str(reference),
        effective_at=None if effective_at is None else datetime.fromisoformat(str(effective_at)),
    )
