"""A member's wallet in one asset as commands see it: three accounts, their lots and holds, all under one lock.

The wallet's row is what is locked. The pending and the owed account belong to it and are changed only under its lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account, Role, account_id, open_account
from ledger.book.hold import Hold, HoldState
from ledger.book.lot import Lot
from ledger.book.units import AccountId, InvariantViolated, LotId
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, COMPANIONS, DRAWS, HOLDS, LOTS, LOTS_BY_ID
from ledger.engine.state import State
from ledger.programme.rows import Asset, Programme, Shortfall


class WalletIds(NamedTuple):
    """The ids of a member's accounts in an asset. Most commands need the wallet's only."""

    member_id: UUID
    asset_id: UUID
    wallet: AccountId

    @property
    def pending(self) -> AccountId:
        """The account of what will be the member's later."""
        return account_id(self.member_id, self.asset_id, Role.PENDING)

    @property
    def owed(self) -> AccountId:
        """The account of what the member owes, as a balance below zero."""
        return account_id(self.member_id, self.asset_id, Role.OWED)


def wallet_ids(member_id: UUID, asset_id: UUID) -> WalletIds:
    """The ids, computed from what the accounts are."""
    return WalletIds(member_id, asset_id, account_id(member_id, asset_id, Role.WALLET))


@dataclass(slots=True)
class Wallet:
    """The wallet with the terms it lives under. Reads the state anew each time, so it is never stale."""

    state: State
    programme: Programme
    asset: Asset
    ids: WalletIds
    absent: Account | None = None

    @property
    def account(self) -> Account:
        """The wallet's row as the batch leaves it so far; `absent`, empty and unwritten, where there is no row."""
        account = self.state.find(ACCOUNTS, self.ids.wallet) or self.absent
        if account is None:
            raise LookupError(self.ids.wallet)
        return account

    @property
    def lots(self) -> list[Lot]:
        """The wallet's open lots."""
        return [lot for lot in self.state.rows(LOTS, self.ids.wallet) if lot.remaining > 0]

    @property
    def pending_lots(self) -> list[Lot]:
        """The open lots that wait for activation."""
        return [lot for lot in self.state.rows(LOTS, self.ids.pending) if lot.remaining > 0]

    @property
    def holds(self) -> list[Hold]:
        """The open holds."""
        return [hold for hold in self.state.rows(HOLDS, self.ids.wallet) if hold.state == HoldState.OPEN]

    def lot(self, lot_id: UUID) -> Lot:
        """One of the wallet's lots, also where nothing of it remains."""
        open_lots = {lot.id: lot for lot in self.state.rows(LOTS, self.ids.wallet)}
        found = open_lots.get(LotId(lot_id)) or self.state.find(LOTS_BY_ID, lot_id)
        if found is None:
            raise InvariantViolated(f"lot {lot_id} is gone")
        return found

    @property
    def owed_account(self) -> Account:
        """The owed account's row; a new one where the member never owed anything (then no row is written)."""
        found = self.state.find(COMPANIONS, self.ids.owed)
        return found or self.new_account(Role.OWED)

    @property
    def pending_account(self) -> Account:
        """The pending account's row."""
        found = self.state.find(COMPANIONS, self.ids.pending)
        return found or self.new_account(Role.PENDING)

    @property
    def owed(self) -> int:
        """How much the member owes; no read where the wallet's row says nothing is owed."""
        return -self.owed_account.posted if self.account.owing else 0

    def available(self) -> int:
        """What may be spent once everything due is posted; may be shown negative in the NEGATIVE mode (4.8)."""
        account = self.account
        free = account.posted - account.held
        return free - self.owed if account.owing and self.asset.shortfall == Shortfall.NEGATIVE else free

    def new_account(self, role: Role) -> Account:
        """One of the member's accounts as it is before its first posting."""
        return open_account(self.programme.id, self.ids.member_id, self.asset.id, role)

    def system_account(self, role: Role) -> Account:
        """One of the programme's open accounts in the asset."""
        return open_account(self.programme.id, self.programme.id, self.asset.id, role)

    def merchant_account(self, merchant_id: UUID) -> Account:
        """The merchant's open account in the asset."""
        return open_account(self.programme.id, merchant_id, self.asset.id, Role.RECEIVABLE)


def due_keys(state: State, ids: WalletIds, until: datetime) -> Sequence[Key]:
    """What is read where something of the wallet falls due by `until`, and what is always read beside its row."""
    found = state.peek(ACCOUNTS, ids.wallet)
    if not found:
        return ()
    keys: list[Key] = [COMPANIONS.key(ids.owed)] if found[0].owing else []
    if found[0].next_due_at <= until:
        keys += [LOTS.key(ids.wallet), LOTS.key(ids.pending), HOLDS.key(ids.wallet)]
        keys += [COMPANIONS.key(ids.pending), COMPANIONS.key(ids.owed)]
        keys += [DRAWS.key(hold.id) for hold in state.peek(HOLDS, ids.wallet) if hold.is_due(until)]
    return keys
