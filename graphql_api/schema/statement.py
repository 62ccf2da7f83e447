"""Statements: what each entry did to a wallet, newest first; and what the balance was at an earlier time."""

from datetime import datetime
from uuid import UUID

import strawberry

from graphql_api.errors import InvalidInput
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.connection import Connection, Edge, number_after, number_cursor, page_of, page_size
from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import ENTRY, MERCHANT, id_of, maybe_id
from ledger.book.units import MinorUnits, Points
from ledger.points.as_of_query import BalanceAsOf as LedgerBalance
from ledger.points.statement_query import StatementLineView, newest_lines, oldest_lines


@object_type
class StatementLine:
    """What one entry did to the wallet.

    version:           its number, 1, 2, 3 … without gaps
    entry_id:          the entry
    kind:              what happened, such as `earn` or `spend`
    effective_at:      when it took effect
    posted_at:         when it was recorded
    amount:            by how much the balance changed; below zero where points left
    held_change:       by how much what is held changed
    posted_after:      the balance after it
    held_after:        what was held after it
    merchant_id:       the merchant it concerns
    original_entry_id: the entry that it undoes or completes
    reference:         the own number of who made the entry; null for a transfer that was received
    reason_code:       why, as a code
    money_minor:       what the points were worth, in minor units
    """

    version: int
    entry_id: strawberry.ID
    kind: str
    effective_at: datetime
    posted_at: datetime
    amount: Points
    held_change: Points
    posted_after: Points
    held_after: Points
    merchant_id: strawberry.ID | None
    original_entry_id: strawberry.ID | None
    reference: str | None
    reason_code: str | None
    money_minor: MinorUnits | None


def _line_of(view: StatementLineView) -> Edge[StatementLine]:
    line = StatementLine(
        version=view.version,
        entry_id=id_of(ENTRY, view.entry_id),
        kind=view.kind,
        effective_at=view.effective_at,
        posted_at=view.posted_at,
        amount=Points(view.amount),
        held_change=Points(view.held_change),
        posted_after=Points(view.posted_after),
        held_after=Points(view.held_after),
        merchant_id=maybe_id(MERCHANT, view.merchant_id),
        original_entry_id=maybe_id(ENTRY, view.original_entry_id),
        reference=view.reference,
        reason_code=view.reason_code,
        money_minor=maybe_minor(view.money_minor),
    )
    return Edge(node=line, cursor=number_cursor(view.version))


async def read_statement(
    context: Context,
    member_id: UUID,
    asset_id: UUID,
    *,
    first: int,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Connection[StatementLine]:
    """A page, newest first. `last` and `before` page back to newer lines, `last` alone begins with the oldest;
    InvalidInput where both ways are asked.
    """
    if (last is None and before is not None) or (last is not None and after is not None):
        raise InvalidInput("Give `first` with `after`, or `last` with `before`.")
    if last is not None:
        start = 0 if before is None else number_after(before)
        newer = await context.read(oldest_lines, member_id, asset_id, first=page_size(last), after=start)
        edges = [_line_of(view) for view in reversed(newer.lines)]
        return page_of(edges, has_next=before is not None, has_previous=newer.has_more)
    end = None if after is None else number_after(after)
    older = await context.read(newest_lines, member_id, asset_id, first=page_size(first), before=end)
    return page_of([_line_of(view) for view in older.lines], has_next=older.has_more, has_previous=after is not None)


@object_type
class BalanceAsOf:
    """What the wallet held at an earlier time, as far as was known at another.

    effective_at: the time asked about
    known_at:     what had been recorded by then counts; null = by now
    balance:      posted + matured - overdue
    posted:       what entries had brought and taken
    matured:      what had activated by then though no entry said so
    overdue:      what had expired by then though no entry said so
    held:         what holds set aside
    pending:      what waited for a date or a confirmation
    owed:         what refunds could not take back
    final:        whether nothing that is to come can change this answer
    """

    effective_at: datetime
    known_at: datetime | None
    balance: Points
    posted: Points
    matured: Points
    overdue: Points
    held: Points
    pending: Points
    owed: Points
    final: bool


def balance_of(found: LedgerBalance) -> BalanceAsOf:
    """The balance as its GraphQL type."""
    return BalanceAsOf(
        effective_at=found.effective_at,
        known_at=found.known_at,
        balance=Points(found.balance),
        posted=Points(found.posted),
        matured=Points(found.matured),
        overdue=Points(found.overdue),
        held=Points(found.held),
        pending=Points(found.pending),
        owed=Points(found.owed),
        final=found.is_final,
    )
