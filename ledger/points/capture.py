"""Capture and release: the two ways, besides lapsing, in which a hold ends (semantics 4.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from ledger.book.draft import Draft
from ledger.book.hold import Hold, HoldState
from ledger.book.lot import Lot
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import HoldId
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import DRAWS, HOLDS, HOLDS_BY_ID, LOTS
from ledger.engine.state import State
from ledger.partners.merchant import is_another_merchants
from ledger.points.bounds import move_inactivity, refresh_next_expiry
from ledger.points.command import UNKNOWN, PointsCommand, receipt, require_amount
from ledger.points.due import expire_dead, release_hold
from ledger.points.money import money_of, pay_merchant, rates_of, require_payable
from ledger.points.owner_query import owner_of_hold
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.spend import destination_of, take
from ledger.points.wallet import Wallet
from ledger.programme.rows import Rate, rate_at

_ENDED = {
    HoldState.CAPTURED: RefusalCode.HOLD_CAPTURED,
    HoldState.RELEASED: RefusalCode.HOLD_RELEASED,
}


@command_class
class HoldCommand(PointsCommand):
    """What capture and release share: the hold names the wallet."""

    hold_id: UUID

    async def find(self, reader: Reader) -> Self:
        """Whose hold it is."""
        owner = await owner_of_hold(reader, self.hold_id, self.actor.programme_id)
        return self if owner is None else replace(self, member_id=owner.member_id, asset=owner.asset)

    def footprint(self) -> Sequence[Key]:
        """The wallet with its lots and holds, and what the hold set aside."""
        wallet = self.ids.wallet
        children = [LOTS.key(wallet), HOLDS.key(wallet), HOLDS_BY_ID.key(self.hold_id), DRAWS.key(self.hold_id)]
        return [self.wallet_key(), *children]

    def open_hold(self, state: State, now: datetime) -> tuple[Wallet, Hold]:
        """The open hold. The codes of `find_hold` and of `open_wallet`, HOLD_CAPTURED, HOLD_RELEASED, HOLD_LAPSED."""
        self.find_hold(state)
        wallet = self.open_wallet(state, now)
        hold = self.find_hold(state)
        if hold.state == HoldState.LAPSED:
            raise Refusal(RefusalCode.HOLD_LAPSED, deadline=hold.deadline.isoformat())
        if hold.state != HoldState.OPEN:
            raise Refusal(_ENDED[HoldState(hold.state)])
        return wallet, hold

    def find_hold(self, state: State) -> Hold:
        """The hold as the batch leaves it so far. HOLD_NOT_FOUND, also where it is another's."""
        if self.member_id == UNKNOWN:
            raise Refusal(RefusalCode.HOLD_NOT_FOUND)
        open_holds = {hold.id: hold for hold in state.rows(HOLDS, self.ids.wallet)}
        hold = open_holds.get(HoldId(self.hold_id)) or state.find(HOLDS_BY_ID, self.hold_id)
        if hold is None or not self._is_callers(hold):
            raise Refusal(RefusalCode.HOLD_NOT_FOUND)
        return hold

    def _is_callers(self, hold: Hold) -> bool:
        """A merchant sees the holds opened for it, a member its own; the bank's services see all."""
        is_own = self.actor.kind != "member" or str(self.member_id) == self.actor.id
        return is_own and not is_another_merchants(self.actor, hold.merchant_id)


@command_class
class CaptureHold(HoldCommand):
    """Spends what a hold set aside, all of it or `amount`; the remainder returns to its lots at once."""

    kind: ClassVar[str] = "capture"

    amount: int | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"holdId": self.hold_id, "amount": self.amount, "reference": self.reference}

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        if self.amount is not None:
            require_amount(self.amount)

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_hold`, CAPTURE_EXCEEDS_HOLD, AMOUNT_TOO_LARGE. A frozen member's older
        holds are captured all the same (semantics 2.7).
        """
        wallet, hold = self.open_hold(state, now)
        amount = hold.amount if self.amount is None else self.amount
        if amount > hold.amount:
            raise Refusal(RefusalCode.CAPTURE_EXCEEDS_HOLD, held=hold.amount)
        rate = None if hold.merchant_id is None else rate_at(rates_of(wallet), now)
        if rate is not None:
            require_payable(amount, rate)
        return self._capture(wallet, hold, rate, amount, now)

    def _capture(self, wallet: Wallet, hold: Hold, rate: Rate | None, amount: int, now: datetime) -> Receipt:
        money = None if rate is None else money_of(amount, rate)
        draft = self.draft(
            wallet.state,
            now,
            amount,
            merchant_id=hold.merchant_id,
            original_entry_id=hold.id,
            money_minor=money,
            rate_id=None if rate is None else rate.id,
        )
        parts = release_hold(wallet, draft, hold, HoldState.CAPTURED, captured=amount)
        draft.move(wallet.account, destination_of(wallet, hold.merchant_id), amount)
        uses = _take_in_order(draft, parts, amount)
        if rate is not None and hold.merchant_id is not None:
            pay_merchant(wallet, draft, rate, hold.merchant_id, money or 0)
        move_inactivity(wallet, draft, now)
        refresh_next_expiry(wallet, draft)
        post(wallet.state, draft, self.actor)
        expire_dead(wallet, now)
        return receipt(wallet, draft, uses, hold_id=hold.id)


@command_class
class ReleaseHold(HoldCommand):
    """Gives back what a hold set aside."""

    kind: ClassVar[str] = "release"

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"holdId": self.hold_id, "reference": self.reference}

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_hold`; FORBIDDEN where a member would take back what it held for a merchant."""
        if self.actor.kind == "member" and self.find_hold(state).merchant_id is not None:
            raise Refusal(RefusalCode.FORBIDDEN)
        wallet, hold = self.open_hold(state, now)
        draft = self.draft(state, now, hold.amount, merchant_id=hold.merchant_id, original_entry_id=hold.id)
        parts = release_hold(wallet, draft, hold, HoldState.RELEASED, captured=0)
        post(state, draft, self.actor)
        expire_dead(wallet, now)
        return receipt(
            wallet, draft, [lot_use(lot.id, amount, lot.expires_at) for lot, amount in parts], hold_id=hold.id
        )


def _take_in_order(draft: Draft, parts: Sequence[tuple[Lot, int]], amount: int) -> list[LotUse]:
    uses: list[LotUse] = []
    left = amount
    for lot, part in parts:
        taken = min(part, left)
        if taken == 0:
            break
        uses.append(take(draft, lot, taken))
        left -= taken
    return uses
