"""Multiplier cards: a member's voucher of that kind multiplies an award of points, and loses a use by it.

The first template of the rule's list of which the member has a live card; of those the one that expires first. A card
that a merchant has locked, or that was not valid yet when the activity occurred, stays out; so does one that is given for
this very activity, and one whose template lets the member use no more of them. A use counts on the local day on which it
is posted. A refund gives no use back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.refusal import Refusal
from ledger.book.units import InvariantViolated
from ledger.engine.locked import locked_account
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, LOTS
from ledger.engine.state import State
from ledger.programme.rows import Programme
from ledger.vouchers.counts import Purpose, count_key, count_of, count_up, require_within, with_more
from ledger.vouchers.expire import refresh_bounds, settle_expired
from ledger.vouchers.holding import Holding, content_keys, holding_ids
from ledger.vouchers.presented import body_of, limits_uses
from ledger.vouchers.redeem import used
from ledger.vouchers.rows import TEMPLATES, VOUCHERS, Voucher
from ledger.vouchers.template_body import Multiplier, TemplateBody
from ledger.vouchers.voucher import is_locked, lot_of, template_id, voucher_asset_id


class Card(NamedTuple):
    """A live card, with what its version promises: the award is multiplied by `percent` percent."""

    voucher: Voucher
    holding: Holding
    body: TemplateBody

    @property
    def percent(self) -> int:
        """What the award is multiplied by."""
        if not isinstance(self.body.gives, Multiplier):
            raise InvariantViolated(f"voucher {self.voucher.id} is no multiplier card")
        return self.body.gives.percent


def card_keys(programme_id: UUID, member_id: UUID, template: str) -> list[Key]:
    """What is locked and read to use one; no account is made for it."""
    account = holding_ids(member_id, voucher_asset_id(programme_id, template)).account
    return [
        ACCOUNTS.key(account),
        *content_keys(account),
        count_key(member_id, template_id(programme_id, template), Purpose.USE),
    ]


def find_card(
    state: State, programme: Programme, member_id: UUID, templates: Sequence[str], occurred_at: datetime, now: datetime
) -> Card | None:
    """The card that multiplies what the member did then. WrongKeys where an account is not locked."""
    for code in templates:
        holding = _holding(state, programme, member_id, code, now)
        if holding is None:
            continue
        for voucher in _live(holding, occurred_at, now):
            card = Card(voucher, holding, body_of(state, voucher))
            if _may_be_used(card, now):
                return card
    return None


def _holding(state: State, programme: Programme, member_id: UUID, code: str, now: datetime) -> Holding | None:
    """The member's account with everything due posted; None where it has none."""
    template = state.find(TEMPLATES, template_id(programme.id, code))
    if template is None:
        return None
    ids = holding_ids(member_id, template.asset_id)
    if locked_account(state, ids.account) is None:
        return None
    holding = Holding(state, programme, template, ids)
    settle_expired(holding, now)
    return holding


def _live(holding: Holding, occurred_at: datetime, now: datetime) -> list[Voucher]:
    held = [card for card in holding.live if card.valid_from <= occurred_at and not is_locked(card, now)]
    # What the entry that is being composed gives has no lot before it is posted.
    lots = {lot.id for lot in holding.state.rows(LOTS, holding.ids.account)} if held else set()
    return sorted([card for card in held if card.lot_id in lots], key=lambda card: (card.valid_until, card.id))


def _may_be_used(card: Card, now: datetime) -> bool:
    """Whether the member may use one more of the template; the locks on others reserve a use each."""
    if not limits_uses(card.body):
        return True
    voucher, holding = card.voucher, card.holding
    used = count_of(holding.state, voucher.member_id, voucher.template_id, Purpose.USE, holding.local_day(now))
    reserved = len([other for other in holding.live if is_locked(other, now)])
    try:
        require_within(with_more(used, reserved), card.body.use_limits)
    except Refusal:
        return False
    return True


def use_card(draft: Draft, card: Card) -> None:
    """One use goes to what is redeemed; the last one ends the card."""
    holding, voucher = card.holding, card.voucher
    draft.move(holding.account, holding.system_account(Role.REDEMPTION), 1)
    draft.draw(lot_of(holding.state, voucher), DrawKind.TAKE, 1)
    holding.state.put(VOUCHERS, used(voucher, 1, draft.entry.effective_at))
    if limits_uses(card.body):
        day = holding.local_day(draft.entry.posted_at)
        count_up(holding.state, voucher.member_id, voucher.template_id, Purpose.USE, day)


def settle_card(card: Card) -> None:
    """Makes the account's bounds exact, once the entry is posted."""
    refresh_bounds(card.holding)
