"""Accounts: who holds how much of which asset, in which role.

A guarded account has a floor or a ceiling and is changed only under its row's lock; an open account has neither, and
its balance is the sum of its postings (semantics 1).
"""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypedDict
from uuid import UUID

from ledger.book.units import (
    AMOUNT_MAX,
    NEVER,
    AccountId,
    AssetId,
    HolderId,
    InvariantViolated,
    ProgrammeId,
    computed_id,
)


class Role(StrEnum):
    """What an account is for. The first four are a member's, guarded, as are the programme's stock and budgets; the
    others are open.
    """

    WALLET = "wallet"
    PENDING = "pending"
    OWED = "owed"
    VOUCHER = "voucher"
    STOCK = "stock"
    BUDGET = "budget"
    ISSUANCE = "issuance"
    BREAKAGE = "breakage"
    REDEMPTION = "redemption"
    UNCLAIMED = "unclaimed"
    FUNDING = "funding"
    RECEIVABLE = "receivable"
    VOIDED = "voided"
    SPENT = "spent"
    DONATION = "donation"


class AccountState(StrEnum):
    """The holder's state as the account carries it, so that no hot command reads the holder."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


BOUNDS: dict[Role, tuple[int | None, int | None]] = {
    Role.WALLET: (0, None),
    Role.PENDING: (0, None),
    Role.OWED: (None, 0),
    Role.VOUCHER: (0, None),
    Role.STOCK: (0, None),
    Role.BUDGET: (0, None),
}
"""(floor, ceiling) by role; a role that is absent is open."""


LOCKED_ROLES = frozenset({Role.WALLET, Role.VOUCHER})
"""A member's accounts that are locked themselves; the others are protected by the lock of their wallet."""


class Account(NamedTuple):
    """A row of `accounts`. `posted` and `held` of an open account stay 0: its postings tell.

    A wallet also carries: whether its owed account is below zero; when all of it dies for inactivity; an instant before
    which nothing of it, its pending lots or its holds falls due (never too late, sometimes too early); when its next lot
    expires; and the version up to which lots have died for inactivity though the account lives on.
    """

    id: AccountId
    programme_id: ProgrammeId
    holder_id: HolderId
    asset_id: AssetId
    role: str
    floor: int | None
    ceiling: int | None
    state: str = AccountState.OPEN
    posted: int = 0
    held: int = 0
    version: int = 0
    owing: bool = False
    inactive_at: datetime | None = None
    next_due_at: datetime = NEVER
    next_expiry_at: datetime = NEVER
    died_version: int | None = None

    def moved(self, posted: int, held: int, version: int) -> "Account":
        """The same account with another balance. `_replace` takes more than twice as long, and every entry does this."""
        return tuple.__new__(Account, (*self[:8], posted, held, version, *self[11:]))

    @property
    def is_guarded(self) -> bool:
        """Whether the row must be locked to change it."""
        return self.floor is not None or self.ceiling is not None


class AccountParts(TypedDict, total=False):
    """What an entry may change of an account beside its balance."""

    state: str
    held: int
    owing: bool
    inactive_at: datetime | None
    next_due_at: datetime
    next_expiry_at: datetime
    died_version: int | None


@lru_cache(maxsize=65_536)
def account_id(holder_id: UUID, asset_id: UUID, role: Role) -> AccountId:
    """The id of the account, computed from what it is: no look-up stands before a lock."""
    return AccountId(computed_id(b"account", holder_id.bytes + asset_id.bytes + role.encode()))


@lru_cache(maxsize=65_536)
def open_account(programme_id: ProgrammeId, holder_id: UUID, asset_id: UUID, role: Role) -> Account:
    """A new, empty account with the bounds of its role."""
    floor, ceiling = BOUNDS.get(role, (None, None))
    return Account(
        id=account_id(holder_id, asset_id, role),
        programme_id=programme_id,
        holder_id=HolderId(holder_id),
        asset_id=AssetId(asset_id),
        role=role,
        floor=floor,
        ceiling=ceiling,
    )


def require_bounds(account: Account) -> None:
    """Raises InvariantViolated where a guarded account left its bounds; the table's CHECKs are the other half."""
    if account.floor is not None and not account.floor <= account.posted <= AMOUNT_MAX:
        raise InvariantViolated(f"account {account.id}: posted {account.posted} outside {account.floor}..{AMOUNT_MAX}")
    if account.ceiling is not None and not -AMOUNT_MAX <= account.posted <= account.ceiling:
        raise InvariantViolated(f"account {account.id}: posted {account.posted} above {account.ceiling}")
    if account.role == Role.WALLET and not 0 <= account.held <= account.posted:
        raise InvariantViolated(f"account {account.id}: held {account.held} of {account.posted}")
