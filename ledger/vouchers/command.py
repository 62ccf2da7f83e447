"""What commands that give a member a voucher share: the template's terms, the member's account, and the new voucher."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, NamedTuple, Self
from uuid import UUID

from ledger.book.account import Account, AccountState
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AMOUNT_MAX, LotId
from ledger.engine.command import Command
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, HOLDERS_READ, account_key
from ledger.engine.state import State
from ledger.members.enrol import MEMBER
from ledger.members.rows import MEMBER_FACTS
from ledger.programme.calendar import first_instant, local_date
from ledger.programme.expiry import expires_at
from ledger.programme.rows import PROGRAMMES, Programme
from ledger.vouchers.code import SealedCode
from ledger.vouchers.counts import Purpose, count_key, count_of, count_up, require_within
from ledger.vouchers.expire import bring_forward, settle_expired
from ledger.vouchers.holding import Holding, HoldingIds, due_keys, holding_ids, new_account
from ledger.vouchers.receipt import VoucherReceipt
from ledger.vouchers.rows import TEMPLATE_VERSIONS, TEMPLATES, VOUCHERS, Template, TemplateVersion, Voucher
from ledger.vouchers.stock import StockSeen, deal_imported, next_codes, see_stock, source_of, stock_keys
from ledger.vouchers.template import TemplateState
from ledger.vouchers.template_body import Stock, TemplateBody, Validity
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher import StoredState, template_id, voucher_asset_id


class Terms(NamedTuple):
    """A template with the version that is in force."""

    programme: Programme
    template: Template
    version: TemplateVersion
    body: TemplateBody


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCommand(Command[VoucherReceipt]):
    """Gives `member_id` one voucher of `template`. `replay_at` is obeyed under a replay clock only.

    code: the dealt code; a template of imported codes gives the next of those instead. Ours, never the caller's
    seen: what a look at the stock before queueing saw. Where nothing was left, nothing is locked for it
    """

    reply: ClassVar[type] = VoucherReceipt

    member_id: UUID
    template: str
    code: SealedCode = field(repr=False)
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
        """What is due, and the next imported codes."""
        return [*due_keys(state, self.ids.account, now), *next_codes(state, self.template_id)]

    # -- deciding ----------------------------------------------------------------------------------------------------

    def find_terms(self, state: State) -> Terms:
        """The template with its current version. TEMPLATE_NOT_FOUND."""
        template = state.find(TEMPLATES, self.template_id)
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        version = None if template is None else state.find(TEMPLATE_VERSIONS, template.current_version_id)
        if template is None or programme is None or version is None:
            raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
        return Terms(programme, template, version, parse_body(version.body))

    def find_member_state(self, state: State) -> str:
        """Open, frozen or closed, as the account carries it or, where none is locked, the holder. MEMBER_NOT_FOUND."""
        id_ = self.ids.account
        account = state.find(ACCOUNTS, id_) if state.is_loaded(ACCOUNTS.key(id_)) else None
        if account is not None:
            return account.state
        holder = state.find(HOLDERS_READ, self.member_id)
        if holder is None or holder.kind != MEMBER or holder.programme_id != self.actor.programme_id:
            raise Refusal(RefusalCode.MEMBER_NOT_FOUND)
        return holder.state

    def require_live(self, terms: Terms) -> None:
        """TEMPLATE_NOT_LIVE."""
        if terms.template.state != TemplateState.LIVE:
            raise Refusal(RefusalCode.TEMPLATE_NOT_LIVE)

    def require_eligible(self, state: State, terms: Terms) -> None:
        """NOT_ELIGIBLE where the member has none of the tiers, or is in none of the segments, that are required."""
        tiers, segments = set(terms.body.tiers), set(terms.body.segments)
        if not tiers and not segments:
            return
        facts = state.find(MEMBER_FACTS, self.member_id)
        has_tier = not tiers or (facts is not None and not tiers.isdisjoint(facts.tiers))
        has_segment = not segments or (facts is not None and not segments.isdisjoint(facts.segments))
        if not has_tier or not has_segment:
            raise Refusal(RefusalCode.NOT_ELIGIBLE)

    def open_holding(self, state: State, terms: Terms, now: datetime) -> Holding:
        """The member's account with everything due posted. OUT_OF_STOCK where the look saw that nothing is left."""
        if self.is_sold_out:
            raise Refusal(RefusalCode.OUT_OF_STOCK)
        holding = Holding(state, terms.programme, terms.template, self.ids)
        settle_expired(holding, now)
        return holding

    def require_limits(self, holding: Holding, terms: Terms, now: datetime) -> None:
        """LIMIT_REACHED where the member has had as many as the template allows."""
        day = holding.local_day(now)
        count = count_of(holding.state, self.member_id, terms.template.id, Purpose.ISSUE, day)
        require_within(count, terms.body.issue_limits)

    def draft(self, state: State, terms: Terms, now: datetime) -> Draft:
        """A draft of this command's entry."""
        return self.new_draft(state, now, terms.body.units, asset_id=terms.template.asset_id, member_id=self.member_id)

    def give(self, holding: Holding, terms: Terms, source: Account, draft: Draft, validity: "Period") -> Voucher:
        """Moves the units from `source` to the member, as a lot with a code, and counts it."""
        state, units, now = holding.state, terms.body.units, draft.entry.posted_at
        voucher_id, lot_id = state.ids.new(), LotId(state.ids.new())
        draft.move(source, holding.account, units)
        draft.grant(holding.account, lot_id, units, expires_at=validity.until)
        bring_forward(holding, draft, validity.until)
        imported = terms.template.stock == Stock.IMPORTED
        code = deal_imported(state, terms.template, voucher_id) if imported else self.code
        voucher = Voucher(
            id=voucher_id,
            programme_id=terms.programme.id,
            template_id=terms.template.id,
            template_version_id=terms.version.id,
            account_id=holding.ids.account,
            member_id=self.member_id,
            lot_id=lot_id,
            entry_id=draft.entry.id,
            code_hash=code.hash,
            code_sealed=code.sealed,
            state=StoredState.LIVE,
            units=units,
            units_left=units,
            valid_from=validity.start,
            valid_until=validity.until,
        )
        state.add(VOUCHERS, voucher)
        count_up(state, self.member_id, terms.template.id, Purpose.ISSUE, holding.local_day(now))
        return voucher

    def take_source(self, holding: Holding, terms: Terms) -> Account:
        """Where the units come from. OUT_OF_STOCK."""
        return source_of(holding.state, terms.template, terms.body.units)


class Period(NamedTuple):
    """From when to when; half-open."""

    start: datetime
    until: datetime


def validity_from(validity: Validity, now: datetime, time_zone: str) -> Period:
    """When a voucher that is issued `now` is good. EXPIRY_INVALID where that is over already."""
    start = now if validity.starts_on is None else max(now, first_instant(validity.starts_on, time_zone))
    until = expires_at(validity.expiry, local_date(start, time_zone), time_zone)
    if until <= start:
        raise Refusal(RefusalCode.EXPIRY_INVALID)
    return Period(start, until)


def require_not_closed(member_state: str) -> None:
    """MEMBER_CLOSED where the member has left."""
    if member_state == AccountState.CLOSED:
        raise Refusal(RefusalCode.MEMBER_CLOSED)


def require_not_frozen(member_state: str) -> None:
    """MEMBER_FROZEN where the member may start nothing (semantics 2.7)."""
    if member_state == AccountState.FROZEN:
        raise Refusal(RefusalCode.MEMBER_FROZEN)


def require_room(account: Account, units: int) -> None:
    """BALANCE_LIMIT_EXCEEDED where the member would hold more than 10^15 units of the template."""
    if account.posted + units > AMOUNT_MAX:
        raise Refusal(RefusalCode.BALANCE_LIMIT_EXCEEDED)
