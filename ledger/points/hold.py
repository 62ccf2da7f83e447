"""Holds: points set aside by the member for a merchant or the bank, with a deadline (semantics 4.6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from ledger.book.entry import DrawKind
from ledger.book.hold import Hold, HoldState
from ledger.book.lot import draw_lots
from ledger.book.refusal import refuse_input
from ledger.book.units import HoldId
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import HOLDS, LOTS
from ledger.engine.state import State
from ledger.members.membership import require_not_frozen
from ledger.points.bounds import refresh_after_draws
from ledger.points.command import PointsCommand, receipt, require_amount, require_available
from ledger.points.receipt import Receipt, lot_use

TTL_DEFAULT_S = 15 * 60
TTL_MAX_S = 31 * 24 * 60 * 60


@command_class
class HoldPoints(PointsCommand):
    """Sets `amount` points aside for `ttl_seconds` (1 second to 31 days); for a merchant, or for the bank."""

    kind: ClassVar[str] = "hold"

    amount: int
    ttl_seconds: int = TTL_DEFAULT_S
    merchant_id: UUID | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "asset": self.asset,
            "amount": self.amount,
            "ttlSeconds": self.ttl_seconds,
            "merchantId": self.merchant_id,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none, or the time no second to 31 days."""
        require_amount(self.amount)
        if not 1 <= self.ttl_seconds <= TTL_MAX_S:
            refuse_input("ttlSeconds")

    def footprint(self) -> Sequence[Key]:
        """The wallet with its lots and holds."""
        return [self.wallet_key(), LOTS.key(self.ids.wallet), HOLDS.key(self.ids.wallet)]

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_wallet`, MEMBER_FROZEN, MERCHANT_CLOSED, POINTS_OWED,
        INSUFFICIENT_POINTS.
        """
        wallet = self.open_wallet(state, now, merchant_id=self.merchant_id)
        require_not_frozen(wallet.account.state)
        self.require_merchant_open(state, self.merchant_id)
        require_available(wallet, self.amount)
        draft = self.draft(state, now, self.amount, merchant_id=self.merchant_id)
        takes = draw_lots(wallet.lots, self.amount)
        for part in takes:
            draft.draw(part.lot, DrawKind.SET_ASIDE, part.amount)
        deadline = now + timedelta(seconds=self.ttl_seconds)
        draft.hold(wallet.account, self.amount)
        refresh_after_draws(wallet, draft)
        account = draft.account(wallet.account)
        draft.change(account, next_due_at=min(account.next_due_at, deadline))
        hold = Hold(
            HoldId(draft.entry.id), wallet.ids.wallet, self.amount, 0, deadline, HoldState.OPEN, self.merchant_id
        )
        state.add(HOLDS, hold)
        post(state, draft, self.actor)
        uses = [lot_use(part.lot.id, part.amount, part.lot.expires_at) for part in takes]
        return receipt(wallet, draft, uses, hold_id=hold.id, deadline=deadline)
