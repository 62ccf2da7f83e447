"""Claim: the member takes a voucher itself, paying points where it costs points, in one step (semantics 5.2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import InvariantViolated
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.locked import locked_account
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, LOTS
from ledger.engine.state import State
from ledger.members.membership import require_not_closed, require_not_frozen
from ledger.points.command import require_amount, require_available, require_room
from ledger.points.due import settle_due
from ledger.points.spend import take_points
from ledger.points.wallet import Wallet, WalletIds, due_keys, wallet_ids
from ledger.programme.rows import ASSETS, asset_id
from ledger.vouchers.command import GiveCommand
from ledger.vouchers.giving import (
    Terms,
    require_eligible,
    require_limits,
    require_live,
    validity_from,
)
from ledger.vouchers.receipt import VoucherReceipt, receipt


@command_class
class ClaimVoucher(GiveCommand):
    """One voucher for the member who asks.

    points_max: the most that the member agreed to pay; None = whatever it costs
    """

    kind: ClassVar[str] = "voucher_claim"

    points_max: int | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "template": self.template,
            "pointsMax": self.points_max,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the most to pay is none."""
        if self.points_max is not None:
            require_amount(self.points_max, "pointsMax")

    @property
    def wallet_ids(self) -> WalletIds | None:
        """The wallet that pays, as far as the look before queueing tells; None where it costs nothing."""
        price = None if self.seen is None else self.seen.price
        return None if price is None else self._wallet_of(price.asset)

    def _wallet_of(self, asset: str) -> WalletIds:
        return wallet_ids(self.member_id, asset_id(self.actor.programme_id, asset))

    def footprint(self) -> Sequence[Key]:
        """What an issue needs, and the wallet that pays with its lots."""
        keys, ids = GiveCommand.footprint(self), self.wallet_ids
        if ids is None or self.is_sold_out:
            return keys
        return [*keys, ACCOUNTS.key(ids.wallet), LOTS.key(ids.wallet)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What an issue needs, and what is due in the wallet that pays."""
        keys, ids = GiveCommand.further(self, state, now), self.wallet_ids
        return keys if ids is None else [*keys, *due_keys(state, ids, now)]

    def decide(self, state: State, now: datetime) -> VoucherReceipt:
        """Refused with MEMBER_NOT_FOUND, TEMPLATE_NOT_FOUND, MEMBER_CLOSED, MEMBER_FROZEN, EXPIRY_INVALID,
        TEMPLATE_NOT_LIVE, NOT_CLAIMABLE, NOT_ELIGIBLE, OUT_OF_STOCK, LIMIT_REACHED, AMOUNT_TOO_LARGE, POINTS_OWED,
        INSUFFICIENT_POINTS, BALANCE_LIMIT_EXCEEDED.
        """
        member_state = self.find_member_state(state)
        terms = self.find_terms(state)
        require_not_closed(member_state)
        require_not_frozen(member_state)
        validity = validity_from(terms.body.validity, now, terms.programme.time_zone)
        require_live(terms)
        if not terms.body.is_claimable:
            raise Refusal(RefusalCode.NOT_CLAIMABLE)
        require_eligible(state, terms, self.member_id, now)
        holding = self.open_holding(state, terms, now)
        source = self.take_source(holding, terms)
        require_limits(holding, terms, holding.local_day(now))
        wallet = self._require_price(state, terms, now)
        require_room(holding.account, terms.body.units)
        draft = self.draft(state, terms, now)
        points = 0 if terms.body.price is None else terms.body.price.points
        if wallet is not None:
            take_points(wallet, draft, points, None)
        voucher = self.give(holding, terms, source, draft, validity)
        post(state, draft, self.actor)
        left = None if wallet is None else wallet.available()
        return receipt(terms.template, draft, voucher, points=points, points_available=left)

    def _require_price(self, state: State, terms: Terms, now: datetime) -> Wallet | None:
        """The wallet with everything due posted and enough in it; None where the claim costs nothing."""
        price = terms.body.price
        if price is None:
            return None
        if self.points_max is not None and price.points > self.points_max:
            raise Refusal(RefusalCode.AMOUNT_TOO_LARGE, limit=self.points_max)
        ids = self._wallet_of(price.asset)
        account, asset = locked_account(state, ids.wallet), state.find(ASSETS, ids.asset_id)
        if asset is None:
            raise InvariantViolated(f"template {terms.template.id} has a price in no asset")
        if account is None:
            raise Refusal(RefusalCode.INSUFFICIENT_POINTS, available=0)
        wallet = Wallet(state, terms.programme, asset, ids)
        settle_due(wallet, now)
        require_available(wallet, price.points)
        return wallet
