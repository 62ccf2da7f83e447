"""Multiplier cards: a member's voucher of that kind multiplies an award of points, and loses a use by it.

The first template of the rule's list of which the member has a live card; of those the one that expires first. A card
that a merchant has locked, or that was not valid yet when the activity occurred, stays out. A refund gives no use back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.units import InvariantViolated
from ledger.engine.locked import locked_account
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.programme.rows import Programme
from ledger.vouchers.expire import refresh_bounds, settle_expired
from ledger.vouchers.holding import Holding, content_keys, holding_ids
from ledger.vouchers.redeem import used
from ledger.vouchers.rows import TEMPLATE_VERSIONS, TEMPLATES, VOUCHERS, Voucher
from ledger.vouchers.template_body import Multiplier
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher import is_locked, template_id, voucher_asset_id


class Card(NamedTuple):
    """A live card: the award is multiplied by `percent` percent."""

    voucher: Voucher
    holding: Holding
    percent: int


def card_keys(programme_id: UUID, member_id: UUID, template: str) -> list[Key]:
    """What is locked and read to use one; no account is made for it."""
    account = holding_ids(member_id, voucher_asset_id(programme_id, template)).account
    return [ACCOUNTS.key(account), *content_keys(account)]


def find_card(
    state: State, programme: Programme, member_id: UUID, templates: Sequence[str], occurred_at: datetime, now: datetime
) -> Card | None:
    """The card that multiplies what the member did then. WrongKeys where an account is not locked."""
    for code in templates:
        holding = _holding(state, programme, member_id, code, now)
        live = [] if holding is None else _usable(holding, occurred_at, now)
        if holding is not None and live:
            return Card(live[0], holding, _percent(state, live[0]))
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


def _usable(holding: Holding, occurred_at: datetime, now: datetime) -> list[Voucher]:
    usable = [card for card in holding.live if card.valid_from <= occurred_at and not is_locked(card, now)]
    return sorted(usable, key=lambda card: (card.valid_until, card.id))


def _percent(state: State, voucher: Voucher) -> int:
    version = state.find(TEMPLATE_VERSIONS, voucher.template_version_id)
    gives = None if version is None else parse_body(version.body).gives
    if not isinstance(gives, Multiplier):
        raise InvariantViolated(f"voucher {voucher.id} is no multiplier card")
    return gives.percent


def use_card(draft: Draft, card: Card) -> None:
    """One use goes to what is redeemed; the last one ends the card."""
    holding, voucher = card.holding, card.voucher
    draft.move(holding.account, holding.system_account(Role.REDEMPTION), 1)
    draft.draw(holding.lot(voucher), DrawKind.TAKE, 1)
    holding.state.put(VOUCHERS, used(voucher, 1, draft.entry.effective_at))


def settle_card(card: Card) -> None:
    """Makes the account's bounds exact, once the entry is posted."""
    refresh_bounds(card.holding)
