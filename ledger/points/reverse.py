"""Reverse: a spend or a capture is undone, in whole or in parts, into the lots it drew from (semantics 4.7)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from ledger.book.account import Account, AccountState, Role
from ledger.book.draft import Draft
from ledger.book.entry import Draw, DrawKind, Entry
from ledger.book.lot import Lot, dies_at
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import LotId
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelves import DRAWS
from ledger.engine.state import State
from ledger.points.bounds import bring_forward, live_until, refresh_next_expiry
from ledger.points.command import receipt, require_amount, require_room
from ledger.points.due import move_expired, repay, settle_due
from ledger.points.entry_command import EntryCommand
from ledger.points.money import money_of, rate_of, take_back
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.spend import destination_of
from ledger.points.wallet import Wallet
from ledger.programme.calendar import end_of, local_date

REVERSIBLE = ("spend", "capture")


@command_class
class ReverseEntry(EntryCommand):
    """Gives back `amount` points of a spend or capture, or all that is left of it."""

    kind: ClassVar[str] = "reverse"

    amount: int | None = None
    reason_code: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "entryId": self.entry_id,
            "amount": self.amount,
            "reasonCode": self.reason_code,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        if self.amount is not None:
            require_amount(self.amount)

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with ENTRY_NOT_FOUND, NOT_REVERSIBLE, REVERSAL_WINDOW_CLOSED, ALREADY_REVERSED,
        REVERSAL_EXCEEDS_ORIGINAL, BALANCE_LIMIT_EXCEEDED.
        """
        entry = self.require_entry(state)
        if entry.kind not in REVERSIBLE:
            raise Refusal(RefusalCode.NOT_REVERSIBLE)
        wallet = self.find_wallet(state)
        settle_due(wallet, now)
        until = entry.posted_at + timedelta(days=wallet.asset.reversal_days)
        if now >= until:
            raise Refusal(RefusalCode.REVERSAL_WINDOW_CLOSED, reversible_until=until.isoformat())
        before = sum(earlier.amount for earlier in self.undone(state, self.kind))
        amount = self._amount(entry.amount - before)
        if wallet.account.state != AccountState.CLOSED:
            require_room(wallet.account, amount - min(wallet.owed, amount))
        return self._reverse(wallet, entry, before, amount, now)

    def _amount(self, left: int) -> int:
        if left == 0:
            raise Refusal(RefusalCode.ALREADY_REVERSED)
        if self.amount is not None and self.amount > left:
            raise Refusal(RefusalCode.REVERSAL_EXCEEDS_ORIGINAL, reversible=left)
        return left if self.amount is None else self.amount

    def _reverse(self, wallet: Wallet, entry: Entry, before: int, amount: int, now: datetime) -> Receipt:
        rate = None if entry.rate_id is None else rate_of(wallet, entry.rate_id)
        money = None if rate is None else money_of(before + amount, rate) - money_of(before, rate)
        draft = self.draft(
            wallet.state,
            now,
            amount,
            merchant_id=entry.merchant_id,
            original_entry_id=entry.id,
            reason_code=self.reason_code,
            money_minor=money,
            rate_id=entry.rate_id,
        )
        source = destination_of(wallet, entry.merchant_id)
        if wallet.account.state == AccountState.CLOSED:
            draft.move(source, wallet.system_account(Role.UNCLAIMED), amount)
            uses: list[LotUse] = []
        else:
            uses = give_back(wallet, draft, source, entry, before, amount)
        if rate is not None and entry.merchant_id is not None:
            take_back(wallet, draft, rate, entry.merchant_id, money or 0)
        expired = sum(draw.amount for draw in draft.draws if draw.kind == DrawKind.TAKE)
        post(wallet.state, draft, self.actor)
        return receipt(wallet, draft, uses, expired=expired)


def give_back(wallet: Wallet, draft: Draft, source: Account, entry: Entry, before: int, amount: int) -> list[LotUse]:
    """Repays what is owed, then fills the drawn lots in reverse order of drawing; what is dead expires at once."""
    repaid = repay(wallet, draft, source, amount)
    rest = amount - repaid
    if rest == 0:
        return []
    draft.move(source, wallet.account, rest)
    taken = [draw for draw in wallet.state.rows(DRAWS, entry.id) if draw.kind == DrawKind.TAKE]
    now, uses, dead = draft.entry.posted_at, [], []
    for draw, part in parts_in_reverse(taken, before + repaid, rest):
        lot = wallet.lot(draw.lot_id)
        if dies_at(lot, wallet.account) > now:
            draft.draw(lot, DrawKind.GIVE_BACK, part)
            bring_forward(wallet, draft, lot.expires_at)
        elif wallet.asset.reversal_grace_days:
            lot = _grant_grace(wallet, draft, lot, part)
        else:
            dead.append(draft.draw(lot, DrawKind.GIVE_BACK, part))
        uses.append(lot_use(lot.id, part, lot.expires_at))
    if dead:
        move_expired(wallet, draft, dead)
    refresh_next_expiry(wallet, draft)
    return uses


def parts_in_reverse(taken: list[Draw], before: int, amount: int) -> Iterator[tuple[Draw, int]]:
    """The draws from the last on, after skipping what earlier reversals gave back, until `amount` is covered."""
    skip, left = before, amount
    for draw in reversed(taken):
        free = max(draw.amount - skip, 0)
        skip = max(skip - draw.amount, 0)
        part = min(free, left)
        if part:
            yield draw, part
        left -= part
        if left == 0:
            return


def _grant_grace(wallet: Wallet, draft: Draft, lot: Lot, amount: int) -> Lot:
    """The programme lets what comes back dead live on for some days, as a lot of its own."""
    zone = wallet.programme.time_zone
    day = local_date(draft.entry.posted_at, zone) + timedelta(days=wallet.asset.reversal_grace_days)
    death = end_of(day, zone)
    account = draft.account(wallet.account)
    if account.inactive_at is not None and account.inactive_at <= draft.entry.posted_at:
        # The account is dead for inactivity: it lives on as long as the grace, no longer.
        live_until(wallet, draft, death)
    granted = draft.grant(
        wallet.account,
        LotId(wallet.state.ids.new()),
        amount,
        expires_at=death,
        priority=lot.priority,
        purchased=lot.purchased,
        source_lot_id=lot.id,
    )
    bring_forward(wallet, draft, death)
    return granted
