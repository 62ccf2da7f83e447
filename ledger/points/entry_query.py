"""Entries with their postings and draws; and how to find one by the caller's own reference or key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.engine.claim import CLAIM_AFTER_SQL
from ledger.engine.reader import PAGE_ROWS_MAX, Reader, Record
from ledger.engine.request import reference_id, request_id
from ledger.engine.sql_query import SqlQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingView:
    """`amount` of `asset_id` moved from one holder's account to another's."""

    entry_id: UUID
    line: int
    asset_id: UUID
    amount: int
    source_role: str
    destination_role: str
    destination_holder_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawView:
    """The part of a lot that the entry took, gave back, set aside or released."""

    entry_id: UUID
    line: int
    lot_id: UUID
    kind: str
    amount: int
    account_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A journal entry with its lines."""

    id: UUID
    kind: str
    effective_at: datetime
    posted_at: datetime
    actor: str
    asset_id: UUID | None
    amount: int
    member_id: UUID | None
    merchant_id: UUID | None
    reference: str | None
    original_entry_id: UUID | None
    reason_code: str | None
    sale_minor: int | None
    money_minor: int | None
    rate_id: UUID | None
    postings: tuple[PostingView, ...]
    draws: tuple[DrawView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """What is on file under a key: `outcome` is the frozen one, as JSON; `entry_id` None where it was refused."""

    kind: str
    key: str
    entry_id: UUID | None
    decided_at: datetime
    outcome: str


# An entry belongs to the programme of its asset; one without an asset to its member's.
_ENTRIES = SqlQuery(
    """
    SELECT e.id, e.kind, e.effective_at, e.posted_at, e.actor, e.asset_id, e.amount, e.member_id, e.merchant_id,
           e.reference, e.original_entry_id, e.reason_code, e.sale_minor, e.money_minor, e.rate_id
    FROM {book}.journal_entries e
    LEFT JOIN registry.assets a ON a.id = e.asset_id
    LEFT JOIN {book}.holders h ON h.id = e.member_id
    WHERE e.id = ANY (CAST(:ids AS uuid[])) AND coalesce(a.programme_id, h.programme_id) = CAST(:programme_id AS uuid)
    """
)
_POSTINGS = SqlQuery(
    """
    SELECT p.entry_id, p.line, p.asset_id, p.amount, s.role AS source_role, d.role AS destination_role,
           d.holder_id AS destination_holder_id
    FROM {book}.postings p
    JOIN {book}.accounts s ON s.id = p.source_id
    JOIN {book}.accounts d ON d.id = p.destination_id
    WHERE p.entry_id = ANY (CAST(:ids AS uuid[])) ORDER BY p.entry_id, p.line
    """
)
_DRAWS = SqlQuery(
    """
    SELECT entry_id, line, lot_id, kind, amount, account_id
    FROM {book}.draws WHERE entry_id = ANY (CAST(:ids AS uuid[])) ORDER BY entry_id, line
    """
)
_REQUEST = SqlQuery(
    """
    SELECT kind, key, entry_id, decided_at, outcome FROM {book}.requests WHERE id = CAST(:id AS bytea)
    """
)
# From the first claim on, over those that waited for a second person, to the one that has an entry.
_BY_REFERENCE = SqlQuery(
    f"""
    WITH RECURSIVE claims AS (
        SELECT outcome, entry_id FROM {{book}}.requests WHERE id = CAST(:id AS bytea)
        UNION ALL
        SELECT after.outcome, after.entry_id FROM claims
        JOIN {{book}}.requests after ON after.id = {CLAIM_AFTER_SQL.format(waited="claims.outcome")}
        WHERE claims.outcome <> ''
    )
    SELECT entry_id FROM claims WHERE entry_id IS NOT NULL
    """  # noqa: S608
)
_BY_ORIGINAL = SqlQuery(
    """
    SELECT id FROM {book}.journal_entries
    WHERE original_entry_id = CAST(:id AS uuid) AND id > CAST(:after AS uuid)
    ORDER BY id LIMIT CAST(:limit AS bigint)
    """
)


async def load_entries(reader: Reader, programme_id: UUID, ids: Sequence[UUID]) -> list[EntryView | None]:
    """The programme's entries in the order asked, at most 101; None for what it has not."""
    asked = list(ids[:PAGE_ROWS_MAX])
    entries = await reader.rows(_ENTRIES, {"ids": asked, "programme_id": programme_id})
    known = {"ids": [row["id"] for row in entries]}
    postings = await reader.rows(_POSTINGS, known)
    draws = await reader.rows(_DRAWS, known)
    views = {row["id"]: _entry(row, postings, draws) for row in entries}
    return [views.get(id_) for id_ in asked]


def _entry(row: Record, postings: Sequence[Record], draws: Sequence[Record]) -> EntryView:
    return EntryView(
        **dict(row),
        postings=tuple(PostingView(**dict(p)) for p in postings if p["entry_id"] == row["id"]),
        draws=tuple(DrawView(**dict(d)) for d in draws if d["entry_id"] == row["id"]),
    )


async def entry_by_reference(
    reader: Reader, programme_id: UUID, *, client: str, kind: str, reference: str
) -> EntryView | None:
    """The entry that has the client's reference of that kind of command; None while a request for it waits."""
    found = await reader.row(_BY_REFERENCE, {"id": reference_id(client, kind, reference)})
    if found is None:
        return None
    return (await load_entries(reader, programme_id, [found["entry_id"]]))[0]


async def request_by_key(reader: Reader, programme_id: UUID, *, client: str, key: str) -> RequestView | None:
    """What came of the client's key; None where nothing was decided under it, or its entry is another programme's."""
    found = await reader.row(_REQUEST, {"id": request_id(client, key)})
    if found is None:
        return None
    entry_id = found["entry_id"]
    if entry_id is not None and not await reader.rows(_ENTRIES, {"ids": [entry_id], "programme_id": programme_id}):
        return None
    return RequestView(**dict(found))


async def entries_about(
    reader: Reader, programme_id: UUID, entry_id: UUID, *, limit: int, after: UUID | None = None
) -> list[EntryView]:
    """The entries that name this one as their original: reversals, refunds, the end of a hold. At most `limit` (≤ 101) in
    the order in which they were made, behind the id `after`.
    """
    asked = {"id": entry_id, "after": after or UUID(int=0), "limit": min(limit, PAGE_ROWS_MAX)}
    rows = await reader.rows(_BY_ORIGINAL, asked)
    found = await load_entries(reader, programme_id, [row[0] for row in rows])
    return [entry for entry in found if entry is not None]
