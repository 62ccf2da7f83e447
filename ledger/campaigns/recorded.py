"""Recorded activities, read again page by page in the order in which they came."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery

PAGE_SIZE: Final = 2_000
# As text, since a least id would be looked for from the first activity on, through all years before the span.
_FIRST = SqlQuery(
    """
    SELECT CAST(min(CAST(a.id AS text) COLLATE "C") AS uuid) AS id FROM {book}.activities a
    WHERE a.programme_id = CAST(:programme_id AS uuid) AND a.local_day >= CAST(:from_on AS date)
    """
)
_PAGE = SqlQuery(
    """
    SELECT a.id, a.member_id, a.type, a.occurred_at, a.received_at, a.channel, a.branch, a.merchant_id, m.code, a.payload,
           a.amount, a.refund_of, EXISTS (SELECT FROM {book}.activities r WHERE r.refund_of = a.id) AS is_refunded
    FROM {book}.activities a LEFT JOIN registry.merchants m ON m.id = a.merchant_id
    WHERE a.id > CAST(:after AS uuid) AND a.programme_id = CAST(:programme_id AS uuid)
      AND a.local_day >= CAST(:from_on AS date)
      AND (a.refund_of IS NOT NULL
           OR (a.type = ANY (CAST(:types AS text[])) AND a.local_day <= CAST(:until_on AS date)))
    ORDER BY a.id LIMIT CAST(:limit AS bigint)
    """
)


class Recorded(NamedTuple):
    """An activity as it was recorded; a refund where `refund_of` names what it takes back in part or whole."""

    id: UUID
    member_id: UUID
    type: str
    occurred_at: datetime
    received_at: datetime
    channel: str | None
    branch: str | None
    merchant_id: UUID | None
    merchant_code: str | None
    payload: str
    amount: int | None
    refund_of: UUID | None
    is_refunded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which activities: of a programme and of these types, on the local days from the first through the last; and all
    refunds since the first.
    """

    programme_id: UUID
    types: Collection[str]
    from_on: date
    until_on: date


async def recorded_pages(reader: Reader, span: Span) -> AsyncIterator[Sequence[Recorded]]:
    """All of them, at most 2,000 at a time."""
    asked = {
        "programme_id": span.programme_id,
        "types": list(span.types),
        "from_on": span.from_on,
        "until_on": span.until_on,
    }
    first = await reader.row(_FIRST, {"programme_id": span.programme_id, "from_on": span.from_on})
    if first is None or first["id"] is None:
        return
    after = UUID(int=first["id"].int - 1)
    while True:
        rows = await reader.rows(_PAGE, {**asked, "after": after, "limit": PAGE_SIZE})
        page = [Recorded(*row) for row in rows]
        if page:
            yield page
        if len(page) < PAGE_SIZE:
            return
        after = page[-1].id
