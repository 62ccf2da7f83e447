"""Adjust: staff correct a balance by hand, with a reason; above a limit a second person decides (semantics 4.10)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.lot import draw_lots
from ledger.book.refusal import Refusal, RefusalCode
from ledger.control.approval import request_approval
from ledger.control.waiting import MayWait
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import LOTS
from ledger.engine.state import State
from ledger.points.bounds import refresh_next_expiry
from ledger.points.command import PointsCommand, receipt, require_amount, require_room
from ledger.points.earn import expire_on_arrival, grant_repaying, require_effective
from ledger.points.receipt import LotUse, Receipt, or_none
from ledger.points.spend import take
from ledger.points.wallet import Wallet
from ledger.programme.calendar import local_date
from ledger.programme.expiry import expires_at
from ledger.programme.rows import ADJUSTMENT_LIMITS


@command_class
class AdjustPoints(MayWait, PointsCommand):
    """Adds or takes `amount` points (signed) for a coded reason.

    reason:      free text, kept sealed
    approval_id: set only by the approval that runs the adjustment
    """

    kind: ClassVar[str] = "adjust"

    amount: int
    reason_code: str
    reason: str | None = None
    effective_at: datetime | None = None
    approval_id: UUID | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "asset": self.asset,
            "amount": self.amount,
            "reasonCode": self.reason_code,
            "reason": self.reason,
            "effectiveAt": self.effective_at,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none, up or down."""
        require_amount(abs(self.amount))

    def footprint(self) -> Sequence[Key]:
        """The wallet with its lots, and the limits."""
        return [self.new_wallet_key(), LOTS.key(self.ids.wallet)]

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_wallet`, EFFECTIVE_IN_FUTURE, PERIOD_CLOSED,
        INSUFFICIENT_POINTS, BALANCE_LIMIT_EXCEEDED. Above the actor's limit nothing is posted: an approval waits.
        """
        wallet = self.open_wallet(state, now)
        effective_at = require_effective(wallet, self.effective_at, now)
        if self.amount > 0:
            require_room(wallet.account, self.amount)
        elif -self.amount > wallet.account.posted - wallet.account.held:
            raise Refusal(RefusalCode.INSUFFICIENT_POINTS, available=wallet.account.posted - wallet.account.held)
        if self.approval_id is None and abs(self.amount) > self._limit(state):
            return self._ask(wallet, effective_at, now)
        draft = self.draft(state, now, abs(self.amount), effective_at=effective_at, reason_code=self.reason_code)
        uses, expired = self._add(wallet, draft, now) if self.amount > 0 else (self._take(wallet, draft), 0)
        post(state, draft, self.actor, private=self.reason)
        return receipt(wallet, draft, uses, expired=expired, approval_id=self.approval_id)

    def _limit(self, state: State) -> int:
        """What such an actor may adjust alone; nothing where no limit was set for it."""
        limits = state.rows(ADJUSTMENT_LIMITS, self.ids.asset_id)
        return next((limit.amount for limit in limits if limit.actor_kind == self.actor.kind), 0)

    def _add(self, wallet: Wallet, draft: Draft, now: datetime) -> tuple[list[LotUse], int]:
        zone = wallet.programme.time_zone
        death = expires_at(wallet.asset.expiry, local_date(draft.entry.effective_at, zone), zone)
        granted = grant_repaying(wallet, draft, self.amount, death)
        return ([], 0) if granted is None else ([granted], expire_on_arrival(wallet, draft, granted, now))

    def _take(self, wallet: Wallet, draft: Draft) -> list[LotUse]:
        draft.move(wallet.account, wallet.system_account(Role.ISSUANCE), -self.amount)
        uses = [take(draft, part.lot, part.amount) for part in draw_lots(wallet.lots, -self.amount)]
        refresh_next_expiry(wallet, draft)
        return uses

    def _ask(self, wallet: Wallet, effective_at: datetime, now: datetime) -> Receipt:
        payload: dict[str, str | int | None] = {
            "memberId": str(self.member_id),
            "asset": self.asset,
            "amount": self.amount,
            "reasonCode": self.reason_code,
            "reference": self.reference,
            "effectiveAt": None if self.effective_at is None else self.effective_at.isoformat(),
        }
        approval_id = request_approval(
            wallet.state, actor=self.actor, kind=self.kind, payload=payload, now=now, reason=self.reason
        )
        account = wallet.account
        return Receipt(
            entry_id=None,
            kind=self.kind,
            member_id=self.member_id,
            asset_id=wallet.asset.id,
            amount=abs(self.amount),
            effective_at=effective_at,
            posted_at=now,
            posted=account.posted,
            held=account.held,
            available=wallet.available(),
            owed=wallet.owed,
            next_expiry_at=or_none(account.next_expiry_at),
            approval_id=approval_id,
        )
