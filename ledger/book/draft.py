"""A draft: one journal entry while it is being composed, with everything it will do to accounts and lots.

Pure bookkeeping: `finish` proves the bounds and hands over the rows. What may be posted is for commands to decide.
"""

from datetime import datetime
from typing import Unpack, assert_never
from uuid import UUID

from ledger.book.account import Account, AccountParts, require_bounds
from ledger.book.entry import Draw, DrawKind, Entry, Posting, StatementLine
from ledger.book.lot import Lot
from ledger.book.units import NEVER, AccountId, InvariantViolated, LotId, is_amount


class Draft:
    """Gathers postings, draws, changed accounts and changed lots of `entry`.

    accounts: guarded ones, with the version that this entry gives them
    flows:    what came into each open account, net; below zero where it went out
    """

    __slots__ = ("accounts", "draws", "entry", "flows", "lines", "lots", "new_lots", "open_accounts", "postings")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.postings: list[Posting] = []
        self.draws: list[Draw] = []
        self.lines: list[StatementLine] = []
        self.accounts: dict[AccountId, Account] = {}
        self.open_accounts: dict[AccountId, Account] = {}
        self.flows: dict[AccountId, int] = {}
        self.lots: dict[LotId, Lot] = {}
        self.new_lots: dict[LotId, Lot] = {}

    def account(self, account: Account) -> Account:
        """The account as this draft leaves it so far."""
        return self.accounts.get(account.id, account)

    def lot(self, lot: Lot) -> Lot:
        """The lot as this draft leaves it so far."""
        return self.new_lots.get(lot.id) or self.lots.get(lot.id, lot)

    def change(self, account: Account, **parts: Unpack[AccountParts]) -> None:
        """Gives a guarded account a statement line though nothing is posted, and these values."""
        current = self.accounts.get(account.id)
        if current is None:
            current = account.moved(account.posted, account.held, account.version + 1)
        self.accounts[account.id] = current._replace(**parts)

    def hold(self, account: Account, amount: int) -> None:
        """Moves what is held of the account; below zero where it is released."""
        self.change(account, held=self.account(account).held + amount)

    def move(self, source: Account, destination: Account, amount: int) -> None:
        """Adds a posting of `amount` from `source` to `destination`, both in the same asset."""
        if not is_amount(amount) or source.asset_id != destination.asset_id or source.id == destination.id:
            raise InvariantViolated(f"no posting of {amount} from {source.id} to {destination.id}")
        line = len(self.postings) + 1
        row = (self.entry.id, line, source.id, destination.id, source.asset_id, amount)
        self.postings.append(tuple.__new__(Posting, row))
        self._shift(source, -amount)
        self._shift(destination, amount)

    def _shift(self, account: Account, amount: int) -> None:
        if account.floor is None and account.ceiling is None:
            self.open_accounts[account.id] = account
            self.flows[account.id] = self.flows.get(account.id, 0) + amount
            return
        current = self.accounts.get(account.id)
        if current is None:
            changed = account.moved(account.posted + amount, account.held, account.version + 1)
        else:
            changed = current.moved(current.posted + amount, current.held, current.version)
        self.accounts[account.id] = changed

    def grant(
        self,
        account: Account,
        lot_id: LotId,
        amount: int,
        *,
        expires_at: datetime = NEVER,
        granted_at: datetime | None = None,
        priority: int = 0,
        purchased: bool = False,
        source_lot_id: UUID | None = None,
        activates_at: datetime | None = None,
        expiry: str | None = None,
    ) -> Lot:
        """Adds a lot for what the last posting brought to `account`."""
        lot = Lot(
            id=lot_id,
            account_id=account.id,
            entry_id=self.entry.id,
            line=len(self.new_lots) + 1,
            account_version=self.accounts[account.id].version,
            granted_at=granted_at or self.entry.effective_at,
            granted=amount,
            remaining=amount,
            held=0,
            expires_at=expires_at,
            priority=priority,
            purchased=purchased,
            source_lot_id=source_lot_id,
            activates_at=activates_at,
            expiry=expiry,
        )
        self.new_lots[lot.id] = lot
        return lot

    def draw(self, lot: Lot, kind: DrawKind, amount: int) -> Lot:
        """Takes from, gives back to, sets aside in or releases in the lot; returns it as it is afterwards."""
        current = self.lot(lot)
        match kind:
            case DrawKind.TAKE:
                changed = current.drawn(current.remaining - amount, current.held)
            case DrawKind.GIVE_BACK:
                changed = current.drawn(current.remaining + amount, current.held)
            case DrawKind.SET_ASIDE:
                changed = current.drawn(current.remaining, current.held + amount)
            case DrawKind.RELEASE:
                changed = current.drawn(current.remaining, current.held - amount)
            case _:
                assert_never(kind)
        if amount <= 0 or not 0 <= changed.held <= changed.remaining <= changed.granted:
            raise InvariantViolated(f"lot {lot.id}: no {kind} of {amount}")
        (self.new_lots if lot.id in self.new_lots else self.lots)[lot.id] = changed
        row = (self.entry.id, len(self.draws) + 1, lot.id, lot.account_id, kind, amount)
        self.draws.append(tuple.__new__(Draw, row))
        return changed

    def finish(self) -> None:
        """Gives every changed account its statement line, and proves its bounds."""
        for key, account in self.accounts.items():
            require_bounds(account)
            row = (key, account.version, self.entry.id, account.posted, account.held)
            self.lines.append(tuple.__new__(StatementLine, row))
