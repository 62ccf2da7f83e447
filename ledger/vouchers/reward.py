"""Rewards: vouchers that come with another command's entry: an award of a campaign, a pack of a tier.

Whoever may give one names its keys beforehand: the member's account, made where it is missing, the stock, the counts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account, Role
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import InvariantViolated
from ledger.engine.locked import locked_account
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import account_key
from ledger.engine.state import State
from ledger.members.rows import MEMBER_FACTS
from ledger.points.command import require_room
from ledger.programme.rows import Programme
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.counts import Purpose, count_key
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.giving import (
    Terms,
    find_terms,
    give,
    require_eligible,
    require_limits,
    require_live,
    validity_from,
)
from ledger.vouchers.holding import Holding, due_keys, holding_ids, new_account
from ledger.vouchers.rows import Voucher
from ledger.vouchers.stock import locked_stock, next_codes, see_stock, stock_keys
from ledger.vouchers.template_body import Stock
from ledger.vouchers.voucher import template_id, voucher_asset_id


class Reward(NamedTuple):
    """A template of which one voucher may be given, and where its vouchers come from."""

    template: str
    stock: Stock


async def find_rewards(reader: Reader, programme_id: UUID, templates: Sequence[str]) -> tuple[Reward, ...]:
    """The templates of these codes that exist; all who ask at one moment share the look."""
    found = [(code, await see_stock(reader, template_id(programme_id, code))) for code in templates]
    return tuple(Reward(code, seen.stock) for code, seen in found if seen is not None)


def reward_keys(programme_id: UUID, member_id: UUID, reward: Reward) -> list[Key]:
    """What is locked and read to give one."""
    template, asset = template_id(programme_id, reward.template), voucher_asset_id(programme_id, reward.template)
    return [
        account_key(new_account(programme_id, member_id, asset)),
        *stock_keys(programme_id, template, asset, reward.stock),
        count_key(member_id, template, Purpose.ISSUE),
        MEMBER_FACTS.key(member_id),
    ]


def further_reward_keys(state: State, programme_id: UUID, member_id: UUID, reward: Reward, now: datetime) -> list[Key]:
    """What is due, and the next imported codes."""
    account = holding_ids(member_id, voucher_asset_id(programme_id, reward.template)).account
    return [*due_keys(state, account, now), *next_codes(state, template_id(programme_id, reward.template))]


def give_reward(state: State, draft: Draft, programme: Programme, member_id: UUID, template: str) -> Voucher:
    """Gives one within the draft, effective when the draft is; its validity begins, and it is counted, when it is posted:
    the counts keep the latest day only, so that what is late could not be limited by its own.

    Refused, before anything is changed but what was due, with TEMPLATE_NOT_FOUND, EXPIRY_INVALID, TEMPLATE_NOT_LIVE,
    NOT_ELIGIBLE, OUT_OF_STOCK, LIMIT_REACHED, BALANCE_LIMIT_EXCEEDED. WrongKeys where something is not locked.
    """
    terms = find_terms(state, programme.id, template)
    validity = validity_from(terms.body.validity, draft.entry.posted_at, programme.time_zone)
    require_live(terms)
    require_eligible(state, terms, member_id, draft.entry.posted_at)
    holding = _open_holding(state, terms, member_id, draft.entry.posted_at)
    source = _source(holding, draft, terms.body.units)
    require_limits(holding, terms, holding.local_day(draft.entry.posted_at))
    require_room(draft.account(holding.account), terms.body.units)
    return give(holding, terms, source, draft, validity, lambda id_: _deal(state, programme.id, id_))


def _open_holding(state: State, terms: Terms, member_id: UUID, now: datetime) -> Holding:
    """The member's account with everything due posted; WrongKeys where it is not locked."""
    ids = holding_ids(member_id, terms.template.asset_id)
    locked_account(state, ids.account)
    holding = Holding(state, terms.programme, terms.template, ids)
    settle_expired(holding, now)
    return holding


def _source(holding: Holding, draft: Draft, units: int) -> Account:
    """Where the units come from, after what the draft took already. OUT_OF_STOCK."""
    if holding.template.stock == Stock.UNLIMITED:
        return holding.system_account(Role.ISSUANCE)
    account = locked_stock(holding.state, holding.template)
    if draft.account(account).posted < units:
        raise Refusal(RefusalCode.OUT_OF_STOCK)
    return account


def _deal(state: State, programme_id: UUID, voucher_id: UUID) -> SealedCode:
    """A code whose bits are a keyed digest of the voucher's id: as unknown as random ones to who lacks the key."""
    sealer = state.sealer
    if sealer is None:
        raise InvariantViolated("no codes are dealt where nothing is written")
    digest = b"".join(sealer.blind_hash(b"code/%d" % part + voucher_id.bytes) for part in (1, 2))
    return deal_code(lambda size: digest[:size], sealer, programme_id)
