"""Spend: points go to a merchant, or back to the programme for a reward or a fee (semantics 4.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.lot import Lot, draw_lots
from ledger.book.units import NEVER
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import LOTS
from ledger.engine.state import State
from ledger.points.command import PointsCommand, receipt, require_amount, require_available, require_not_frozen
from ledger.points.earn import move_inactivity
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.wallet import Wallet
from ledger.programme.calendar import local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPoints(PointsCommand):
    """Takes `amount` points of the member, in the order of semantics 2.3. Without a merchant: reward or fee."""

    kind: ClassVar[str] = "spend"

    amount: int
    merchant_id: UUID | None = None
    reason_code: str | None = None

    def fields(self) -> Mapping[str, str]:
        """Everything the caller named."""
        return {
            "memberId": str(self.member_id), "asset": self.asset, "amount": str(self.amount),
            "merchantId": str(self.merchant_id), "reasonCode": str(self.reason_code),
            "reference": str(self.reference),
        }

    def footprint(self) -> Sequence[Key]:
        """The wallet with its lots, and where the points go."""
        keys = [*self.wallet_keys(), LOTS.key(self.ids.wallet)]
        if self.merchant_id is None:
            return [*keys, self.system_key(Role.REDEMPTION)]
        return [*keys, *self.merchant_keys(self.merchant_id)]

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with INVALID_INPUT, the codes of `open_wallet`, MERCHANT_NOT_FOUND, MEMBER_FROZEN, POINTS_OWED,
        INSUFFICIENT_POINTS."""
        require_amount(self.amount)
        wallet = self.open_wallet(state, now)
        if self.merchant_id is not None:
            self.require_merchant(state, self.merchant_id)
        require_not_frozen(wallet.account)
        require_available(wallet, self.amount)
        draft = self.draft(
            state, now, self.amount, merchant_id=self.merchant_id, reason_code=self.reason_code
        )
        uses = take_points(wallet, draft, self.amount, self.merchant_id)
        post(state, draft, self.actor)
        return receipt(wallet, draft, uses)


def take_points(wallet: Wallet, draft: Draft, amount: int, merchant_id: UUID | None) -> list[LotUse]:
    """Draws `amount` from the lots and posts it to the merchant or the programme; the member was active."""
    destination = (
        wallet.system_account(Role.REDEMPTION) if merchant_id is None else wallet.merchant_account(merchant_id)
    )
    draft.move(wallet.account, destination, amount)
    uses = [_take(draft, take.lot, take.amount) for take in draw_lots(wallet.lots, amount)]
    move_inactivity(wallet, draft, local_date(draft.entry.posted_at, wallet.programme.time_zone))
    refresh_next_expiry(wallet, draft)
    return uses


def _take(draft: Draft, lot: Lot, amount: int) -> LotUse:
    draft.draw(lot, DrawKind.TAKE, amount)
    return lot_use(lot.id, amount, lot.expires_at)


def refresh_next_expiry(wallet: Wallet, draft: Draft) -> None:
    """Makes `next_expiry_at` exact after draws; the bound `next_due_at` stays: too early is harmless."""
    account = draft.account(wallet.account)
    if account.inactive_at is not None:
        return
    expiry = min((lot.expires_at for lot in map(draft.lot, wallet.lots) if lot.remaining > 0), default=NEVER)
    if expiry != account.next_expiry_at:
        draft.accounts[account.id] = account._replace(next_expiry_at=expiry)
