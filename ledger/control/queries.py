"""Reading approvals: one by id, the list of a programme, and the sealed reasons."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, column, exists, or_, select, table

from ledger.control import tables
from ledger.control.approval import Approval, ApprovalState
from ledger.control.audit_access import AskForExport
from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader
from ledger.engine.statements import instant_now


class SealedReason(NamedTuple):
    """A free-text reason as the audit log keeps it: sealed, bound to its event, its subject and its epoch."""

    event_id: UUID
    name: str
    subject_id: UUID
    epoch: str
    suite: int
    sealed: bytes


_T = tables.APPROVALS
_COLUMNS = [_T.c[name] for name in Approval._fields]
_MINE = _T.c.programme_id == bindparam("programme_id")
_BY_ID = Query(select(*_COLUMNS).where(_T.c.id == bindparam("id"), _MINE))
_REASONS = Query(
    select(*(tables.APPROVAL_REASONS.c[name] for name in SealedReason._fields))
    .join(_T, _T.c.id == tables.APPROVAL_REASONS.c.approval_id)
    .where(_T.c.id == bindparam("id"), _MINE)
)
_BUNDLES = table("bundles", column("id"), schema="audit")
_UNMADE = Query(
    select(*_COLUMNS)
    .where(
        _T.c.kind == AskForExport.kind,
        _T.c.state == ApprovalState.APPROVED,
        _T.c.decided_at > bindparam("since"),
        ~exists().where(_BUNDLES.c.id == _T.c.id),
    )
    .order_by(_T.c.decided_at)
    .limit(1)
)


def _page(condition: ColumnElement[bool] | None) -> Query:
    """Newest first; `before` is the last id of the page before, or None."""
    before = bindparam("before", type_=_T.c.id.type)
    statement = select(*_COLUMNS).where(_MINE, or_(before.is_(None), _T.c.id < before))
    if condition is not None:
        statement = statement.where(condition)
    return Query(statement.order_by(_T.c.id.desc()).limit(bindparam("limit")))


def _in_state(state: ApprovalState) -> ColumnElement[bool]:
    match state:
        case ApprovalState.PENDING:
            return and_(_T.c.state == ApprovalState.PENDING, _T.c.expires_at > instant_now())
        case ApprovalState.EXPIRED:
            return and_(_T.c.state == ApprovalState.PENDING, _T.c.expires_at <= instant_now())
        case _:
            return _T.c.state == state


_PAGES: dict[ApprovalState | None, Query] = {state: _page(_in_state(state)) for state in ApprovalState}
_PAGES[None] = _page(None)


async def approval_by_id(reader: Reader, programme_id: UUID, approval_id: UUID) -> Approval | None:
    """The programme's request with that id."""
    row = await reader.row(_BY_ID, {"programme_id": programme_id, "id": approval_id})
    return None if row is None else Approval(*row)


async def approvals_page(
    reader: Reader, programme_id: UUID, *, limit: int, before: UUID | None = None, state: ApprovalState | None = None
) -> Sequence[Approval]:
    """At most `limit` (≤ 101) requests, newest first, older than `before`; in one state as it is now, or all."""
    found = {"programme_id": programme_id, "before": before, "limit": min(limit, PAGE_ROWS_MAX)}
    return [Approval(*row) for row in await reader.rows(_PAGES[state], found)]


async def unmade_export(reader: Reader, *, since: datetime) -> Approval | None:
    """The oldest export of any programme to which somebody agreed after `since` and of which nothing was made yet."""
    row = await reader.row(_UNMADE, {"since": since})
    return None if row is None else Approval(*row)


async def sealed_reasons(reader: Reader, programme_id: UUID, approval_id: UUID) -> Sequence[SealedReason]:
    """The reasons given for the request and for its decision, in this order where both are there."""
    rows = await reader.rows(_REASONS, {"programme_id": programme_id, "id": approval_id})
    return sorted(SealedReason(*row) for row in rows)
