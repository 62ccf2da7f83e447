"""Approvals: what waits for a second person, and what that person decided."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import orjson
import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.adjustment import REFUSALS as ADJUSTMENT_REFUSALS
from graphql_api.schema.approval_terms import ApprovalTerm, RequestedAdjustment, adjustment_in, terms_in
from graphql_api.schema.callers import BANK
from graphql_api.schema.connection import PAGE_MAX, Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import enum_type, field, input_type, object_type
from graphql_api.schema.kinds import APPROVAL, ENTRY, id_of, maybe_id, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_KEYED
from graphql_api.schema.tier_grant import REFUSALS as TIER_REFUSALS
from ledger.book.refusal import RefusalCode
from ledger.control.approval import Approval as ApprovalRow
from ledger.control.approval import ApprovalState
from ledger.control.decide_request import ApproveRequest, Decision, RejectRequest, WithdrawRequest
from ledger.control.queries import approval_by_id, approvals_page
from ledger.control.reasons import read_reasons
from ledger.engine.outcome import Outcome
from ledger.points.adjust import AdjustPoints

enum_type(
    ApprovalState,
    "ApprovalState",
    "What became of a request.",
    {
        "PENDING": "It waits for a second person, or for one more.",
        "APPROVED": "A second person agreed, and it was done.",
        "REJECTED": "A second person refused.",
        "WITHDRAWN": "Who asked took it back.",
        "EXPIRED": "Its time ran out.",
    },
)


@object_type
class Approval:
    """A request that a second person decides.

    id:           its id
    kind:         what was asked for, such as `adjust`
    state:        what became of it
    requested_by: who asked, as kind and id
    requested_at: when
    expires_at:   until when it can be decided
    needed:       how many others must agree
    agreed_by:    who agreed already, where one more must, as kind and id
    agreed_at:    when
    decided_by:   who decided, as kind and id
    decided_at:   when
    entry_id:     the entry that it posted
    adjustment:   the adjustment, where it is one
    terms:        what exactly is asked for, so that nobody agrees to what they cannot see
    """

    id: strawberry.ID
    kind: str
    state: ApprovalState
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    needed: int
    agreed_by: str | None
    agreed_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    entry_id: strawberry.ID | None
    adjustment: RequestedAdjustment | None
    terms: list[ApprovalTerm]
    uuid: strawberry.Private[UUID]

    @field(requires(Scope.APPROVAL_READ, cost=10))
    async def reasons(self, info: Info) -> list[str]:
        """The reasons in words, of the request and then of those who decided, where they were given. That they were read
        is recorded; those of a person who was erased are gone.
        """
        ledger = info.context.ledger
        found = await read_reasons(ledger.reader, ledger.units, await info.context.actor(), self.uuid)
        opened = [await ledger.open_reason(reason) for reason in found]
        return [reason for reason in opened if reason is not None]


def approval_of(row: ApprovalRow, now: datetime) -> Approval:
    """The row as its GraphQL type, as it is at `now`."""
    payload = orjson.loads(row.payload)
    return Approval(
        id=id_of(APPROVAL, row.id),
        kind=row.kind,
        state=row.state_at(now),
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        needed=row.approvers_needed,
        agreed_by=row.first_agreed_by,
        agreed_at=row.first_agreed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        entry_id=maybe_id(ENTRY, row.entry_id),
        adjustment=adjustment_in(payload) if row.kind == AdjustPoints.kind else None,
        terms=list(terms_in(payload)),
        uuid=row.id,
    )


async def approval(info: Info, id: strawberry.ID) -> Approval | None:  # noqa: A002 - the argument's name in the schema
    """A request of the caller's programme.

    id: its id
    """
    context = info.context
    row = await context.read(approval_by_id, uuid_of(APPROVAL, id))
    return None if row is None else approval_of(row, await context.ledger.reader.now())


async def approvals(
    info: Info, state: ApprovalState | None = None, first: int = 20, after: str | None = None
) -> Connection[Approval]:
    """The programme's requests, newest first.

    state: only those in this state
    first: how many, 1 to 100
    after: the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    rows = await context.read(approvals_page, limit=rows_for(size), before=row_after(APPROVAL, after), state=state)
    now = await context.ledger.reader.now()
    return connect_rows(APPROVAL, rows, size, after, lambda row: approval_of(row, now))


@input_type
class ApproveRequestInput:
    """A request to approve.

    approval_id:     the request
    idempotency_key: the caller's key for this intent
    reason:          why, in words; kept sealed
    """

    approval_id: strawberry.ID
    idempotency_key: IdempotencyKey
    reason: str | None = None


@input_type
class RejectRequestInput(ApproveRequestInput):
    """A request to reject."""


@input_type
class WithdrawRequestInput(ApproveRequestInput):
    """A request to take back."""


@object_type
class RequestDecided:
    """The request is decided, or one of two has agreed.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    approval_id: the request
    state:       what became of it; PENDING where one more must agree
    decided_by:  who decided, or agreed, as kind and id
    decided_at:  when
    entry_id:    the entry that an approval posted
    """

    replayed: bool
    approval_id: strawberry.ID
    state: ApprovalState
    decided_by: str
    decided_at: datetime
    entry_id: strawberry.ID | None


async def approve_request(info: Info, asked: Annotated[ApproveRequestInput, INPUT]) -> object:
    """Agree to what another asked for; it is done in the same step, or once one more agrees where two are needed. Nobody
    approves their own request, nor one twice.
    """
    context = info.context
    command = ApproveRequest(
        actor=await context.actor(),
        key=asked.idempotency_key,
        approval_id=uuid_of(APPROVAL, asked.approval_id),
        reason=asked.reason,
        approvables=context.ledger.approvables,
    )
    return _decided(await context.execute(command))


async def reject_request(info: Info, asked: Annotated[RejectRequestInput, INPUT]) -> object:
    """Refuse what another asked for."""
    return await _end(info.context, asked, RejectRequest)


async def withdraw_request(info: Info, asked: Annotated[WithdrawRequestInput, INPUT]) -> object:
    """Take back what one asked for oneself."""
    return await _end(info.context, asked, WithdrawRequest)


async def _end(
    context: Context, asked: ApproveRequestInput, kind: type[RejectRequest] | type[WithdrawRequest]
) -> RequestDecided:
    command = kind(
        actor=await context.actor(),
        key=asked.idempotency_key,
        approval_id=uuid_of(APPROVAL, asked.approval_id),
        reason=asked.reason,
    )
    return _decided(await context.execute(command))


def _decided(outcome: Outcome[Decision]) -> RequestDecided:
    reply = outcome.unwrap()
    return RequestDecided(
        replayed=outcome.replayed,
        approval_id=id_of(APPROVAL, reply.approval_id),
        state=ApprovalState(reply.state),
        decided_by=reply.decided_by,
        decided_at=reply.decided_at,
        entry_id=maybe_id(ENTRY, reply.entry_id),
    )


_CODE = RefusalCode
_PENDING = (*EVERY_KEYED, _CODE.APPROVAL_NOT_FOUND, _CODE.APPROVAL_DECIDED, _CODE.APPROVAL_EXPIRED)

APPROVAL_QUERY = query(approval, requires(Scope.APPROVAL_READ, cost=5), callers=BANK)
APPROVALS = query(approvals, requires(Scope.APPROVAL_READ, cost=5, page_max=PAGE_MAX), callers=BANK)
APPROVE_REQUEST = mutation(
    approve_request,
    requires(Scope.APPROVAL_DECIDE, moves="approve", cost=10),
    succeeds=RequestDecided,
    refusals=(
        *_PENDING,
        _CODE.APPROVAL_OWN,
        *ADJUSTMENT_REFUSALS,
        *TIER_REFUSALS,
        _CODE.MEMBER_NOT_CLOSED,
        _CODE.CAMPAIGN_NOT_FOUND,
        _CODE.CAMPAIGN_STATE,
    ),
)
REJECT_REQUEST = mutation(
    reject_request,
    requires(Scope.APPROVAL_DECIDE, cost=10),
    succeeds=RequestDecided,
    refusals=(*_PENDING, _CODE.APPROVAL_OWN),
)
WITHDRAW_REQUEST = mutation(
    withdraw_request,
    requires(
        Scope.POINTS_ADJUST,
        Scope.CAMPAIGN_MANAGE,
        Scope.MEMBER_ERASE,
        Scope.AUDIT_EXPORT,
        Scope.AUDIT_REVEAL,
        Scope.TIER_GRANT,
        cost=10,
    ),
    succeeds=RequestDecided,
    refusals=_PENDING,
)
