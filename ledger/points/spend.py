"""Spend: points go to a merchant, or back to the programme for a reward or a fee (semantics 4.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from ledger.book.account import Account, Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.lot import Lot, draw_lots
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import LOTS
from ledger.engine.state import State
from ledger.members.membership import require_not_closed, require_not_frozen
from ledger.partners.merchant import require_merchant
from ledger.points.bounds import move_inactivity, refresh_after_draws
from ledger.points.command import (
    UNKNOWN,
    PointsCommand,
    receipt,
    require_amount,
    require_available,
)
from ledger.points.due import settle_due
from ledger.points.money import money_of, pay_merchant, points_within, rates_of, require_payable
from ledger.points.owner_query import owner_of_code
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.rows import PAYMENT_CODES, PaymentCode
from ledger.points.wallet import Wallet
from ledger.programme.rows import Rate, rate_at


@command_class
class SpendPoints(PointsCommand):
    """Takes points of the member, in the order of semantics 2.3. Without a merchant: a reward or a fee.

    amount:     so many points; or instead
    due_minor:  a sum of money to pay at the rate in force, "up to" points_max points and what is available
    code_id:    the payment code that shows the member's consent; it tells whose wallet it is
    """

    kind: ClassVar[str] = "spend"

    amount: int | None = None
    due_minor: int | None = None
    points_max: int | None = None
    code_id: UUID | None = None
    merchant_id: UUID | None = None
    reason_code: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the member only where no code stands for it."""
        return {
            "member": "" if self.code_id else self.member_id,
            "paymentCode": self.code_id,
            "asset": self.asset if not self.code_id else "",
            "amount": self.amount,
            "dueMinor": self.due_minor,
            "pointsMax": self.points_max,
            "merchantId": self.merchant_id,
            "reasonCode": self.reason_code,
            "reference": self.reference,
        }

    @property
    def must_find(self) -> bool:
        """Only where a payment code tells whose wallet it is."""
        return self.code_id is not None

    async def find(self, reader: Reader) -> Self:
        """Whose wallet the payment code opens."""
        if self.code_id is None:
            return self
        owner = await owner_of_code(reader, self.code_id, self.actor.programme_id)
        return self if owner is None else replace(self, member_id=owner.member_id, asset=owner.asset)

    def footprint(self) -> Sequence[Key]:
        """The wallet with its lots, and the payment code."""
        keys = [self.wallet_key(), LOTS.key(self.ids.wallet)]
        if self.code_id is not None:
            keys.append(PAYMENT_CODES.key(self.code_id))
        return keys

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `find_wallet`, PAYMENT_CODE_INVALID, MEMBER_CLOSED, MEMBER_FROZEN,
        MERCHANT_CLOSED, RATE_NOT_FOUND, AMOUNT_TOO_SMALL, AMOUNT_TOO_LARGE, POINTS_OWED, INSUFFICIENT_POINTS.
        """
        if self.code_id is not None and self.member_id == UNKNOWN:
            if self.merchant_id is not None:
                require_merchant(state, self.merchant_id, self.actor.programme_id)
            raise Refusal(RefusalCode.PAYMENT_CODE_INVALID)
        wallet = self.find_wallet(state, merchant_id=self.merchant_id)
        code = self._require_code(state, now)
        member_state = wallet.account.state
        require_not_closed(member_state)
        require_not_frozen(member_state)
        self.require_merchant_open(state, self.merchant_id)
        settle_due(wallet, now)
        rate = None if self.merchant_id is None else rate_at(rates_of(wallet), now)
        amount = self._amount(wallet, rate, code)
        require_available(wallet, amount)
        return self._take(wallet, rate, amount, code, now)

    def require_input(self) -> None:
        """INVALID_INPUT where an amount is none, both or neither kind is named, money is due to nobody, or a maximum is
        named for points that are named themselves.
        """
        if (self.amount is None) == (self.due_minor is None):
            refuse_input("amount")
        named = (("amount", self.amount), ("dueMinor", self.due_minor), ("pointsMax", self.points_max))
        for field, amount in named:
            if amount is not None:
                require_amount(amount, field)
        if self.due_minor is not None and self.merchant_id is None:
            refuse_input("dueMinor")
        if self.due_minor is None and self.points_max is not None:
            refuse_input("pointsMax")

    def _require_code(self, state: State, now: datetime) -> PaymentCode | None:
        if self.code_id is None:
            return None
        code = state.find(PAYMENT_CODES, self.code_id)
        if code is None or code.entry_id is not None or code.expires_at <= now:
            raise Refusal(RefusalCode.PAYMENT_CODE_INVALID)
        return code

    def _amount(self, wallet: Wallet, rate: Rate | None, code: PaymentCode | None) -> int:
        """The points to take; of a sum of money as many as it, the maximum, the code and the wallet allow."""
        limit = code.amount_max if code is not None else None
        if self.due_minor is None:
            amount = self.amount or 0
            if limit is not None and amount > limit:
                raise Refusal(RefusalCode.AMOUNT_TOO_LARGE, limit=limit)
            if rate is not None:
                require_payable(amount, rate)
            return amount
        if rate is None:
            raise Refusal(RefusalCode.RATE_NOT_FOUND)
        bounds = [bound for bound in (limit, self.points_max) if bound is not None]
        wanted = min([points_within(self.due_minor, rate), *bounds])
        if money_of(wanted, rate) == 0:
            raise Refusal(RefusalCode.AMOUNT_TOO_SMALL)
        require_available(wallet, 1)
        amount = min(wanted, wallet.available())
        if money_of(amount, rate) == 0:
            raise Refusal(RefusalCode.INSUFFICIENT_POINTS, available=amount)
        return amount

    def _take(self, wallet: Wallet, rate: Rate | None, amount: int, code: PaymentCode | None, now: datetime) -> Receipt:
        money = None if rate is None else money_of(amount, rate)
        draft = self.draft(
            wallet.state,
            now,
            amount,
            merchant_id=self.merchant_id,
            reason_code=self.reason_code,
            money_minor=money,
            rate_id=None if rate is None else rate.id,
        )
        uses = take_points(wallet, draft, amount, self.merchant_id)
        if rate is not None and self.merchant_id is not None:
            pay_merchant(wallet, draft, rate, self.merchant_id, money or 0)
        if code is not None:
            wallet.state.put(PAYMENT_CODES, code._replace(entry_id=draft.entry.id))
        post(wallet.state, draft, self.actor)
        remaining = None if self.due_minor is None else self.due_minor - (money or 0)
        return receipt(wallet, draft, uses, remaining_due_minor=remaining)


def destination_of(wallet: Wallet, merchant_id: UUID | None) -> Account:
    """Where spent points go."""
    if merchant_id is None:
        return wallet.system_account(Role.REDEMPTION)
    return wallet.merchant_account(merchant_id)


def take_points(wallet: Wallet, draft: Draft, amount: int, merchant_id: UUID | None) -> list[LotUse]:
    """Draws `amount` from the lots and posts it to the merchant or the programme; the member was active."""
    draft.move(wallet.account, destination_of(wallet, merchant_id), amount)
    uses = [take(draft, lot, part) for lot, part in draw_lots(wallet.lots, amount)]
    move_inactivity(wallet, draft, draft.entry.posted_at)
    refresh_after_draws(wallet, draft)
    return uses


def take(draft: Draft, lot: Lot, amount: int) -> LotUse:
    """Takes so much of the lot."""
    draft.draw(lot, DrawKind.TAKE, amount)
    return lot_use(lot.id, amount, lot.expires_at)
