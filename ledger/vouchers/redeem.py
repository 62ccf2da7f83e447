"""Redeem: vouchers are used at a till, one or several on one basket, all of them by one entry (semantics 5.4 to 5.8).

However many tills race, a voucher is used as often as it may be: the member's account is locked, and what is left of the
voucher is read under that lock.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar, Final
from uuid import UUID

from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.state import State
from ledger.programme.calendar import local_date
from ledger.vouchers.basket import Basket
from ledger.vouchers.counter import CounterCommand
from ledger.vouchers.counts import Purpose, count_up
from ledger.vouchers.holding import receivable
from ledger.vouchers.lock import forward, unlocked
from ledger.vouchers.redemption import Redeemed, VoucherLeft, VoucherUse
from ledger.vouchers.rows import REDEMPTIONS, VOUCHERS, Redemption, Voucher
from ledger.vouchers.stacking import Applied, Skipped, Stack, stack
from ledger.vouchers.validity import Shown, Till
from ledger.vouchers.voucher import StoredState, lot_of

REDEEM: Final = "redeem"


@command_class
class RedeemVouchers(CounterCommand[Redeemed]):
    """Uses the vouchers on the basket. Those that only the others keep off are left out and told; one that would not
    apply by itself refuses the whole.
    """

    kind: ClassVar[str] = REDEEM
    reply: ClassVar[type] = Redeemed

    basket: Basket

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        basket = self.basket
        items = [(each.item, each.price_minor, each.quantity) for each in basket.items] if basket.items else None
        return {**CounterCommand.fields(self), "basketMinor": basket.amount_minor, "items": items}

    def require_input(self) -> None:
        """INVALID_INPUT as of the vouchers presented, and where the basket is malformed."""
        CounterCommand.require_input(self)
        self.basket.require_input()

    def decide(self, state: State, now: datetime) -> Redeemed:
        """Refused with MERCHANT_NOT_FOUND, TERMINAL_NOT_FOUND, VOUCHER_NOT_FOUND, MEMBER_CLOSED, MEMBER_FROZEN,
        MERCHANT_CLOSED, TERMINAL_CLOSED, VOUCHER_VOIDED, VOUCHER_REDEEMED, VOUCHER_LOCKED, VOUCHER_EXPIRED,
        VOUCHER_NOT_YET_VALID, DYNAMIC_CODE_REQUIRED, LOCK_TOKEN_REQUIRED, LOCK_EXPIRED, SCENE_NOT_ACCEPTED,
        LIMIT_REACHED, MINIMUM_SPEND, INSUFFICIENT_VALUE, NOTHING_TO_REDEEM, AMOUNT_TOO_LARGE.
        """
        till = self.till(state)
        vouchers = self.shown(state, till, now)
        self._require_known(vouchers)
        stacked = stack(vouchers, self.basket, till, now)
        self._require_good(stacked.skipped)
        return self._redeem(state, till, stacked, now)

    def _require_known(self, vouchers: Sequence[Shown]) -> None:
        if len(vouchers) < len(self.vouchers):
            known = {shown.place for shown in vouchers}
            unknown = min(place for place in range(len(self.vouchers)) if place not in known)
            raise self._refusal(Refusal(RefusalCode.VOUCHER_NOT_FOUND), unknown)

    def _require_good(self, skipped: Sequence[Skipped]) -> None:
        bad = [each for each in skipped if each.alone]
        if bad:
            first = min(bad, key=lambda each: each.shown.place)
            raise self._refusal(first.alone[0], first.shown.place)

    def _refusal(self, reason: Refusal, place: int) -> Refusal:
        """The reason, with the place of its voucher where there are several."""
        return Refusal(reason.code, **reason.facts, failed_index=place) if len(self.vouchers) > 1 else reason

    def _redeem(self, state: State, till: Till, stacked: Stack, now: datetime) -> Redeemed:
        day = local_date(now, self.programme(state).time_zone)
        assets = {each.shown.account.asset_id for each in stacked.applied}
        members = {each.shown.account.holder_id for each in stacked.applied}
        draft = self.new_draft(
            state,
            now,
            sum([each.offer.units for each in stacked.applied]),
            asset_id=assets.pop() if len(assets) == 1 else None,
            member_id=members.pop() if len(members) == 1 else None,
            merchant_id=self.merchant_id,
        )
        uses = tuple([self._use(state, draft, each, day) for each in stacked.applied])
        post(state, draft, self.actor)
        return Redeemed(
            entry_id=draft.entry.id,
            merchant_id=till.merchant.id,
            terminal_id=self.terminal_id,
            basket_minor=self.basket.amount_minor,
            discount_minor=self.basket.amount_minor - stacked.bill.left_minor,
            due_minor=stacked.bill.left_minor,
            redeemed_at=now,
            applied=uses,
            skipped=tuple([left(each) for each in sorted(stacked.skipped, key=lambda each: each.shown.place)]),
        )

    def _use(self, state: State, draft: Draft, applied: Applied, day: date) -> VoucherUse:
        """The posting, the draw and the rows of one voucher."""
        shown, offer, now = applied.shown, applied.offer, draft.entry.posted_at
        account = shown.account
        draft.move(account, receivable(account, self.merchant_id), offer.units)
        draft.draw(lot_of(state, shown.voucher), DrawKind.TAKE, offer.units)
        voucher = used(shown.voucher, offer.units, now)
        state.put(VOUCHERS, voucher)
        draft.accounts[account.id] = forward(draft.account(account), voucher)
        if shown.used is not None:
            count_up(state, voucher.member_id, voucher.template_id, Purpose.USE, day)
        redemption = self._redemption(state.ids.new(), draft, applied, day)
        state.add(REDEMPTIONS, redemption)
        return VoucherUse(
            place=shown.place,
            redemption_id=redemption.id,
            voucher_id=voucher.id,
            template_id=voucher.template_id,
            kind=shown.body.kind,
            discount_minor=offer.discount_minor,
            units=offer.units,
            units_left=voucher.units_left,
            item=offer.item,
        )

    def _redemption(self, id_: UUID, draft: Draft, applied: Applied, day: date) -> Redemption:
        voucher, offer = applied.shown.voucher, applied.offer
        row = (
            id_,
            voucher.programme_id,
            draft.entry.id,
            voucher.id,
            voucher.template_id,
            voucher.account_id,
            voucher.member_id,
            self.merchant_id,
            self.terminal_id,
            offer.units,
            offer.discount_minor,
            self.basket.amount_minor,
            day,
            draft.entry.posted_at,
            0,
            0,
            None,
        )
        return tuple.__new__(Redemption, row)  # as the rows of `entry.py`


def used(voucher: Voucher, units: int, now: datetime) -> Voucher:
    """The row after a use. Its lock is used up with it; the entry tells of both."""
    left = voucher.units_left - units
    state = StoredState.LIVE if left else StoredState.REDEEMED
    return unlocked(voucher, now).with_left(state, left, None if left else now)


def left(skipped: Skipped) -> VoucherLeft:
    """A voucher left out, as it is told."""
    return VoucherLeft(place=skipped.shown.place, codes=tuple(reason.code for reason in skipped.reasons))
