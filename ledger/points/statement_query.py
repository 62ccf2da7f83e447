"""Statements: what each entry did to a wallet, page by page, by the account's gapless versions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.points.wallet import wallet_ids

PAGE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLineView:
    """One line: `amount` and `held_change` are the differences to the line before; `version` is the cursor.

    reference: the own number of who made the entry; None of a transfer that was received, for it is the sender's
    """

    version: int
    entry_id: UUID
    kind: str
    effective_at: datetime
    posted_at: datetime
    amount: int
    held_change: int
    posted_after: int
    held_after: int
    merchant_id: UUID | None
    original_entry_id: UUID | None
    reference: str | None
    reason_code: str | None
    money_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """Lines in the order asked for; `has_more` beyond the last of them."""

    lines: tuple[StatementLineView, ...]
    has_more: bool


_LINES = """
    SELECT line.version, e.id AS entry_id, e.kind, e.effective_at, e.posted_at,
           line.posted_after - coalesce(earlier.posted_after, 0) AS amount,
           line.held_after - coalesce(earlier.held_after, 0) AS held_change,
           line.posted_after, line.held_after, e.merchant_id, e.original_entry_id,
           CASE WHEN e.member_id = a.holder_id THEN e.reference END AS reference, e.reason_code, e.money_minor
    FROM {{book}}.accounts a
    JOIN {{book}}.statement_lines line ON line.account_id = a.id
    LEFT JOIN {{book}}.statement_lines earlier
        ON earlier.account_id = line.account_id AND earlier.version = line.version - 1
    JOIN {{book}}.journal_entries e ON e.id = line.entry_id
    WHERE a.id = CAST(:account_id AS uuid) AND a.programme_id = CAST(:programme_id AS uuid)
      AND line.account_id = CAST(:account_id AS uuid) AND line.version {comparison} CAST(:version AS bigint)
    ORDER BY line.version {order} LIMIT CAST(:rows_max AS bigint)
"""
_NEWEST_FIRST = SqlQuery(_LINES.format(comparison="<", order="DESC"))
_OLDEST_FIRST = SqlQuery(_LINES.format(comparison=">", order="ASC"))
_VERSION_MAX = 2**62


async def newest_lines(
    reader: Reader, programme_id: UUID, member_id: UUID, asset_id: UUID, *, first: int, before: int | None = None
) -> StatementPage:
    """At most `first` (up to 100) lines, newest first, older than version `before`."""
    version = _VERSION_MAX if before is None else before
    return await _page(reader, _NEWEST_FIRST, programme_id, wallet_ids(member_id, asset_id).wallet, version, first)


async def oldest_lines(
    reader: Reader, programme_id: UUID, member_id: UUID, asset_id: UUID, *, first: int, after: int = 0
) -> StatementPage:
    """At most `first` (up to 100) lines, oldest first, newer than version `after`."""
    return await _page(reader, _OLDEST_FIRST, programme_id, wallet_ids(member_id, asset_id).wallet, after, first)


async def _page(
    reader: Reader, query: SqlQuery, programme_id: UUID, account_id: UUID, version: int, first: int
) -> StatementPage:
    count = min(max(first, 1), PAGE_MAX)
    rows = await reader.rows(
        query,
        {"account_id": account_id, "programme_id": programme_id, "version": version, "rows_max": count + 1},
    )
    lines = tuple(StatementLineView(**dict(row)) for row in rows[:count])
    return StatementPage(lines=lines, has_more=len(rows) > count)
