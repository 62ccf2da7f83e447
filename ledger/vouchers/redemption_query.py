"""Redemptions as they stand: by id, by the merchant's own reference or key, and page by page."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger.engine.command import Actor
from ledger.engine.reader import PAGE_ROWS_MAX, Reader
from ledger.engine.request import reference_id, request_id
from ledger.engine.sql_query import SqlQuery
from ledger.vouchers.redeem import REDEEM


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionView:
    """A redemption, with what of it was reversed since.

    reference: the merchant's own number of the sale, which all redemptions of one entry share
    """

    id: UUID
    entry_id: UUID
    voucher_id: UUID
    template_id: UUID
    member_id: UUID
    merchant_id: UUID
    terminal_id: UUID | None
    reference: str | None
    units: int
    discount_minor: int
    basket_minor: int
    local_day: date
    redeemed_at: datetime
    reversed_units: int
    reversed_minor: int
    reversed_at: datetime | None


_SELECT = """
    SELECT r.id, r.entry_id, r.voucher_id, r.template_id, r.member_id, r.merchant_id, r.terminal_id, e.reference, r.units,
           r.discount_minor, r.basket_minor, r.local_day, r.redeemed_at, r.reversed_units, r.reversed_minor, r.reversed_at
    FROM {book}.redemptions r JOIN {book}.journal_entries e ON e.id = r.entry_id
"""
_BY_ID = SqlQuery(_SELECT + " WHERE r.id = CAST(:id AS uuid) AND r.programme_id = CAST(:programme_id AS uuid)")
_BY_REQUEST = SqlQuery(
    _SELECT
    + """
    JOIN {book}.requests asked ON asked.entry_id = r.entry_id
    WHERE asked.id = CAST(:request_id AS bytea) AND r.programme_id = CAST(:programme_id AS uuid)
    ORDER BY r.id LIMIT 100
    """
)
_OF_VOUCHER = SqlQuery(
    _SELECT
    + """
    WHERE r.voucher_id = CAST(:voucher_id AS uuid) AND r.programme_id = CAST(:programme_id AS uuid)
      AND r.id < CAST(:before AS uuid)
    ORDER BY r.id DESC LIMIT CAST(:rows_max AS bigint)
    """
)
_OF_MERCHANT = SqlQuery(
    _SELECT
    + """
    WHERE r.merchant_id = CAST(:merchant_id AS uuid) AND r.programme_id = CAST(:programme_id AS uuid)
      AND r.id < CAST(:before AS uuid)
    ORDER BY r.id DESC LIMIT CAST(:rows_max AS bigint)
    """
)
_LAST = UUID(int=2**128 - 1)


async def redemption_by_id(reader: Reader, programme_id: UUID, redemption_id: UUID) -> RedemptionView | None:
    """The programme's redemption; None where it has none of that id."""
    row = await reader.row(_BY_ID, {"programme_id": programme_id, "id": redemption_id})
    return None if row is None else RedemptionView(**dict(row))


async def redemptions_by_reference(reader: Reader, actor: Actor, reference: str) -> list[RedemptionView]:
    """What the client redeemed under its own number of the sale, in the order of application; empty where nothing was."""
    return await _by_request(reader, actor, reference_id(actor.client, REDEEM, reference))


async def redemptions_by_key(reader: Reader, actor: Actor, key: str) -> list[RedemptionView]:
    """What the client redeemed under an idempotency key; empty where nothing was."""
    return await _by_request(reader, actor, request_id(actor.client, key))


async def _by_request(reader: Reader, actor: Actor, request: bytes) -> list[RedemptionView]:
    rows = await reader.rows(_BY_REQUEST, {"programme_id": actor.programme_id, "request_id": request})
    return [RedemptionView(**dict(row)) for row in rows]


async def redemptions_of_voucher(
    reader: Reader, programme_id: UUID, voucher_id: UUID, *, first: int, before: UUID | None = None
) -> list[RedemptionView]:
    """The voucher's redemptions, newest first, at most `first` (up to 101), older than the redemption `before`."""
    asked = {"programme_id": programme_id, "voucher_id": voucher_id, "before": before or _LAST}
    rows = await reader.rows(_OF_VOUCHER, {**asked, "rows_max": min(max(first, 1), PAGE_ROWS_MAX)})
    return [RedemptionView(**dict(row)) for row in rows]


async def redemptions_of_merchant(
    reader: Reader, programme_id: UUID, merchant_id: UUID, *, first: int, before: UUID | None = None
) -> list[RedemptionView]:
    """The merchant's redemptions, newest first, at most `first` (up to 101), older than the redemption `before`."""
    asked = {"programme_id": programme_id, "merchant_id": merchant_id, "before": before or _LAST}
    rows = await reader.rows(_OF_MERCHANT, {**asked, "rows_max": min(max(first, 1), PAGE_ROWS_MAX)})
    return [RedemptionView(**dict(row)) for row in rows]
