"""Transfer: points go from one member to another, lot by lot, each keeping its expiry (semantics 4.9)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar, Self
from uuid import UUID

from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.lot import draw_lots
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import LotId
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import LOTS
from ledger.engine.state import State
from ledger.members.membership import require_not_closed, require_not_frozen
from ledger.points.bounds import bring_forward, refresh_next_expiry
from ledger.points.command import (
    PointsCommand,
    receipt,
    require_amount,
    require_available,
    require_room,
)
from ledger.points.due import expire_dead, settle_due
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.rows import TRANSFER_TOTALS, TransferTotal, transfer_total_id
from ledger.points.wallet import Wallet, due_keys
from ledger.programme.calendar import local_date

DAY, MONTH = "day", "month"


@command_class
class TransferPoints(PointsCommand):
    """Moves `amount` points from `member_id` to `to_member_id`, within the asset's limits per local day and month."""

    kind: ClassVar[str] = "transfer"

    to_member_id: UUID
    amount: int

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "to": self.to_member_id,
            "asset": self.asset,
            "amount": self.amount,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        require_amount(self.amount)

    def _receiving(self) -> Self:
        """The same command seen from the receiver's wallet."""
        return replace(self, member_id=self.to_member_id)

    def footprint(self) -> Sequence[Key]:
        """Both wallets, locked in id order; the sender's lots."""
        to = self._receiving()
        return [self.wallet_key(), LOTS.key(self.ids.wallet), to.new_wallet_key()]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due in both wallets."""
        return [*due_keys(state, self.ids, now), *due_keys(state, self._receiving().ids, now)]

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_wallet` for either member, MEMBER_FROZEN, TRANSFER_NOT_ALLOWED,
        TRANSFER_TO_SELF, TRANSFER_LIMIT_EXCEEDED, POINTS_OWED, INSUFFICIENT_POINTS, BALANCE_LIMIT_EXCEEDED.
        """
        sender, receiver = self._find_wallets(state)
        for wallet in (sender, receiver):
            require_not_closed(wallet.account.state)
            settle_due(wallet, now)
        require_not_frozen(sender.account.state)
        if not sender.asset.transfers_allowed:
            raise Refusal(RefusalCode.TRANSFER_NOT_ALLOWED)
        if self.member_id == self.to_member_id:
            raise Refusal(RefusalCode.TRANSFER_TO_SELF)
        totals = self._require_limits(sender, now)
        require_available(sender, self.amount)
        require_room(receiver.account, self.amount)
        draft = self.draft(state, now, self.amount)
        uses = self._move(sender, receiver, draft)
        for total in totals:
            _count(state, total, self.amount)
        post(state, draft, self.actor)
        expire_dead(receiver, now)
        return receipt(sender, draft, uses)

    def _find_wallets(self, state: State) -> tuple[Wallet, Wallet]:
        """Both wallets; that a member is unknown is said before that the asset is."""
        try:
            sender = self.find_wallet(state)
        except Refusal as refusal:
            if refusal.code == RefusalCode.ASSET_NOT_FOUND:
                self._receiving().find_wallet(state)
            raise
        return sender, self._receiving().find_wallet(state)

    def _require_limits(self, wallet: Wallet, now: datetime) -> list[TransferTotal]:
        """The totals of the local day and month before this transfer. TRANSFER_LIMIT_EXCEEDED."""
        today = local_date(now, wallet.programme.time_zone)
        limits = (
            (DAY, today, wallet.asset.transfer_day_max),
            (MONTH, today.replace(day=1), wallet.asset.transfer_month_max),
        )
        totals = [total_of(wallet, period, start) for period, start, _ in limits]
        for total, (period, _, limit) in zip(totals, limits, strict=True):
            if limit is not None and total.amount + self.amount > limit:
                raise Refusal(RefusalCode.TRANSFER_LIMIT_EXCEEDED, left=max(limit - total.amount, 0), period=period)
        return totals

    def _move(self, sender: Wallet, receiver: Wallet, draft: Draft) -> list[LotUse]:
        uses: list[LotUse] = []
        draft.move(sender.account, receiver.account, self.amount)
        for lot, amount in draw_lots(sender.lots, self.amount):
            draft.draw(lot, DrawKind.TAKE, amount)
            draft.grant(
                receiver.account,
                LotId(receiver.state.ids.new()),
                amount,
                expires_at=lot.expires_at,
                priority=lot.priority,
                purchased=lot.purchased,
                source_lot_id=lot.id,
            )
            bring_forward(receiver, draft, lot.expires_at)
            uses.append(lot_use(lot.id, amount, lot.expires_at))
        refresh_next_expiry(sender, draft)
        return uses


def total_of(wallet: Wallet, period: str, starts_on: date) -> TransferTotal:
    """What the wallet has sent in the period so far."""
    key = transfer_total_id(wallet.ids.wallet, period, starts_on)
    return wallet.state.find(TRANSFER_TOTALS, key) or TransferTotal(key, wallet.ids.wallet, period, starts_on, 0)


def _count(state: State, total: TransferTotal, amount: int) -> None:
    counted = total._replace(amount=total.amount + amount)
    if total.amount == 0:
        state.add(TRANSFER_TOTALS, counted)
    else:
        state.put(TRANSFER_TOTALS, counted)
