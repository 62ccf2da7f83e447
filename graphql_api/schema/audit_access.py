"""What of the audit log a second person must agree to: exports, reveals, and the erasure of a member."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import orjson
import strawberry

from audit.reveal import PartState
from audit.sealed_bundle import SealRefused, read_key
from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey, LogIndex
from graphql_api.schema.approval_requested import ApprovalRequested, ask_approval
from graphql_api.schema.audit_event import AuditEventFilter, filter_of
from graphql_api.schema.callers import AUDITORS
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import enum_type, input_type, object_type
from graphql_api.schema.kinds import APPROVAL, AUDIT_EVENT, id_of, uuid_of
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_KEYED
from graphql_api.unresolved import Unresolved
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.control.approval import Payload
from ledger.control.audit_access import AskForExport, AskForReveal, is_open_to
from ledger.control.erasure import RequestErasure
from ledger.control.queries import approval_by_id

REVEALED_MAX = 50
SINCE_MAX = 10
LEGAL_BASIS_LENGTH_MAX = 200


@input_type
class RequestAuditExportInput:
    """A bundle of the audit log for an auditor.

    purpose:         what for; it stands in the bundle and in the log, so nothing personal
    auditor_key:     the auditor's public key, in base64; nobody else can open the bundle
    idempotency_key: the caller's key for this intent
    filter:          which events; without it all of the programme
    since_sizes:     sizes of the log that the auditor has seen; the bundle proves that it still begins so
    reason:          why, in words; kept sealed
    """

    purpose: str
    auditor_key: str
    idempotency_key: IdempotencyKey
    filter: AuditEventFilter | None = None
    since_sizes: list[LogIndex] = strawberry.field(default_factory=list)
    reason: str | None = None


@input_type
class RevealPartsInput:
    """What is private in some events, to be opened.

    event_ids:       which events of the programme, 50 at most
    purpose:         what for; it stands in the log, so nothing personal
    idempotency_key: the caller's key for this intent
    legal_basis:     by what right the data of a person are read whose erasure was asked for; nothing personal. Where it
                     is named, two others must agree
    reason:          why, in words; kept sealed
    """

    event_ids: list[strawberry.ID]
    purpose: str
    idempotency_key: IdempotencyKey
    legal_basis: str | None = None
    reason: str | None = None


@input_type
class EraseMemberInput:
    """A member to be forgotten.

    member:          whom
    idempotency_key: the caller's key for this intent
    reason:          why, in words; kept sealed
    """

    member: MemberRef
    idempotency_key: IdempotencyKey
    reason: str | None = None


enum_type(
    PartState,
    "PartState",
    "What became of something private.",
    {
        "OPENED": "It was opened.",
        "DESTROYED": "The person was erased, or the month has expired: nobody can read it.",
        "RESTRICTED": "The person asked for erasure, and no legal basis was named.",
        "DAMAGED": "What is stored is not what was logged, or is missing: docs/runbook/suspected-tampering.md.",
    },
)


@object_type
class RevealedPart:
    """Something private that an event holds.

    event_id: the event that it belongs to
    name:     what it is
    state:    what became of it
    text:     what it says, where it was opened
    """

    event_id: strawberry.ID
    name: str
    state: PartState
    text: str | None


async def request_audit_export(info: Info, asked: Annotated[RequestAuditExportInput, INPUT]) -> object:
    """Ask for a bundle of the audit log. Once a second person agrees, a worker makes it, sealed, and who asked fetches it
    for seven days by `GET /audit/exports/{approvalId}`, with the same credential.
    """
    context = info.context
    actor = await context.actor()
    command = AskForExport(
        actor=actor,
        key=asked.idempotency_key,
        purpose=asked.purpose,
        terms=_export_terms(asked, actor.programme_id),
        reason=asked.reason,
    )
    return await ask_approval(context, command)


def _export_terms(asked: RequestAuditExportInput, programme_id: UUID) -> Payload:
    try:
        described = filter_of(asked.filter, programme_id).described()
        read_key(asked.auditor_key)
    except InvalidInput:
        raise Refusal(RefusalCode.INVALID_INPUT, field="filter") from None
    except SealRefused:
        raise Refusal(RefusalCode.INVALID_INPUT, field="auditorKey") from None
    bounds = (asked.filter.from_index, asked.filter.until_index) if asked.filter else (None, None)
    first, until = bounds[0] or 0, bounds[1]
    if first < 0 or (until is not None and until < first):
        refuse_input("filter")
    if len(asked.since_sizes) > SINCE_MAX or any(size < 0 for size in asked.since_sizes):
        refuse_input("sinceSizes")
    return {
        **{f"filter.{name}": text for name, text in described.items()},
        "auditorKey": asked.auditor_key.strip(),
        "fromIndex": bounds[0],
        "untilIndex": bounds[1],
        "sinceSizes": " ".join(str(size) for size in asked.since_sizes),
    }


async def reveal_parts(info: Info, asked: Annotated[RevealPartsInput, INPUT]) -> object:
    """Ask to read what is private in events of the programme. Once a second person agrees, and a third where a legal basis
    is named, `revealedParts` shows it to who asked.
    """
    context = info.context
    if not 0 < len(asked.event_ids) <= REVEALED_MAX:
        refuse_input("eventIds")
    basis = asked.legal_basis
    if basis is not None and not (0 < len(basis) <= LEGAL_BASIS_LENGTH_MAX and basis.isprintable()):
        refuse_input("legalBasis")
    events = sorted({uuid_of(AUDIT_EVENT, each) for each in asked.event_ids})
    actor = await context.actor()
    if not await context.ledger.audit.knows(actor, events):
        raise Unresolved(RefusalCode.INVALID_INPUT, field="eventIds")
    command = AskForReveal(
        actor=actor,
        key=asked.idempotency_key,
        purpose=asked.purpose,
        terms={"eventIds": " ".join(str(event) for event in events), "legalBasis": basis},
        reason=asked.reason,
    )
    return await ask_approval(context, command)


async def revealed_parts(info: Info, approval_id: strawberry.ID) -> list[RevealedPart] | None:
    """What is private in the events of an approved request of the caller's own, for seven days. Each look is recorded.
    Null where there is no such request, or where nobody has agreed to it.

    approval_id: the request
    """
    context = info.context
    actor = await context.actor()
    approval = await context.read(approval_by_id, uuid_of(APPROVAL, approval_id))
    now = await context.ledger.reader.now()
    if approval is None or not is_open_to(approval, actor.client, AskForReveal.kind, now):
        return None
    terms = orjson.loads(approval.payload)
    events: Sequence[UUID] = [UUID(text) for text in terms["eventIds"].split()]
    found = await context.ledger.audit.reveal(
        actor, events, approval_id=approval.id, purpose=terms["purpose"], legal_basis=terms["legalBasis"]
    )
    return [
        RevealedPart(event_id=id_of(AUDIT_EVENT, part.event_id), name=part.name, state=part.state, text=part.text)
        for part in found
    ]


async def erase_member(info: Info, asked: Annotated[EraseMemberInput, INPUT]) -> object:
    """Ask that a closed member be forgotten. Once a second person agrees, its data are unreadable for ever; what the
    law makes the bank keep is restricted first, and destroyed when its time has come.
    """
    context = info.context
    command = RequestErasure(
        actor=await context.actor(),
        key=asked.idempotency_key,
        member_id=await resolve_member(context, asked.member),
        reason=asked.reason,
    )
    return await ask_approval(context, command)


REQUEST_AUDIT_EXPORT = mutation(
    request_audit_export,
    requires(Scope.AUDIT_EXPORT, cost=10),
    succeeds=ApprovalRequested,
    refusals=EVERY_KEYED,
    callers=AUDITORS,
)
REVEAL_PARTS = mutation(
    reveal_parts,
    requires(Scope.AUDIT_REVEAL, cost=10),
    succeeds=ApprovalRequested,
    refusals=EVERY_KEYED,
    callers=AUDITORS,
)
REVEALED_PARTS = query(revealed_parts, requires(Scope.AUDIT_REVEAL, cost=50), callers=AUDITORS)
ERASE_MEMBER = mutation(
    erase_member,
    requires(Scope.MEMBER_ERASE, cost=10),
    succeeds=ApprovalRequested,
    refusals=(*EVERY_KEYED, RefusalCode.MEMBER_NOT_FOUND, RefusalCode.MEMBER_NOT_CLOSED),
)
