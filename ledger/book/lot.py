"""Lots: what a holder received in one go, and the order in which lots are drawn.

Source of the order: semantics 2.3. Nothing here knows why a lot was granted or what it is spent on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account
from ledger.book.units import NEVER, AccountId, EntryId, InvariantViolated, LotId


class Lot(NamedTuple):
    """A row of `lots`. `remaining` includes `held`; a pending lot names when and under which policy it activates."""

    id: LotId
    account_id: AccountId
    entry_id: EntryId
    line: int
    account_version: int
    granted_at: datetime
    granted: int
    remaining: int
    held: int
    expires_at: datetime
    priority: int
    purchased: bool
    source_lot_id: UUID | None = None
    activates_at: datetime | None = None
    expiry: str | None = None

    def drawn(self, remaining: int, held: int) -> "Lot":
        """The same lot after a draw. `_replace` takes more than twice as long, and every entry does this."""
        return tuple.__new__(Lot, (*self[:7], remaining, held, *self[9:]))

    @property
    def unheld(self) -> int:
        """What may be drawn now."""
        return self.remaining - self.held


class Take(NamedTuple):
    """So much of this lot."""

    lot: Lot
    amount: int


spend_order = attrgetter("priority", "expires_at", "purchased", "granted_at", "account_version", "line")
"""The sort key of semantics 2.3; promotional points come before purchased ones."""


def dies_at(lot: Lot, account: Account) -> datetime:
    """The instant at which the unheld part of the lot is dead: its own date, or its account's if that is earlier.

    What died with its account stays dead when the account lives on (semantics 4.3): whatever returns to it is over.
    """
    if account.inactive_at is None:
        return lot.expires_at
    if account.died_version is not None and lot.account_version <= account.died_version:
        return lot.granted_at
    return min(lot.expires_at, account.inactive_at)


def is_overdue(lot: Lot, account: Account, now: datetime) -> bool:
    """Whether something of the lot should have expired by `now` (windows are half-open: at the instant it is over)."""
    return lot.unheld > 0 and dies_at(lot, account) <= now


def next_expiry(lots: Iterable[Lot], account: Account) -> datetime:
    """The earliest instant at which something of a lot dies; NEVER where nothing does. What is held does not expire."""
    return min((dies_at(lot, account) for lot in lots if lot.unheld > 0), default=NEVER)


def draw_lots(lots: Sequence[Lot], amount: int) -> list[Take]:
    """Splits `amount` over the lots in spend order. InvariantViolated where the lots hold less: ask before drawing."""
    takes: list[Take] = []
    left = amount
    for lot in sorted(lots, key=spend_order):
        free = lot.remaining - lot.held
        if free <= 0:
            continue
        part = min(left, free)
        takes.append(Take(lot, part))
        left -= part
        if left == 0:
            return takes
    if left:
        raise InvariantViolated(f"{left} of {amount} not covered by the lots")
    return takes
