"""What is due: activation, lapse and expiry, posted by the next write, dated to their instants (semantics 2.2).

At one instant the order is activate, lapse, expire (semantics 6.8). Exactly once, because the wallet's lock is held and
each posting uses up what made it due.
"""

from datetime import datetime

from ledger.book.account import Account, Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.hold import Hold, HoldState
from ledger.book.lot import Lot, is_overdue, next_expiry
from ledger.book.units import AMOUNT_MAX, NEVER, InvariantViolated, LotId
from ledger.engine.due import due_actor, due_draft
from ledger.engine.journal import post
from ledger.engine.shelves import DRAWS, HOLDS
from ledger.points.bounds import bring_forward, refresh_bounds
from ledger.points.wallet import Wallet
from ledger.programme.calendar import local_date
from ledger.programme.expiry import expires_at

ACTIVATION = "activation"
LAPSE = "lapse"
EXPIRY = "expiry"
_EVENTS_MAX = 100_000


def settle_due(wallet: Wallet, now: datetime) -> None:
    """Posts everything of the wallet that is due at `now`, in the order in which it fell due."""
    if wallet.account.next_due_at > now:
        return
    reached = datetime.min.replace(tzinfo=now.tzinfo)
    for _ in range(_EVENTS_MAX):
        instant = _settle_next(wallet, reached, now)
        if instant is None:
            refresh_bounds(wallet)
            return
        reached = instant
    raise InvariantViolated(f"wallet {wallet.ids.wallet} never runs out of due events")


def _settle_next(wallet: Wallet, reached: datetime, now: datetime) -> datetime | None:
    """Posts the earliest due event and returns its instant; None where nothing is due. What a lapse at `reached` gave
    back after its lot's date expires at the return, not earlier.
    """
    waiting = [lot for lot in wallet.pending_lots if has_room(wallet, lot)]
    activations = [(lot.activates_at, lot) for lot in waiting if lot.activates_at is not None]
    at, lot = min(activations, key=lambda pair: (pair[0], pair[1].id), default=(NEVER, None))
    lapsing = min(wallet.holds, key=lambda hold: (hold.deadline, hold.id), default=None)
    lapses_at = lapsing.deadline if lapsing else NEVER
    death = max(reached, _next_death(wallet))
    instant = min(at, lapses_at, death)
    if instant > now:
        return None
    if lot is not None and at == instant:
        activate(wallet, lot, instant, now)
    elif lapsing is not None and lapses_at == instant:
        lapse(wallet, lapsing, instant, now)
    else:
        expire(wallet, instant, now)
    return instant


def has_room(wallet: Wallet, lot: Lot) -> bool:
    """Whether the balance stays within 10^15 when the lot activates; it waits until then."""
    return wallet.account.posted + lot.remaining - wallet.owed <= AMOUNT_MAX


def _next_death(wallet: Wallet) -> datetime:
    return next_expiry(wallet.lots, wallet.account)


def _draft(
    wallet: Wallet, kind: str, amount: int, instant: datetime, now: datetime, *, lapsed: Hold | None = None
) -> Draft:
    return due_draft(
        wallet.state,
        kind,
        amount,
        instant,
        now,
        asset_id=wallet.asset.id,
        member_id=wallet.ids.member_id,
        original_entry_id=None if lapsed is None else lapsed.id,
        merchant_id=None if lapsed is None else lapsed.merchant_id,
    )


def _post(wallet: Wallet, draft: Draft) -> None:
    post(wallet.state, draft, due_actor(wallet.programme.id))


def activate(wallet: Wallet, lot: Lot, instant: datetime, now: datetime) -> None:
    """Moves a pending lot into the wallet, where its life begins; what is owed is repaid first (semantics 4.4, 4.8)."""
    draft = _draft(wallet, ACTIVATION, lot.remaining, instant, now)
    move_activated(wallet, draft, lot, instant)
    _post(wallet, draft)


def move_activated(wallet: Wallet, draft: Draft, lot: Lot, instant: datetime) -> Lot | None:
    """The postings of an activation at `instant`; returns the wallet's new lot, None where all of it was owed."""
    pending, amount = wallet.pending_account, lot.remaining
    draft.draw(lot, DrawKind.TAKE, amount)
    repaid = repay(wallet, draft, pending, amount)
    rest = amount - repaid
    if rest == 0:
        return None
    account = wallet.account
    draft.move(pending, account, rest)
    start = local_date(instant, wallet.programme.time_zone)
    death = expires_at(lot.expiry or "never", start, wallet.programme.time_zone)
    granted = draft.grant(
        account,
        LotId(wallet.state.ids.new()),
        rest,
        expires_at=death,
        granted_at=instant,
        priority=lot.priority,
        purchased=lot.purchased,
        source_lot_id=lot.id,
    )
    bring_forward(wallet, draft, death, lot.expiry)
    return granted


def lapse(wallet: Wallet, hold: Hold, instant: datetime, now: datetime) -> None:
    """Gives back what a hold set aside, at its deadline."""
    draft = _draft(wallet, LAPSE, hold.amount, instant, now, lapsed=hold)
    release_hold(wallet, draft, hold, HoldState.LAPSED, captured=0)
    _post(wallet, draft)


def release_hold(wallet: Wallet, draft: Draft, hold: Hold, state: HoldState, *, captured: int) -> list[tuple[Lot, int]]:
    """Ends a hold: everything set aside is released, and the parts are returned in the order they were drawn."""
    lots = {lot.id: lot for lot in wallet.lots}
    aside = [draw for draw in wallet.state.rows(DRAWS, hold.id) if draw.kind == DrawKind.SET_ASIDE]
    parts = [(draft.draw(lots[draw.lot_id], DrawKind.RELEASE, draw.amount), draw.amount) for draw in aside]
    draft.hold(wallet.account, -hold.amount)
    for lot, _ in parts:
        bring_forward(wallet, draft, lot.expires_at)
    wallet.state.put(HOLDS, hold._replace(state=state, captured=captured))
    return parts


def expire(wallet: Wallet, instant: datetime, now: datetime) -> None:
    """Posts to breakage the unheld remainder of every lot that is dead at `instant`, as one entry."""
    dead = dead_lots(wallet, instant)
    draft = _draft(wallet, EXPIRY, sum(lot.unheld for lot in dead), instant, now)
    move_expired(wallet, draft, dead)
    _post(wallet, draft)


def expire_dead(wallet: Wallet, now: datetime) -> None:
    """Expires at once what returned or arrived after its date (semantics 2.4, 4.6)."""
    if dead_lots(wallet, now):
        expire(wallet, now, now)
        refresh_bounds(wallet)


def dead_lots(wallet: Wallet, instant: datetime) -> list[Lot]:
    """The lots of which something has expired by `instant`."""
    return [lot for lot in wallet.lots if is_overdue(lot, wallet.account, instant)]


def move_expired(wallet: Wallet, draft: Draft, dead: list[Lot]) -> int:
    """The posting of an expiry, one draw per lot; returns the points."""
    amount = sum(draft.lot(lot).unheld for lot in dead)
    draft.move(wallet.account, wallet.system_account(Role.BREAKAGE), amount)
    for lot in dead:
        draft.draw(lot, DrawKind.TAKE, draft.lot(lot).unheld)
    return amount


def repay(wallet: Wallet, draft: Draft, source: Account, amount: int) -> int:
    """Posts from `source` what repays the owed account, at most `amount`; returns how much (semantics 4.8)."""
    owed = wallet.owed
    if owed == 0:
        return 0
    repaid = min(owed, amount)
    draft.move(source, wallet.owed_account, repaid)
    if repaid == owed:
        draft.change(wallet.account, owing=False)
    return repaid
