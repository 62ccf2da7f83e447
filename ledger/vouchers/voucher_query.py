"""Vouchers as they stand at the instant of the read, whether or not an entry says so: by id, and of a member."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.engine.reader import PAGE_ROWS_MAX, Reader, Record
from ledger.engine.sql_query import SqlQuery
from ledger.points.receipt import or_none
from ledger.vouchers.code import SealedCode
from ledger.vouchers.voucher import VoucherState


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherView:
    """A voucher with the terms under which it was issued.

    number, body, terms: of its template's version · units, units_left: uses, or minor units of stored value
    valid_until:         None = for ever · locked_until: where a shop's lock stands
    code:                for its owner only (`code.open_code`)
    """

    id: UUID
    member_id: UUID
    template_id: UUID
    template: str
    kind: str
    number: int
    body: str
    terms: str
    terms_at: datetime
    state: VoucherState
    units: int
    units_left: int
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    locked_until: datetime | None
    ended_at: datetime | None
    source_voucher_id: UUID | None
    code: SealedCode


_DIES_AT = "GREATEST(v.valid_until, v.lock_until)"
_SELECT = f"""
    SELECT * FROM (
        SELECT v.id, v.member_id, v.template_id, t.code AS template, t.kind, x.number, x.body, x.terms,
               x.created_at AS terms_at,
               CASE WHEN v.state <> 'live' THEN upper(v.state)
                    WHEN {_DIES_AT} <= i.now THEN 'EXPIRED'
                    WHEN v.lock_until > i.now THEN 'LOCKED'
                    WHEN v.units_left = v.units THEN 'ISSUED'
                    ELSE 'PART_USED' END AS state,
               CASE WHEN v.state = 'live' AND {_DIES_AT} <= i.now THEN {_DIES_AT} ELSE v.ended_at END AS ended_at,
               CASE WHEN v.state = 'live' AND v.lock_until > i.now THEN v.lock_until END AS locked_until,
               v.units, CASE WHEN v.state = 'live' AND {_DIES_AT} <= i.now THEN 0 ELSE v.units_left END AS units_left,
               issued.posted_at AS issued_at, v.valid_from, v.valid_until, v.source_voucher_id,
               v.code_hash, v.code_sealed, v.programme_id
        FROM {{now}} i
        CROSS JOIN {{book}}.vouchers v
        JOIN {{book}}.journal_entries issued ON issued.id = v.entry_id
        JOIN registry.voucher_templates t ON t.id = v.template_id
        JOIN registry.voucher_template_versions x ON x.id = v.template_version_id
    ) v
    WHERE v.programme_id = CAST(:programme_id AS uuid)
"""  # noqa: S608 - its parts are constants
_BY_ID = SqlQuery(_SELECT + " AND v.id = CAST(:id AS uuid)")
_OF_MEMBER = SqlQuery(
    _SELECT
    + """
    AND v.member_id = CAST(:member_id AS uuid) AND v.id < CAST(:before AS uuid)
    AND v.state = ANY(CAST(:states AS text[]))
    ORDER BY v.id DESC LIMIT CAST(:rows_max AS bigint)
    """
)
_EXPIRING = SqlQuery(
    _SELECT
    + """
    AND v.member_id = CAST(:member_id AS uuid) AND v.valid_until <= CAST(:until AS timestamptz)
    AND v.state IN ('ISSUED', 'PART_USED', 'LOCKED')
    ORDER BY v.valid_until, v.id LIMIT CAST(:rows_max AS bigint)
    """
)
_LAST = UUID(int=2**128 - 1)


async def voucher_by_id(reader: Reader, programme_id: UUID, voucher_id: UUID) -> VoucherView | None:
    """The programme's voucher; None where it has none of that id."""
    row = await reader.row(_BY_ID, {"programme_id": programme_id, "id": voucher_id})
    return None if row is None else _view(row)


async def vouchers_of_member(
    reader: Reader,
    programme_id: UUID,
    member_id: UUID,
    *,
    states: Collection[VoucherState] = tuple(VoucherState),
    first: int,
    before: UUID | None = None,
) -> list[VoucherView]:
    """The member's vouchers in one of the states, newest first, at most `first` (up to 101), older than `before`."""
    asked = {
        "programme_id": programme_id,
        "member_id": member_id,
        "states": [str(state) for state in states],
        "before": before or _LAST,
        "rows_max": min(max(first, 1), PAGE_ROWS_MAX),
    }
    return [_view(row) for row in await reader.rows(_OF_MEMBER, asked)]


async def expiring_vouchers(
    reader: Reader, programme_id: UUID, member_id: UUID, *, until: datetime, first: int
) -> list[VoucherView]:
    """What of the member's vouchers can still be used and ends by `until`, the next to end first, at most `first`."""
    asked = {"programme_id": programme_id, "member_id": member_id, "until": until}
    rows = await reader.rows(_EXPIRING, {**asked, "rows_max": min(max(first, 1), PAGE_ROWS_MAX)})
    return [_view(row) for row in rows]


def _view(row: Record) -> VoucherView:
    return VoucherView(
        id=row["id"],
        member_id=row["member_id"],
        template_id=row["template_id"],
        template=row["template"],
        kind=row["kind"],
        number=row["number"],
        body=row["body"],
        terms=row["terms"],
        terms_at=row["terms_at"],
        state=VoucherState(row["state"]),
        units=row["units"],
        units_left=row["units_left"],
        issued_at=row["issued_at"],
        valid_from=row["valid_from"],
        valid_until=or_none(row["valid_until"]),
        locked_until=row["locked_until"],
        ended_at=row["ended_at"],
        source_voucher_id=row["source_voucher_id"],
        code=SealedCode(row["code_hash"], row["code_sealed"]),
    )
