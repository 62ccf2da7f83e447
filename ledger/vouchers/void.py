"""Void: the bank takes a voucher back for good (semantics 5.4). What it cost in points is not returned by it."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.state import State
from ledger.vouchers.expire import ended, refresh_bounds
from ledger.vouchers.holding import Holding
from ledger.vouchers.owned import OwnedCommand, require_whole
from ledger.vouchers.receipt import VoucherReceipt, receipt
from ledger.vouchers.rows import VOUCHERS, Voucher
from ledger.vouchers.voucher import StoredState, lot_of


@command_class
class VoidVoucher(OwnedCommand):
    """What is left of the voucher is void. A lock of a merchant is respected until it is over.

    reason: free text, kept sealed
    """

    kind: ClassVar[str] = "voucher_void"

    reason_code: str
    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "voucherId": self.voucher_id,
            "reasonCode": self.reason_code,
            "reason": self.reason,
            "reference": self.reference,
        }

    def decide(self, state: State, now: datetime) -> VoucherReceipt:
        """Refused with VOUCHER_NOT_FOUND, VOUCHER_VOIDED, VOUCHER_REDEEMED, VOUCHER_LOCKED, VOUCHER_EXPIRED."""
        holding = self.holding(state, self.require_owner().member_id, now)
        voucher = self.voucher(holding)
        require_whole(voucher, now)
        draft = self.draft(holding, voucher, now, reason_code=self.reason_code)
        voided = void_within(draft, holding, voucher)
        post(state, draft, self.actor, private=self.reason)
        refresh_bounds(holding)
        return receipt(holding.template, draft, voided)


def void_within(draft: Draft, holding: Holding, voucher: Voucher) -> Voucher:
    """Takes all that is left of the voucher, as of when the draft takes effect; the row afterwards."""
    draft.move(holding.account, holding.system_account(Role.VOIDED), voucher.units_left)
    draft.draw(lot_of(holding.state, voucher), DrawKind.TAKE, voucher.units_left)
    voided = ended(voucher, StoredState.VOIDED, draft.entry.effective_at)
    holding.state.put(VOUCHERS, voided)
    return voided
