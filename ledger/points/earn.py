"""Earn: a lot under the programme's expiry policy, at once or pending (semantics 4.1 to 4.4)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.lot import dies_at
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import NEVER, LotId
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import COMPANIONS, LOTS
from ledger.engine.state import State
from ledger.points.bounds import bring_forward, move_inactivity, refresh_next_expiry
from ledger.points.command import PointsCommand, receipt, require_amount, require_room
from ledger.points.due import move_expired, repay
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.wallet import Wallet
from ledger.programme.calendar import LAST_START, end_of, first_instant, local_date
from ledger.programme.expiry import expires_at, parse_expiry
from ledger.programme.rows import ASSETS


@command_class
class EarnPoints(PointsCommand):
    """Issues `amount` points to the member.

    effective_at:  when they were earned, not in the future and not in a closed period; default: now
    expires_on:    the local date through which they are good, instead of the policy's
    pending_until: the local date on which they activate; pending: until somebody confirms
    sale_minor:    the amount of the sale, which makes the earn refundable in parts (semantics 4.8)
    """

    kind: ClassVar[str] = "earn"

    amount: int
    effective_at: datetime | None = None
    expires_on: date | None = None
    pending: bool = False
    pending_until: date | None = None
    purchased: bool = False
    sale_minor: int | None = None
    merchant_id: UUID | None = None
    reason_code: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "asset": self.asset,
            "amount": self.amount,
            "effectiveAt": self.effective_at,
            "expiresOn": self.expires_on,
            "pending": self.pending or None,
            "pendingUntil": self.pending_until,
            "purchased": self.purchased or None,
            "saleMinor": self.sale_minor,
            "merchantId": self.merchant_id,
            "reasonCode": self.reason_code,
            "reference": self.reference,
        }

    @property
    def is_pending(self) -> bool:
        """Whether the points wait for a date or a confirmation."""
        return self.pending or self.pending_until is not None

    def require_input(self) -> None:
        """INVALID_INPUT where an amount is none."""
        require_amount(self.amount)
        if self.sale_minor is not None:
            require_amount(self.sale_minor, "saleMinor")

    def footprint(self) -> Sequence[Key]:
        """The wallet, and the pending account where it is one's."""
        wallet = self.new_wallet_key()
        if not self.is_pending:
            return [wallet]
        return [wallet, COMPANIONS.key(self.ids.pending, create=self.new_account(Role.PENDING))]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due; the lots too where earning moves the date of all of them."""
        keys = PointsCommand.further(self, state, now)
        moves = any(parse_expiry(asset.expiry).by_inactivity for asset in state.peek(ASSETS, self.ids.asset_id))
        return [*keys, LOTS.key(self.ids.wallet)] if moves else keys

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_wallet`, MERCHANT_CLOSED, EFFECTIVE_IN_FUTURE, PERIOD_CLOSED,
        EXPIRY_INVALID, BALANCE_LIMIT_EXCEEDED.
        """
        wallet = self.open_wallet(state, now, merchant_id=self.merchant_id)
        self.require_merchant_open(state, self.merchant_id)
        effective_at = require_effective(wallet, self.effective_at, now)
        start = local_date(effective_at, wallet.programme.time_zone)
        self._require_dates(start, wallet.programme.time_zone, now)
        require_room(wallet.pending_account if self.is_pending else wallet.account, self.amount)
        draft = self.draft(
            state,
            now,
            self.amount,
            effective_at=effective_at,
            merchant_id=self.merchant_id,
            reason_code=self.reason_code,
            sale_minor=self.sale_minor,
        )
        if self.is_pending:
            return self._earn_pending(wallet, draft)
        return self._earn_now(wallet, draft, start, now)

    def _earn_now(self, wallet: Wallet, draft: Draft, start: date, now: datetime) -> Receipt:
        death = self._death(wallet, start)
        move_inactivity(wallet, draft, draft.entry.effective_at)
        granted = grant_repaying(wallet, draft, self.amount, death, purchased=self.purchased)
        expired = 0 if granted is None else expire_on_arrival(wallet, draft, granted, now)
        post(wallet.state, draft, self.actor)
        return receipt(wallet, draft, () if granted is None else (granted,), expired=expired)

    def _death(self, wallet: Wallet, start: date) -> datetime:
        if self.expires_on is None:
            return expires_at(wallet.asset.expiry, start, wallet.programme.time_zone)
        return end_of(self.expires_on, wallet.programme.time_zone)

    def _require_dates(self, start: date, zone: str, now: datetime) -> None:
        """EXPIRY_INVALID where the points would activate in the past, or never, or be good until before they are."""
        if self.pending_until is not None and not local_date(now, zone) < self.pending_until <= LAST_START:
            raise Refusal(RefusalCode.EXPIRY_INVALID)
        if self.expires_on is not None and not (self.pending_until or start) <= self.expires_on < NEVER.date():
            raise Refusal(RefusalCode.EXPIRY_INVALID)

    def _earn_pending(self, wallet: Wallet, draft: Draft) -> Receipt:
        """The points wait in the pending account; their life starts at activation (semantics 4.4)."""
        zone, until, pending = wallet.programme.time_zone, self.pending_until, wallet.pending_account
        activates_at = None if until is None else first_instant(until, zone)
        draft.move(wallet.system_account(Role.ISSUANCE), pending, self.amount)
        lot = draft.grant(
            pending,
            LotId(wallet.state.ids.new()),
            self.amount,
            priority=wallet.asset.priority,
            purchased=self.purchased,
            activates_at=activates_at,
            expiry=self._waiting_policy(wallet.asset.expiry),
        )
        account = wallet.account
        due = account.next_due_at if activates_at is None else min(account.next_due_at, activates_at)
        draft.change(account, next_due_at=due)
        post(wallet.state, draft, self.actor)
        return receipt(wallet, draft, (lot_use(lot.id, lot.granted, lot.expires_at),))

    def _waiting_policy(self, expiry: str) -> str:
        """What pending points live by: today's policy. Beside an end of their own it tells when their account dies."""
        if self.expires_on is None:
            return expiry
        return f"on {self.expires_on}, {expiry}" if parse_expiry(expiry).by_inactivity else f"on {self.expires_on}"


def require_effective(wallet: Wallet, effective_at: datetime | None, now: datetime) -> datetime:
    """The effective time, `now` by default. EFFECTIVE_IN_FUTURE, PERIOD_CLOSED (semantics 2.4)."""
    if effective_at is None:
        return now
    if effective_at > now:
        raise Refusal(RefusalCode.EFFECTIVE_IN_FUTURE)
    if effective_at < wallet.programme.open_from:
        raise Refusal(RefusalCode.PERIOD_CLOSED, open_from=wallet.programme.open_from.isoformat())
    return effective_at


def grant_repaying(
    wallet: Wallet, draft: Draft, amount: int, death: datetime, *, purchased: bool = False
) -> LotUse | None:
    """Issues `amount`: what is owed is repaid first, the rest becomes a lot; None where nothing was left."""
    issuance = wallet.system_account(Role.ISSUANCE)
    rest = amount - repay(wallet, draft, issuance, amount)
    if rest == 0:
        return None
    account = wallet.account
    draft.move(issuance, account, rest)
    lot = draft.grant(
        account,
        LotId(wallet.state.ids.new()),
        rest,
        expires_at=death,
        priority=wallet.asset.priority,
        purchased=purchased,
    )
    bring_forward(wallet, draft, death)
    return lot_use(lot.id, rest, death)


def expire_on_arrival(wallet: Wallet, draft: Draft, granted: LotUse, now: datetime) -> int:
    """Expires in the same entry what arrived dead (semantics 2.4); returns the points."""
    lot = draft.new_lots[LotId(granted.lot_id)]
    if dies_at(lot, draft.account(wallet.account)) > now:
        return 0
    expired = move_expired(wallet, draft, [lot])
    refresh_next_expiry(wallet, draft)
    return expired
