"""The bounds that a wallet's row carries: when all of it dies for inactivity, before when nothing falls due, and when its
next lot expires (docs/decisions/0005). Whoever changes lots, holds or pending lots keeps them true by these.
"""

from datetime import datetime

from ledger.book.draft import Draft
from ledger.book.lot import next_expiry
from ledger.book.units import NEVER
from ledger.engine.shelves import ACCOUNTS
from ledger.points.wallet import Wallet
from ledger.programme.calendar import local_date
from ledger.programme.expiry import inactive_at, parse_expiry


def bring_forward(wallet: Wallet, draft: Draft, death: datetime, policy: str | None = None) -> None:
    """Lets the wallet's bounds know of a lot whose own date is `death`.

    What arrives by no activity of the member's moves no inactivity date, but an empty account gets one to begin with:
    by the `policy` that the lot waited with, otherwise by the asset's.
    """
    inactive = draft.account(wallet.account).inactive_at
    if inactive is None or (inactive <= draft.entry.effective_at and wallet.account.posted == 0):
        until = inactive_from(wallet, draft.entry.effective_at, policy)
        if until is not None:
            live_until(wallet, draft, until)
    account = draft.account(wallet.account)
    death = death if account.inactive_at is None else min(death, account.inactive_at)
    draft.change(
        account,
        next_due_at=min(account.next_due_at, death),
        next_expiry_at=min(account.next_expiry_at, death),
    )


def move_inactivity(wallet: Wallet, draft: Draft, active_at: datetime) -> None:
    """Lets the account live on after the member's own activity; a late one revives nothing (semantics 4.3)."""
    until = inactive_from(wallet, active_at)
    if until is None:
        return
    account = draft.account(wallet.account)
    if account.inactive_at is None or until > account.inactive_at:
        live_until(wallet, draft, until)
        draft.change(account, next_due_at=min(account.next_due_at, until))
        refresh_next_expiry(wallet, draft)


def live_until(wallet: Wallet, draft: Draft, until: datetime) -> None:
    """Gives the account another date to die for inactivity. Where the former one is over, every lot from before this
    entry is dead for good: what of it is held, or was spent and is reversed, expires at its return.
    """
    account = draft.account(wallet.account)
    is_over = account.inactive_at is not None and account.inactive_at <= draft.entry.posted_at
    died = wallet.account.version if is_over else account.died_version
    draft.change(account, inactive_at=until, died_version=died)


def inactive_from(wallet: Wallet, active_at: datetime, policy: str | None = None) -> datetime | None:
    """When the wallet dies for inactivity after an activity at that instant; None under other policies.

    policy: of a lot that waited since the asset had it; another one than by inactivity tells nothing of the account
    """
    expiry, zone = wallet.asset.expiry, wallet.programme.time_zone
    if policy is not None and parse_expiry(policy).by_inactivity:
        expiry = policy
    return inactive_at(expiry, local_date(active_at, zone), zone) if parse_expiry(expiry).by_inactivity else None


def refresh_next_expiry(wallet: Wallet, draft: Draft) -> None:
    """Makes `next_expiry_at` exact after draws; the bound `next_due_at` stays: too early is harmless."""
    account = draft.account(wallet.account)
    # The draft's own lots too: new ones, and emptied ones that it fills again.
    lots = {lot.id: lot for lot in (*wallet.lots, *draft.lots.values(), *draft.new_lots.values())}
    mine = [lot for lot in lots.values() if lot.account_id == account.id]
    expiry = next_expiry(mine, account)
    if expiry != account.next_expiry_at:
        draft.change(account, next_expiry_at=expiry)


def refresh_after_draws(wallet: Wallet, draft: Draft) -> None:
    """The same where the draft only drew: nothing changes unless a lot has nothing left that could die."""
    for lot in draft.lots.values():
        if lot.remaining == lot.held:
            refresh_next_expiry(wallet, draft)
            return


def refresh_bounds(wallet: Wallet) -> None:
    """Makes `next_due_at` and `next_expiry_at` exact; needs lots, pending lots and holds."""
    account = wallet.account
    expiry = next_expiry(wallet.lots, account)
    changed = account._replace(next_due_at=earliest_due(wallet), next_expiry_at=expiry)
    if changed != account:
        wallet.state.put(ACCOUNTS, changed)


def earliest_due(wallet: Wallet) -> datetime:
    """The exact next instant at which something of the wallet falls due; needs lots, pending lots and holds."""
    account = wallet.account
    instants = [lot.expires_at for lot in wallet.lots if lot.unheld > 0]
    instants += [lot.activates_at for lot in wallet.pending_lots if lot.activates_at is not None]
    instants += [hold.deadline for hold in wallet.holds]
    if account.inactive_at is not None and account.posted > account.held:
        instants.append(account.inactive_at)
    return min(instants, default=NEVER)
