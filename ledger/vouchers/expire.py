"""Expiry: what of a member's vouchers is past its validity is posted to breakage, dated to its instant.

By the next write on the account or by the sweep, exactly once, because the account's lock is held and the voucher is
live no more afterwards (semantics 2.2). A lock taken in time keeps its voucher good until the lock's deadline (5.4).
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.units import AssetId
from ledger.engine.due import due_actor, due_draft
from ledger.engine.journal import post
from ledger.engine.shelves import ACCOUNTS
from ledger.vouchers.holding import Holding, earliest_death
from ledger.vouchers.rows import VOUCHERS, Voucher
from ledger.vouchers.voucher import StoredState, dies_at, lot_of, without_lock

VOUCHER_EXPIRY: Final = "voucher_expiry"


def settle_expired(holding: Holding, now: datetime) -> None:
    """Posts the expiry of every voucher that is dead at `now`: one entry per instant, in their order."""
    if holding.account.next_due_at > now:
        return
    dead = sorted((v for v in holding.live if dies_at(v) <= now), key=lambda voucher: (dies_at(voucher), voucher.id))
    for instant, group in groupby(dead, key=dies_at):
        _expire(holding, list(group), instant, now)
    refresh_bounds(holding)


def _expire(holding: Holding, vouchers: Sequence[Voucher], instant: datetime, now: datetime) -> None:
    """Posts what is left of the vouchers to breakage as of `instant`, as one entry."""
    draft = due_draft(
        holding.state,
        VOUCHER_EXPIRY,
        sum(voucher.units_left for voucher in vouchers),
        instant,
        now,
        asset_id=AssetId(holding.template.asset_id),
        member_id=holding.ids.member_id,
    )
    draft.move(holding.account, holding.system_account(Role.BREAKAGE), draft.entry.amount)
    for voucher in vouchers:
        draft.draw(lot_of(holding.state, voucher), DrawKind.TAKE, voucher.units_left)
        holding.state.put(VOUCHERS, ended(voucher, StoredState.EXPIRED, instant))
    post(holding.state, draft, due_actor(holding.programme.id))


def ended(voucher: Voucher, how: StoredState, at: datetime) -> Voucher:
    """The row of a voucher that is over; nothing is left of it, and no lock stands."""
    return without_lock(voucher)._replace(state=how, units_left=0, ended_at=at)


def refresh_bounds(holding: Holding) -> None:
    """Makes the account's `next_due_at` and `next_expiry_at` exact; needs the live vouchers."""
    account, death = holding.account, earliest_death(holding)
    changed = account._replace(next_due_at=death, next_expiry_at=death)
    if changed != account:
        holding.state.put(ACCOUNTS, changed)


def bring_forward(holding: Holding, draft: Draft, death: datetime) -> None:
    """Lets the account's bounds know of a voucher that dies at `death`, in the draft that brings it."""
    account = draft.account(holding.account)
    draft.change(
        account, next_due_at=min(account.next_due_at, death), next_expiry_at=min(account.next_expiry_at, death)
    )
