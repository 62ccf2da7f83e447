"""What commands that give a member one voucher share; how it is given stands in `giving.py`."""

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from ledger.book.account import Account
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Command, command_class
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, HOLDERS_READ, account_key
from ledger.engine.state import State
from ledger.engine.unit import WrongKeys
from ledger.members.membership import require_member
from ledger.vouchers.code import Deal
from ledger.vouchers.counts import Purpose, count_key
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.giving import Period, Terms, eligibility_keys, find_terms, give
from ledger.vouchers.holding import Holding, HoldingIds, due_keys, holding_ids, new_account
from ledger.vouchers.receipt import VoucherReceipt
from ledger.vouchers.rows import Voucher
from ledger.vouchers.stock import StockSeen, next_codes, see_stock, source_of, stock_keys
from ledger.vouchers.template_body import Stock
from ledger.vouchers.voucher import template_id, voucher_asset_id


@command_class
class GiveCommand(Command[VoucherReceipt]):
    """Gives `member_id` one voucher of `template`. `replay_at` is obeyed under a replay clock only.

    deal: deals the code; a template of imported codes gives the next of those instead
    seen: what a look at the stock before queueing saw. Where nothing was left, nothing is locked for it
    """

    reply: ClassVar[type] = VoucherReceipt

    member_id: UUID
    template: str
    deal: Deal = field(repr=False)
    replay_at: datetime | None = None
    seen: StockSeen | None = None

    @property
    def template_id(self) -> UUID:
        """The template's id."""
        return template_id(self.actor.programme_id, self.template)

    @property
    def ids(self) -> HoldingIds:
        """The ids of the member's account for the template's vouchers."""
        return holding_ids(self.member_id, voucher_asset_id(self.actor.programme_id, self.template))

    @property
    def is_sold_out(self) -> bool:
        """Whether nothing was left at the look: then OUT_OF_STOCK is true without a lock."""
        return self.seen is not None and self.seen.stock != Stock.UNLIMITED and self.seen.units == 0

    async def find(self, reader: Reader) -> Self:
        """What is in stock; all who ask at one moment share the look."""
        return replace(self, seen=await see_stock(reader, self.template_id))

    def footprint(self) -> Sequence[Key]:
        """The member's account, made where it is missing, the stock, and the counts. The terms stand, and need no key."""
        if self.seen is None or self.is_sold_out:
            return [HOLDERS_READ.key(self.member_id)]
        ids = self.ids
        account = new_account(self.actor.programme_id, self.member_id, ids.asset_id)
        return [
            account_key(account),
            *stock_keys(self.actor.programme_id, self.template_id, ids.asset_id, self.seen.stock),
            count_key(self.member_id, self.template_id, Purpose.ISSUE),
        ]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due, the next imported codes, and what the template requires of the member."""
        keys = [*due_keys(state, self.ids.account, now), *next_codes(state, self.template_id)]
        return [*keys, *eligibility_keys(state, self.template_id, self.member_id)]

    # -- deciding ----------------------------------------------------------------------------------------------------

    def find_terms(self, state: State) -> Terms:
        """The template with its current version. TEMPLATE_NOT_FOUND."""
        return find_terms(state, self.actor.programme_id, self.template)

    def find_member_state(self, state: State) -> str:
        """Open, frozen or closed, as the account carries it or, where none is locked, the holder. MEMBER_NOT_FOUND."""
        id_ = self.ids.account
        account = state.find(ACCOUNTS, id_) if state.is_loaded(ACCOUNTS.key(id_)) else None
        if account is not None:
            return account.state
        return require_member(state.find(HOLDERS_READ, self.member_id), self.actor.programme_id).state

    def open_holding(self, state: State, terms: Terms, now: datetime) -> Holding:
        """The member's account with everything due posted. OUT_OF_STOCK where the look saw that nothing is left;
        WrongKeys where it saw no such template yet.
        """
        if self.seen is None:
            raise WrongKeys(self.template_id)
        if self.is_sold_out:
            raise Refusal(RefusalCode.OUT_OF_STOCK)
        holding = Holding(state, terms.programme, terms.template, self.ids)
        settle_expired(holding, now)
        return holding

    def draft(self, state: State, terms: Terms, now: datetime) -> Draft:
        """A draft of this command's entry."""
        return self.new_draft(state, now, terms.body.units, asset_id=terms.template.asset_id, member_id=self.member_id)

    def give(self, holding: Holding, terms: Terms, source: Account, draft: Draft, validity: Period) -> Voucher:
        """Moves the units from `source` to the member, as a lot with a code, and counts it."""
        return give(holding, terms, source, draft, validity, lambda _: self.deal())

    def take_source(self, holding: Holding, terms: Terms) -> Account:
        """Where the units come from. OUT_OF_STOCK."""
        return source_of(holding.state, terms.template, terms.body.units)
