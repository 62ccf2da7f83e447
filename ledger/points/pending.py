"""Pending points: confirmed by somebody before their date, or cancelled (semantics 4.4)."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ledger.book.draft import Draft
from ledger.book.lot import Lot
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import COMPANIONS, LOTS
from ledger.engine.state import State
from ledger.points.command import receipt
from ledger.points.due import expire_dead, has_room, move_activated
from ledger.points.entry_command import EntryCommand
from ledger.points.receipt import LotUse, Receipt, lot_use
from ledger.points.refund import claw
from ledger.points.wallet import Wallet


@command_class
class PendingCommand(EntryCommand):
    """What confirming and cancelling share: `entry_id` is the earn's."""

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"entryId": self.entry_id, "reference": self.reference}

    def footprint(self) -> list[Key]:
        """As every entry command, with the pending account and its lots."""
        ids = self.ids
        return [
            *EntryCommand.footprint(self),
            LOTS.key(ids.pending),
            COMPANIONS.key(ids.pending),
            COMPANIONS.key(ids.owed),
        ]

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with ENTRY_NOT_FOUND, the codes of `open_wallet`, NOT_PENDING."""
        entry = self.require_entry(state)
        wallet = self.open_wallet(state, now)
        lot = next((lot for lot in wallet.pending_lots if lot.entry_id == entry.id), None)
        if lot is None:
            raise Refusal(RefusalCode.NOT_PENDING)
        draft = self.draft(state, now, lot.remaining, merchant_id=entry.merchant_id, original_entry_id=entry.id)
        uses = self.apply(wallet, draft, lot, now)
        post(state, draft, self.actor)
        expire_dead(wallet, now)
        return receipt(wallet, draft, uses)

    def apply(self, wallet: Wallet, draft: Draft, lot: Lot, now: datetime) -> list[LotUse]:
        """What becomes of the pending lot."""
        raise NotImplementedError


@command_class
class ConfirmPending(PendingCommand):
    """Activates an earn's pending points now; their life begins today."""

    kind: ClassVar[str] = "confirm"

    def apply(self, wallet: Wallet, draft: Draft, lot: Lot, now: datetime) -> list[LotUse]:
        """Into the wallet, after what is owed. BALANCE_LIMIT_EXCEEDED."""
        if not has_room(wallet, lot):
            raise Refusal(RefusalCode.BALANCE_LIMIT_EXCEEDED)
        granted = move_activated(wallet, draft, lot, now)
        return [] if granted is None else [lot_use(granted.id, granted.granted, granted.expires_at)]


@command_class
class CancelPending(PendingCommand):
    """Takes an earn's pending points back to issuance."""

    kind: ClassVar[str] = "cancel"

    def apply(self, wallet: Wallet, draft: Draft, lot: Lot, now: datetime) -> list[LotUse]:
        """Back where they came from."""
        del now
        return claw(wallet, draft, [lot], lot.remaining, is_pending=True)
