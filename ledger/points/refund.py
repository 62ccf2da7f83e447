"""Refund of an earn: what a returned sale earned is taken back, as far as it goes (semantics 4.8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind, Entry
from ledger.book.lot import Lot, spend_order
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AMOUNT_MAX
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import COMPANIONS, LOTS, LOTS_OF_ENTRY
from ledger.engine.state import State
from ledger.points.bounds import refresh_next_expiry
from ledger.points.command import receipt, require_amount
from ledger.points.earn import require_effective
from ledger.points.entry_command import EntryCommand
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.wallet import Wallet
from ledger.programme.rows import Shortfall


@command_class
class RefundEarn(EntryCommand):
    """Takes back what `sale_minor` of the earn's sale had earned."""

    kind: ClassVar[str] = "refund"

    sale_minor: int
    effective_at: datetime | None = None
    reason_code: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "entryId": self.entry_id,
            "saleMinor": self.sale_minor,
            "effectiveAt": self.effective_at,
            "reasonCode": self.reason_code,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        require_amount(self.sale_minor, "saleMinor")

    def footprint(self) -> list[Key]:
        """As every entry command, with the lots of the earn and the member's companion accounts."""
        ids = self.ids
        return [
            *EntryCommand.footprint(self),
            LOTS_OF_ENTRY.key(self.entry_id),
            LOTS.key(ids.pending),
            COMPANIONS.key(ids.pending),
            COMPANIONS.key(ids.owed, create=self.new_account(Role.OWED)),
        ]

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with ENTRY_NOT_FOUND, the codes of `open_wallet`, EFFECTIVE_IN_FUTURE, PERIOD_CLOSED,
        NOT_REFUNDABLE, REFUND_EXCEEDS_SALE, BALANCE_LIMIT_EXCEEDED where the debt would pass 10^15. Freezing does not
        stop it (semantics 2.7).
        """
        entry = self.require_entry(state)
        wallet = self.open_wallet(state, now)
        effective_at = require_effective(wallet, self.effective_at, now)
        if entry.kind != "earn" or entry.sale_minor is None:
            raise Refusal(RefusalCode.NOT_REFUNDABLE)
        before = sum(earlier.sale_minor or 0 for earlier in self.undone(state, self.kind))
        left = entry.sale_minor - before
        if self.sale_minor > left:
            raise Refusal(RefusalCode.REFUND_EXCEEDS_SALE, refundable_minor=left)
        # What was cancelled while it was pending was never credited (semantics 4.4, 4.8).
        credited = not self.undone(state, "cancel")
        amount = kept(entry, left) - kept(entry, left - self.sale_minor) if credited else 0
        return self._refund(wallet, entry, amount, effective_at, now)

    def _refund(self, wallet: Wallet, entry: Entry, wanted: int, effective_at: datetime, now: datetime) -> Receipt:
        pending, lots = self._lots_in_order(wallet, entry)
        within_pending = min(wanted, sum(lot.unheld for lot in pending))
        only_pending = wallet.asset.shortfall == Shortfall.ONLY_PENDING
        draft = self.draft(
            wallet.state,
            now,
            within_pending if only_pending else wanted,
            effective_at=effective_at,
            merchant_id=entry.merchant_id,
            original_entry_id=entry.id,
            reason_code=self.reason_code,
            sale_minor=self.sale_minor,
        )
        uses = claw(wallet, draft, pending, within_pending, is_pending=True)
        left = draft.entry.amount - within_pending
        from_wallet = min(left, sum(lot.unheld for lot in lots))
        uses += claw(wallet, draft, lots, from_wallet, is_pending=False)
        if left > from_wallet:
            if wallet.owed + left - from_wallet > AMOUNT_MAX:
                raise Refusal(RefusalCode.BALANCE_LIMIT_EXCEEDED)
            draft.move(wallet.owed_account, wallet.system_account(Role.ISSUANCE), left - from_wallet)
            draft.change(wallet.account, owing=True)
        post(wallet.state, draft, self.actor)
        return receipt(wallet, draft, uses)

    def _lots_in_order(self, wallet: Wallet, entry: Entry) -> tuple[list[Lot], list[Lot]]:
        """The earn's pending lots; then the earn's own lots, then the other lots in spend order."""
        granted = {lot.id for lot in wallet.state.rows(LOTS_OF_ENTRY, entry.id)}
        pending = [lot for lot in wallet.pending_lots if lot.id in granted]
        own = [lot for lot in wallet.lots if lot.id in granted or lot.source_lot_id in granted]
        others = [lot for lot in wallet.lots if lot not in own]
        return pending, [*sorted(own, key=spend_order), *sorted(others, key=spend_order)]


def kept(entry: Entry, remaining_sale: int) -> int:
    """What the member keeps of an earn when so much of its sale remains: the floor of points times remaining by sale."""
    return entry.amount * remaining_sale // (entry.sale_minor or 1)


def claw(wallet: Wallet, draft: Draft, lots: list[Lot], amount: int, *, is_pending: bool) -> list[LotUse]:
    """Takes `amount` back to issuance from the unheld parts of `lots`, in this order."""
    if amount == 0:
        return []
    source = wallet.pending_account if is_pending else wallet.account
    draft.move(source, wallet.system_account(Role.ISSUANCE), amount)
    uses: list[LotUse] = []
    for lot in lots:
        part = min(lot.unheld, amount)
        if part:
            draft.draw(lot, DrawKind.TAKE, part)
            uses.append(lot_use(lot.id, part, lot.expires_at))
            amount -= part
    if not is_pending:
        refresh_next_expiry(wallet, draft)
    return uses
