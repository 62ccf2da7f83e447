"""Gift: a member gives a voucher to another, where its template allows (issue limits count neither side).

The receiver gets a voucher of its own with a new code, for what is left: the giver has seen the old code. Terms and
validity stay. The receiver's lot names the giver's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import Account
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import LotId
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import HOLDERS_READ, account_key
from ledger.engine.state import State
from ledger.members.membership import require_member, require_not_closed, require_not_frozen
from ledger.points.command import require_room
from ledger.vouchers.code import Deal
from ledger.vouchers.expire import bring_forward, ended, refresh_bounds
from ledger.vouchers.holding import Holding, due_keys, holding_ids, new_account
from ledger.vouchers.owned import OwnedCommand, require_whole
from ledger.vouchers.receipt import VoucherReceipt, receipt
from ledger.vouchers.rows import TEMPLATE_VERSIONS, VOUCHERS, Voucher
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher import StoredState, lot_of, without_lock


@command_class
class GiftVoucher(OwnedCommand):
    """`member_id` gives the voucher to `to_member_id`. The receipt is of the receiver's new voucher.

    deal: deals the code of the new voucher
    """

    kind: ClassVar[str] = "voucher_gift"

    member_id: UUID
    to_member_id: UUID
    deal: Deal = field(repr=False)

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "voucherId": self.voucher_id,
            "member": self.member_id,
            "to": self.to_member_id,
            "reference": self.reference,
        }

    def footprint(self) -> Sequence[Key]:
        """Both members' accounts, locked; the receiver's is made where it is missing."""
        if self.owner is None:
            return [HOLDERS_READ.key(self.to_member_id)]
        to = new_account(self.actor.programme_id, self.to_member_id, self.owner.asset_id)
        return [HOLDERS_READ.key(self.to_member_id), *OwnedCommand.footprint(self), account_key(to)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due in the receiver's account."""
        if self.owner is None:
            return []
        return due_keys(state, holding_ids(self.to_member_id, self.owner.asset_id).account, now)

    def decide(self, state: State, now: datetime) -> VoucherReceipt:
        """Refused with MEMBER_NOT_FOUND, VOUCHER_NOT_FOUND, MEMBER_CLOSED, MEMBER_FROZEN, VOUCHER_VOIDED,
        VOUCHER_REDEEMED, VOUCHER_LOCKED, VOUCHER_EXPIRED, GIFT_NOT_ALLOWED, GIFT_TO_SELF, BALANCE_LIMIT_EXCEEDED.
        """
        require_member(state.find(HOLDERS_READ, self.to_member_id), self.actor.programme_id)
        owner = self.require_owner()
        if owner.member_id != self.member_id:
            raise Refusal(RefusalCode.VOUCHER_NOT_FOUND)
        giver = self.holding(state, owner.member_id, now)
        voucher = self.voucher(giver)
        receiver = self.holding(state, self.to_member_id, now)
        self._require_giveable(giver, receiver.account, voucher, now)
        require_room(receiver.account, voucher.units_left)
        draft = self.draft(giver, voucher, now)
        given = self._move(giver, receiver, draft, voucher, now)
        post(state, draft, self.actor)
        refresh_bounds(giver)
        return receipt(giver.template, draft, given)

    def _require_giveable(self, giver: Holding, to: Account, voucher: Voucher, now: datetime) -> None:
        require_not_closed(giver.account.state)
        require_not_closed(to.state)
        require_not_frozen(giver.account.state)
        require_whole(voucher, now)
        version = giver.state.find(TEMPLATE_VERSIONS, voucher.template_version_id)
        if version is None or not parse_body(version.body).is_giftable:
            raise Refusal(RefusalCode.GIFT_NOT_ALLOWED)
        if self.member_id == self.to_member_id:
            raise Refusal(RefusalCode.GIFT_TO_SELF)

    def _move(self, giver: Holding, receiver: Holding, draft: Draft, voucher: Voucher, now: datetime) -> Voucher:
        state, units = giver.state, voucher.units_left
        lot = lot_of(state, voucher)
        draft.move(giver.account, receiver.account, units)
        draft.draw(lot, DrawKind.TAKE, units)
        lot_id, code = LotId(state.ids.new()), self.deal()
        draft.grant(receiver.account, lot_id, units, expires_at=voucher.valid_until, source_lot_id=lot.id)
        bring_forward(receiver, draft, voucher.valid_until)
        given = without_lock(voucher)._replace(
            id=state.ids.new(),
            account_id=receiver.ids.account,
            member_id=self.to_member_id,
            lot_id=lot_id,
            entry_id=draft.entry.id,
            code_hash=code.hash,
            code_sealed=code.sealed,
            units=units,
            source_voucher_id=voucher.id,
            version=0,
        )
        state.put(VOUCHERS, ended(voucher, StoredState.GIFTED, now))
        state.add(VOUCHERS, given)
        return given
