"""The audit log as compliance reads it: what happened, and the proof of it. Every look is itself recorded."""

from datetime import datetime
from uuid import UUID

import orjson
import strawberry

from audit.search import Entry, EventFilter
from graphql_api.audit_log.desk import Stretch
from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import LogIndex
from graphql_api.schema.callers import AUDITORS
from graphql_api.schema.connection import PAGE_MAX, Connection, Edge, PageInfo, number_after, number_cursor, page_size
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import APPROVAL, AUDIT_EVENT, ENTRY, MEMBER, VOUCHER, id_of, maybe_uuid, uuid_of
from graphql_api.schema.query import query
from ledger.book.account import Role as AccountRole
from ledger.book.account import account_id
from ledger.programme.rows import asset_id

TEXT_BYTES_MAX = 200


@input_type
class AuditWallet:
    """One member's wallet.

    member_id: whose
    asset:     the code of its points asset
    """

    member_id: strawberry.ID
    asset: str = "POINTS"


@input_type
class AuditEventFilter:
    """What events must be like. All conditions that are given hold together.

    recorded_from:  recorded at this instant of real time or later
    recorded_until: recorded before this instant
    from_index:     at this place of the log or after it
    until_index:    before this place
    actor:          who did it, as kind and id
    client:         on whose account, as kind and id
    member_id:      a member whom it concerns
    wallet:         a wallet that it changed
    voucher_id:     a voucher that it changed
    entry_id:       the entry that it is about
    approval_id:    the request for approval that it is about
    type:           the kind of act, such as `earn`
    accepted:       whether it was done or refused
    code:           the code it was refused with
    request:        the request's digest, in hexadecimal digits
    """

    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    from_index: LogIndex | None = None
    until_index: LogIndex | None = None
    actor: str | None = None
    client: str | None = None
    member_id: strawberry.ID | None = None
    wallet: AuditWallet | None = None
    voucher_id: strawberry.ID | None = None
    entry_id: strawberry.ID | None = None
    approval_id: strawberry.ID | None = None
    type: str | None = None
    accepted: bool | None = None
    code: str | None = None
    request: str | None = None


@object_type
class AuditPart:
    """Something private in an event, sealed. `revealParts` opens it, once a second person agrees.

    name:  what it is
    epoch: the class and month whose end destroys it
    """

    name: str
    epoch: str


@object_type
class AuditEvent:
    """One entry of the audit log.

    id:          its id
    index:       its place in the log
    type:        the kind of act
    at:          when it happened, in the ledger's time
    accepted:    whether it was done
    code:        what it was refused with
    actor:       who did it, as kind and id
    client:      on whose account, as kind and id
    member_ids:  the members whom it concerns
    parts:       what is private in it
    record:      the canonical bytes that were logged; their hash is the leaf of the tree
    """

    id: strawberry.ID
    index: LogIndex
    type: str
    at: datetime
    accepted: bool
    code: str | None
    actor: str
    client: str
    member_ids: list[strawberry.ID]
    parts: list[AuditPart]
    record: str


@object_type
class AuditProof:
    """That an event is in the log.

    event:  the event
    size:   the size of the log that the proof speaks of
    proof:  a C2SP tlog-proof: the hashes that lead to the root, and the signed checkpoint
    """

    event: AuditEvent
    size: LogIndex
    proof: str


def event_of(entry: Entry) -> AuditEvent:
    """The entry as its GraphQL type."""
    record = orjson.loads(entry.record)
    return AuditEvent(
        id=id_of(AUDIT_EVENT, UUID(record["id"])),
        index=LogIndex(entry.place),
        type=record["type"],
        at=datetime.fromisoformat(record["at"]),
        accepted=record["outcome"] == "accepted",
        code=record.get("code"),
        actor=record["actor"],
        client=record.get("client", record["actor"]),
        member_ids=[id_of(MEMBER, UUID(subject)) for subject in record.get("subjects", ())],
        parts=[AuditPart(name=part["name"], epoch=part["epoch"]) for part in record.get("parts", ())],
        record=entry.record.decode(),
    )


def filter_of(asked: AuditEventFilter | None, programme_id: UUID) -> EventFilter:
    """The filter as the log understands it, within the programme; InvalidInput where it cannot be meant."""
    if asked is None:
        return EventFilter(programme=programme_id)
    for text in (asked.actor, asked.client, asked.type, asked.code, asked.request):
        # Each look is recorded with its filter, and a record has 4 KiB.
        if text is not None and not (text and text.isprintable() and len(text.encode()) <= TEXT_BYTES_MAX):
            raise InvalidInput(f"A text of the filter has 1 to {TEXT_BYTES_MAX} bytes of printable characters.")
    streams = [
        None if asked.wallet is None else _wallet_id(asked.wallet, programme_id),
        maybe_uuid(VOUCHER, asked.voucher_id),
    ]
    resources = [maybe_uuid(ENTRY, asked.entry_id), maybe_uuid(APPROVAL, asked.approval_id)]
    return EventFilter(
        programme=programme_id,
        recorded_from=asked.recorded_from,
        recorded_until=asked.recorded_until,
        actor=asked.actor,
        client=asked.client,
        subject=maybe_uuid(MEMBER, asked.member_id),
        stream=_only(streams, "A filter names a wallet or a voucher, not both."),
        resource=_only(resources, "A filter names an entry or a request for approval, not both."),
        type=asked.type,
        outcome=None if asked.accepted is None else ("accepted" if asked.accepted else "refused"),
        code=asked.code,
        request=asked.request,
    )


def _wallet_id(wallet: AuditWallet, programme_id: UUID) -> UUID:
    return account_id(uuid_of(MEMBER, wallet.member_id), asset_id(programme_id, wallet.asset), AccountRole.WALLET)


def _only(given: list[UUID | None], otherwise: str) -> UUID | None:
    named = [each for each in given if each is not None]
    if len(named) > 1:
        raise InvalidInput(otherwise)
    return named[0] if named else None


def _bounds_of(asked: AuditEventFilter | None) -> tuple[int, int | None]:
    """The first place that is looked at, and the one before which it ends; None = the log's end."""
    if asked is None:
        return 0, None
    if any(index is not None and index < 0 for index in (asked.from_index, asked.until_index)):
        raise InvalidInput("An index is 0 or more.")
    return asked.from_index or 0, asked.until_index


async def audit_events(
    info: Info,
    filter: AuditEventFilter | None = None,  # noqa: A002 - the argument's name in the schema
    first: int = 20,
    after: str | None = None,
) -> Connection[AuditEvent]:
    """The programme's events, newest first; entries keep their places, so a later page continues this one.

    A page looks at 50,000 entries of the log at most and may therefore hold fewer than asked for, or none; as long as
    there is a next page, go on.

    filter: what they must be like
    first:  how many, 1 to 100
    after:  the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    actor = await context.actor()
    wanted = filter_of(filter, actor.programme_id)
    down_to, until = _bounds_of(filter)
    ends = (until, None if after is None else number_after(after))
    before = min((end for end in ends if end is not None), default=None)
    page = await context.ledger.audit.search(actor, wanted, Stretch(limit=size, before=before, down_to=down_to))
    edges = [Edge(node=event_of(entry), cursor=number_cursor(entry.place)) for entry in page.entries]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=page.looked_at_from > down_to,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=number_cursor(page.looked_at_from),
        ),
    )


async def audit_proof(info: Info, event_id: strawberry.ID) -> AuditProof | None:
    """The proof that one of the programme's events is in the log; null where there is none, or none yet: an event gets
    its place within a second.

    event_id: the event
    """
    context = info.context
    found = await context.ledger.audit.prove(await context.actor(), uuid_of(AUDIT_EVENT, event_id))
    if found is None:
        return None
    return AuditProof(event=event_of(Entry(found.place, found.record)), size=LogIndex(found.size), proof=found.text)


AUDIT_EVENTS = query(audit_events, requires(Scope.AUDIT_READ, cost=50, page_max=PAGE_MAX), callers=AUDITORS)
AUDIT_PROOF = query(audit_proof, requires(Scope.AUDIT_READ, cost=20), callers=AUDITORS)
