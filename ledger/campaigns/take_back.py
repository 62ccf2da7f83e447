"""Taking back what an award gave, as far as a refund reaches: points, a voucher, a donation, progress (semantics 6.5).

A voucher goes as a whole, with the first part of the sale that is refunded; one that was used, locked, given away or
expired meanwhile stays, and what it cost stays spent. The use of a multiplier card does not come back.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Role, open_account
from ledger.book.draft import Draft
from ledger.book.lot import Lot, spend_order
from ledger.book.units import InvariantViolated
from ledger.campaigns.budget import open_of_budget
from ledger.campaigns.campaign_body import ActionKind
from ledger.campaigns.campaign_text import parse_body
from ledger.campaigns.counts import progress_counter
from ledger.campaigns.rows import CAMPAIGN_COUNTS, CAMPAIGN_VERSIONS, Award
from ledger.engine.locked import locked_account
from ledger.engine.shelves import ACCOUNTS, LOTS_OF_ENTRY
from ledger.engine.state import State
from ledger.points.command import require_room
from ledger.points.refund import claw
from ledger.points.wallet import Wallet
from ledger.programme.rows import Programme
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.holding import Holding, holding_ids
from ledger.vouchers.rows import TEMPLATES_BY_ASSET, Voucher
from ledger.vouchers.voucher import VoucherState, find_voucher, state_at


class GivenVoucher(NamedTuple):
    """The voucher that an award gave, in its member's account with everything due posted."""

    holding: Holding
    voucher: Voucher


def find_whole(state: State, programme: Programme, award: Award, now: datetime) -> GivenVoucher | None:
    """The award's voucher, where nothing was done with it; WrongKeys where its account is not locked."""
    if award.asset_id is None or award.voucher_id is None:
        raise InvariantViolated(f"award {award.id} without its voucher")
    ids, templates = holding_ids(award.member_id, award.asset_id), state.rows(TEMPLATES_BY_ASSET, award.asset_id)
    locked_account(state, ids.account)
    holding = Holding(state, programme, templates[0], ids)
    settle_expired(holding, now)
    voucher = find_voucher(state, ids.account, award.voucher_id)
    return GivenVoucher(holding, voucher) if state_at(voucher, now) == VoucherState.ISSUED else None


def take_points(wallet: Wallet | None, draft: Draft, amount: int, original: UUID) -> None:
    """From the lots that the original granted, then from others in spend order; the rest is owed."""
    if wallet is None:
        raise InvariantViolated(f"points of the entry {original}, and no wallet that they came into")
    lots = _in_order(wallet, original)
    from_wallet = min(amount, sum(lot.unheld for lot in lots))
    claw(wallet, draft, lots, from_wallet, is_pending=False)
    if amount > from_wallet:
        draft.move(wallet.owed_account, wallet.system_account(Role.ISSUANCE), amount - from_wallet)
        draft.change(wallet.account, owing=True)


def _in_order(wallet: Wallet, original: UUID) -> list[Lot]:
    granted = {lot.id for lot in wallet.state.rows(LOTS_OF_ENTRY, original)}
    return sorted(wallet.lots, key=lambda lot: (lot.id not in granted, *spend_order(lot)))


def return_cost(state: State, draft: Draft, award: Award, cost: int) -> None:
    """The budget gets back what it paid, from what is spent or from the merchant that collects donations.
    BALANCE_LIMIT_EXCEEDED where it was filled up to 10^15 meanwhile.
    """
    if award.budget_id is None:
        return
    budget = state.find(ACCOUNTS, award.budget_id)
    if budget is None:
        raise InvariantViolated(f"award {award.id} was paid from nowhere")
    require_room(draft.account(budget), cost)
    if award.kind == ActionKind.DONATION:
        merchant = UUID(award.target or "")
        draft.move(open_account(budget.programme_id, merchant, budget.asset_id, Role.DONATION), budget, cost)
    else:
        draft.move(open_of_budget(budget, Role.SPENT), budget, cost)


def count_down(state: State, award: Award, amount: int) -> None:
    """The counter that the award moved goes back, in the period of the activity that moved it."""
    version = state.find(CAMPAIGN_VERSIONS, award.version_id)
    if version is None or award.target is None:
        raise InvariantViolated(f"award {award.id} moved no counter")
    body = parse_body(version.body)
    counter = progress_counter(body, award.member_id, award.campaign_id, award.target, award.local_day)
    found = state.find(CAMPAIGN_COUNTS, counter.id)
    if found is None:
        raise InvariantViolated(f"award {award.id} was not counted")
    state.put(CAMPAIGN_COUNTS, found._replace(amount=found.amount - amount))
