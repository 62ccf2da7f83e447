"""Receipts of what gives, moves or ends a voucher. The code is never in one: its owner asks for it."""

from datetime import datetime
from uuid import UUID

from ledger.book.draft import Draft
from ledger.engine.reply import reply
from ledger.points.receipt import or_none
from ledger.vouchers.rows import Template, Voucher
from ledger.vouchers.voucher import state_at


@reply
class VoucherReceipt:
    """What an accepted command did to one voucher, and the voucher after it.

    units, units_left: uses, or minor units of stored value
    valid_until:       None = for ever
    points:            what a claim cost; points_available is what the member has left then
    source_voucher_id: the voucher that was given away for this one
    """

    entry_id: UUID
    kind: str
    voucher_id: UUID
    member_id: UUID
    template_id: UUID
    template: str
    state: str
    units: int
    units_left: int
    valid_from: datetime
    valid_until: datetime | None
    posted_at: datetime
    points: int = 0
    points_available: int | None = None
    source_voucher_id: UUID | None = None


def receipt(template: Template, draft: Draft, voucher: Voucher, **more: object) -> VoucherReceipt:
    """The receipt of a posted draft; `more` are further fields of VoucherReceipt."""
    entry = draft.entry
    return VoucherReceipt(
        entry_id=entry.id,
        kind=entry.kind,
        voucher_id=voucher.id,
        member_id=voucher.member_id,
        template_id=template.id,
        template=template.code,
        state=state_at(voucher, entry.posted_at),
        units=voucher.units,
        units_left=voucher.units_left,
        valid_from=voucher.valid_from,
        valid_until=or_none(voucher.valid_until),
        posted_at=entry.posted_at,
        source_voucher_id=voucher.source_voucher_id,
        **more,  # type: ignore[arg-type]
    )
