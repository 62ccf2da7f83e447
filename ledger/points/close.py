"""Close: a member leaves. Everything must be zero, or is forfeited in one entry (semantics 2.7).

It stands here because what is due is posted first. Holds are promises to merchants: a forfeit releases none, so that a
member with open holds is refused either way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import AccountState, Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import NEVER, InvariantViolated
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import COMPANIONS, HOLDS, LOTS
from ledger.engine.state import State
from ledger.members.standing import Standing, StandingCommand
from ledger.points.due import settle_due
from ledger.points.wallet import Wallet, due_keys, wallet_ids
from ledger.programme.rows import ASSETS, PROGRAMMES


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseMember(StandingCommand):
    """Ends the membership for good.

    forfeit: what is posted or pending goes to breakage, what is owed is written off against issuance
    """

    kind: ClassVar[str] = "close"

    forfeit: bool = False

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {**StandingCommand.fields(self), "forfeit": self.forfeit}

    def footprint(self) -> Sequence[Key]:
        """The holder and its wallets, locked, and their terms."""
        terms = [ASSETS.key(asset_id) for _, asset_id in self.locked]
        return [*StandingCommand.footprint(self), PROGRAMMES.key(self.actor.programme_id), *terms]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Every account; and of each wallet its lots, pending lots and holds, and what is due."""
        keys = [*StandingCommand.further(self, state, now)]
        for _, asset_id in self.locked:
            ids = wallet_ids(self.member_id, asset_id)
            keys += [LOTS.key(ids.wallet), LOTS.key(ids.pending), HOLDS.key(ids.wallet)]
            keys += [COMPANIONS.key(ids.pending), COMPANIONS.key(ids.owed), *due_keys(state, ids, now)]
        return keys

    def decide(self, state: State, now: datetime) -> Standing:
        """Refused with MEMBER_NOT_FOUND, MEMBER_CLOSED, MEMBER_NOT_EMPTY. A frozen member may be closed."""
        holder = self.require_member(state)
        found = [account for account in self.accounts(state) if account.role == Role.WALLET]
        wallets = [self._settled(state, account.asset_id, now) for account in found]
        full = [wallet for wallet in wallets if not _is_empty(wallet)]
        if full and (not self.forfeit or any(wallet.holds for wallet in full)):
            raise Refusal(RefusalCode.MEMBER_NOT_EMPTY)
        draft = self._draft(state, full, now)
        for wallet in full:
            _forfeit(wallet, draft)
        standing = self.move_to(state, draft, holder, AccountState.CLOSED)
        for wallet in wallets:
            account = draft.account(wallet.account)
            draft.accounts[account.id] = account._replace(next_due_at=NEVER, next_expiry_at=NEVER)
        post(state, draft, self.actor, private=self.reason)
        return standing

    def _settled(self, state: State, asset_id: UUID, now: datetime) -> Wallet:
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        asset = state.find(ASSETS, asset_id)
        if programme is None or asset is None:
            raise InvariantViolated(f"a wallet without its programme or asset {asset_id}")
        wallet = Wallet(state, programme, asset, wallet_ids(self.member_id, asset_id))
        settle_due(wallet, now)
        return wallet

    def _draft(self, state: State, full: Sequence[Wallet], now: datetime) -> Draft:
        """The entry; its headline is what is forfeited, where that is of one asset."""
        if len(full) != 1:
            return self.draft(state, now)
        only = full[0]
        forfeited = only.account.posted + only.pending_account.posted
        return self.draft(state, now, asset_id=only.asset.id, amount=forfeited)


def _is_empty(wallet: Wallet) -> bool:
    account = wallet.account
    return not (account.posted or account.held or wallet.pending_account.posted or wallet.owed or wallet.holds)


def _forfeit(wallet: Wallet, draft: Draft) -> None:
    """Posts everything away: the lots of wallet and pending to breakage, the debt against issuance."""
    breakage, pending, owed = wallet.system_account(Role.BREAKAGE), wallet.pending_account, wallet.owed
    for account, lots in ((wallet.account, wallet.lots), (pending, wallet.pending_lots)):
        if account.posted:
            draft.move(account, breakage, account.posted)
        for lot in lots:
            draft.draw(lot, DrawKind.TAKE, lot.remaining)
    if owed:
        draft.move(wallet.system_account(Role.ISSUANCE), wallet.owed_account, owed)
        draft.touch(wallet.account, owing=False)
