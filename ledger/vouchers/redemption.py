"""What is told of a redemption: the replies of redeem and reverse, kept under their keys for ever."""

from datetime import datetime
from uuid import UUID

from ledger.engine.reply import reply


@reply
class VoucherUse:
    """What one voucher gave.

    place:          its place among the vouchers presented, from 0
    discount_minor: what it took off the bill; 0 for goods, benefits and multipliers
    units:          what that cost the voucher: a use, or minor units of its value
    units_left:     what is left of it afterwards
    item:           the item of which a piece is handed out, where it exchanges goods
    """

    place: int
    redemption_id: UUID
    voucher_id: UUID
    template_id: UUID
    kind: str
    discount_minor: int
    units: int
    units_left: int
    item: str | None = None


@reply
class VoucherLeft:
    """A voucher that was left out because of those beside it, and stays as it was; `codes` say why."""

    place: int
    codes: tuple[str, ...]


@reply
class Redeemed:
    """A basket with the vouchers that were redeemed on it, all by one entry.

    discount_minor: of all of them · due_minor: what remains to be paid otherwise
    """

    entry_id: UUID
    merchant_id: UUID
    terminal_id: UUID | None
    basket_minor: int
    discount_minor: int
    due_minor: int
    redeemed_at: datetime
    applied: tuple[VoucherUse, ...]
    skipped: tuple[VoucherLeft, ...] = ()


@reply
class RedemptionReversed:
    """What came back. units and discount_minor: of this reversal · units_left: what of the redemption can still be reversed

    dead_units: what came back dead, because the voucher's validity was over or it had been voided
    """

    entry_id: UUID
    redemption_id: UUID
    original_entry_id: UUID
    voucher_id: UUID
    merchant_id: UUID
    units: int
    discount_minor: int
    units_left: int
    voucher_units_left: int
    dead_units: int
    reversed_at: datetime
