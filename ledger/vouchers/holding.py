"""A member's vouchers of one template as commands see them: one account with its lots and vouchers, under one lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account, Role, open_account
from ledger.book.units import NEVER, AccountId, ProgrammeId
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, LOTS
from ledger.engine.state import State
from ledger.programme.calendar import local_date
from ledger.programme.rows import Programme
from ledger.vouchers.rows import VOUCHERS, Template, Voucher
from ledger.vouchers.voucher import dies_at, live_vouchers, voucher_account_id


class HoldingIds(NamedTuple):
    """Whose vouchers of which template, and the account that they are lots of."""

    member_id: UUID
    asset_id: UUID
    account: AccountId


@lru_cache(maxsize=65_536)
def holding_ids(member_id: UUID, asset_id: UUID) -> HoldingIds:
    """The ids, computed from what the account is."""
    return HoldingIds(member_id, asset_id, voucher_account_id(member_id, asset_id))


@dataclass(slots=True)
class Holding:
    """The account with the terms it lives under. Reads the state anew each time, so it is never stale."""

    state: State
    programme: Programme
    template: Template
    ids: HoldingIds

    @property
    def account(self) -> Account:
        """The account's row as the batch leaves it so far."""
        account = self.state.find(ACCOUNTS, self.ids.account)
        if account is None:
            raise LookupError(self.ids.account)
        return account

    @property
    def live(self) -> list[Voucher]:
        """The live vouchers, oldest first."""
        return live_vouchers(self.state, self.ids.account)

    def local_day(self, now: datetime) -> date:
        """The day that the programme's wall calendar shows."""
        return local_date(now, self.programme.time_zone)

    def system_account(self, role: Role) -> Account:
        """One of the programme's open accounts in the template's asset."""
        return open_account(self.programme.id, self.programme.id, self.template.asset_id, role)


def new_account(programme_id: UUID, member_id: UUID, asset_id: UUID) -> Account:
    """The account as it is before its first voucher."""
    return open_account(ProgrammeId(programme_id), member_id, asset_id, Role.VOUCHER)


def receivable(account: Account, merchant_id: UUID) -> Account:
    """The merchant's open account in the asset of a member's vouchers."""
    return open_account(account.programme_id, merchant_id, account.asset_id, Role.RECEIVABLE)


def content_keys(account: UUID) -> list[Key]:
    """The account's live vouchers and open lots; not their account, which is locked."""
    return [VOUCHERS.key(account), LOTS.key(account)]


def due_keys(state: State, account: UUID, until: datetime) -> Sequence[Key]:
    """What is read where something of the account falls due by `until`."""
    found = state.peek(ACCOUNTS, account)
    return content_keys(account) if found and found[0].next_due_at <= until else ()


def earliest_death(holding: Holding) -> datetime:
    """The exact next instant at which a voucher of the account expires; needs the live vouchers."""
    return min((dies_at(voucher) for voucher in holding.live), default=NEVER)
