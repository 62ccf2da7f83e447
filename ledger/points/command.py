"""What all point commands share: whose wallet in which asset, the terms it lives under, and the receipt."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime
from typing import ClassVar, Unpack
from uuid import UUID

from ledger.book.account import Account, Role, open_account
from ledger.book.draft import Draft
from ledger.book.entry import EntryParts
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import AMOUNT_MAX, AssetId, ProgrammeId, is_amount
from ledger.engine.command import Command, command_class
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, HOLDERS_READ, account_key
from ledger.engine.state import State
from ledger.members.membership import require_member, require_not_closed
from ledger.partners.merchant import require_merchant
from ledger.partners.rows import MerchantState
from ledger.points.due import settle_due
from ledger.points.receipt import LotUse, Receipt, or_none
from ledger.points.wallet import Wallet, WalletIds, due_keys, wallet_ids
from ledger.programme.rows import ASSETS, PROGRAMMES, AssetKind, Shortfall, asset_id

UNKNOWN = UUID(int=0)
"""The member of a command whose entry, hold or code `find` did not find; `decide` refuses."""


@command_class
class PointsCommand(Command[Receipt]):
    """A command about one member's wallet in one points asset. `replay_at` is obeyed under a replay clock only."""

    reply: ClassVar[type] = Receipt

    member_id: UUID = UNKNOWN
    asset: str = "POINTS"
    replay_at: datetime | None = None
    known_ids: WalletIds | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def ids(self) -> WalletIds:
        """The ids of the member's accounts, computed once."""
        if self.known_ids is None:
            ids = wallet_ids(self.member_id, asset_id(self.actor.programme_id, self.asset))
            object.__setattr__(self, "known_ids", ids)
            return ids
        return self.known_ids

    def wallet_key(self) -> Key:
        """The wallet's row, locked. The terms stand, and need no key."""
        return ACCOUNTS.key(self.ids.wallet)

    def new_wallet_key(self) -> Key:
        """The wallet's row, locked, made first where it is missing."""
        return account_key(self.new_account(Role.WALLET))

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due, and what is owed."""
        return due_keys(state, self.ids, now)

    # -- deciding ----------------------------------------------------------------------------------------------------

    def new_account(self, role: Role) -> Account:
        """One of the member's accounts as it is before its first posting."""
        return open_account(ProgrammeId(self.actor.programme_id), self.member_id, self.ids.asset_id, role)

    def open_wallet(self, state: State, now: datetime, *, merchant_id: UUID | None = None) -> Wallet:
        """The open wallet with everything due posted. The codes of `find_wallet`, then MEMBER_CLOSED."""
        wallet = self.find_wallet(state, merchant_id=merchant_id)
        require_not_closed(wallet.account.state)
        settle_due(wallet, now)
        return wallet

    def find_wallet(self, state: State, *, merchant_id: UUID | None = None) -> Wallet:
        """The wallet in whatever state, as it stands; an empty one where the member never received any of the asset.
        MEMBER_NOT_FOUND, MERCHANT_NOT_FOUND where one is named, ASSET_NOT_FOUND.
        """
        ids = self.ids
        account = state.find(ACCOUNTS, ids.wallet)
        is_there = account is not None and account.programme_id == self.actor.programme_id
        absent = None if is_there else self._absent(state)
        if merchant_id is not None:
            require_merchant(state, merchant_id, self.actor.programme_id)
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        asset = state.find(ASSETS, ids.asset_id)
        if programme is None or asset is None or asset.kind != AssetKind.POINTS:
            raise Refusal(RefusalCode.ASSET_NOT_FOUND)
        return Wallet(state, programme, asset, ids, absent)

    def _absent(self, state: State) -> Account:
        """The wallet that the member does not have yet. MEMBER_NOT_FOUND."""
        holder = require_member(state.find(HOLDERS_READ, self.member_id), self.actor.programme_id)
        return self.new_account(Role.WALLET)._replace(state=holder.state)

    def draft(
        self,
        state: State,
        now: datetime,
        amount: int,
        *,
        effective_at: datetime | None = None,
        **parts: Unpack[EntryParts],
    ) -> Draft:
        """A draft of this command's entry."""
        asset_id = AssetId(self.ids.asset_id)
        return self.new_draft(
            state, now, amount, asset_id=asset_id, member_id=self.member_id, effective_at=effective_at, **parts
        )

    def require_merchant_open(self, state: State, merchant_id: UUID | None) -> None:
        """MERCHANT_CLOSED where the named merchant accepts nothing any more."""
        if merchant_id is None:
            return
        if require_merchant(state, merchant_id, self.actor.programme_id).state != MerchantState.OPEN:
            raise Refusal(RefusalCode.MERCHANT_CLOSED)


def require_amount(amount: int, field: str = "amount") -> None:
    """INVALID_INPUT where the amount is not 1 … 10^15."""
    if not is_amount(amount):
        refuse_input(field)


def require_available(wallet: Wallet, amount: int) -> None:
    """POINTS_OWED, then INSUFFICIENT_POINTS, where the wallet cannot give `amount` (semantics 2.1, 4.8)."""
    account = wallet.account
    if account.owing and wallet.asset.shortfall == Shortfall.NEGATIVE:
        raise Refusal(RefusalCode.POINTS_OWED, owed=wallet.owed)
    available = account.posted - account.held
    if amount > available:
        raise Refusal(RefusalCode.INSUFFICIENT_POINTS, available=available)


def require_room(account: Account, amount: int) -> None:
    """BALANCE_LIMIT_EXCEEDED where an account of points or vouchers would pass 10^15."""
    if account.posted + amount > AMOUNT_MAX:
        raise Refusal(RefusalCode.BALANCE_LIMIT_EXCEEDED)


def receipt(wallet: Wallet, draft: Draft, lots: Iterable[LotUse] = (), **more: object) -> Receipt:
    """The receipt of a posted draft; `more` are further fields of Receipt."""
    account, entry = wallet.account, draft.entry
    return Receipt(
        entry_id=entry.id,
        kind=entry.kind,
        member_id=wallet.ids.member_id,
        asset_id=wallet.asset.id,
        amount=entry.amount,
        effective_at=entry.effective_at,
        posted_at=entry.posted_at,
        posted=account.posted,
        held=account.held,
        available=wallet.available() if account.owing else account.posted - account.held,
        owed=wallet.owed if account.owing else 0,
        next_expiry_at=or_none(account.next_expiry_at),
        lots=tuple(lots),
        merchant_id=entry.merchant_id,
        original_entry_id=entry.original_entry_id,
        money_minor=entry.money_minor,
        rate_id=entry.rate_id,
        **more,  # type: ignore[arg-type]
    )
