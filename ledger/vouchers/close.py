"""Close: a member leaves. Everything must be zero, or is forfeited in one entry (semantics 2.7).

It stands here because what is due of points and vouchers is posted first. Holds and locks are promises to merchants: a
forfeit releases none, so that a member with open ones is refused either way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import AccountState, Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import NEVER, InvariantViolated
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.shelves import COMPANIONS, HOLDS, LOTS
from ledger.engine.state import State
from ledger.members.membership import programme_of
from ledger.members.state_change import MemberStateChanged, MemberStateCommand
from ledger.points.due import settle_due
from ledger.points.forfeit import forfeit, is_empty, worth
from ledger.points.wallet import Wallet, due_keys, wallet_ids
from ledger.programme.rows import ASSETS, Programme
from ledger.vouchers.expire import ended, settle_expired
from ledger.vouchers.holding import Holding, content_keys, holding_ids
from ledger.vouchers.rows import TEMPLATES_BY_ASSET, VOUCHERS
from ledger.vouchers.voucher import StoredState, is_locked, lot_of


@command_class
class CloseMember(MemberStateCommand):
    """Ends the membership for good.

    forfeit: what is posted or pending, and every live voucher, goes to breakage; what is owed is written off against
             issuance
    """

    kind: ClassVar[str] = "close"

    forfeit: bool = False

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {**MemberStateCommand.fields(self), "forfeit": self.forfeit}

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Every account; what is in it and what is due."""
        keys = [*MemberStateCommand.further(self, state, now)]
        for account, asset_id in self.locked:
            ids = wallet_ids(self.member_id, asset_id)
            if account == ids.wallet:
                keys += [LOTS.key(ids.wallet), LOTS.key(ids.pending), HOLDS.key(ids.wallet)]
                keys += [COMPANIONS.key(ids.pending), COMPANIONS.key(ids.owed), *due_keys(state, ids, now)]
            else:
                keys += [*content_keys(account), TEMPLATES_BY_ASSET.key(asset_id)]
        return keys

    def decide(self, state: State, now: datetime) -> MemberStateChanged:
        """Refused with MEMBER_NOT_FOUND, MEMBER_CLOSED, MEMBER_NOT_EMPTY. A frozen member may be closed."""
        holder = self.require_member(state)
        accounts = self.accounts(state)
        programme = programme_of(state, holder)
        wallets = [self._wallet(state, programme, a.asset_id, now) for a in accounts if a.role == Role.WALLET]
        holdings = [self._holding(state, programme, a.asset_id, now) for a in accounts if a.role == Role.VOUCHER]
        full = [wallet for wallet in wallets if not is_empty(wallet)]
        held = [holding for holding in holdings if holding.account.posted]
        is_promised = any(wallet.holds for wallet in full) or any(_has_lock(holding, now) for holding in held)
        if (full or held) and (not self.forfeit or is_promised):
            raise Refusal(RefusalCode.MEMBER_NOT_EMPTY)
        draft = self._draft(state, full, held, now)
        for wallet in full:
            forfeit(wallet, draft)
        for holding in held:
            _forfeit_vouchers(holding, draft)
        changed = self.move_to(state, draft, holder, AccountState.CLOSED)
        for account in [*(w.account for w in wallets), *(h.account for h in holdings)]:
            draft.change(account, next_due_at=NEVER, next_expiry_at=NEVER)
        post(state, draft, self.actor, private=self.reason)
        return changed

    def _wallet(self, state: State, programme: Programme, asset_id: UUID, now: datetime) -> Wallet:
        asset = state.find(ASSETS, asset_id)
        if asset is None:
            raise InvariantViolated(f"a wallet without its asset {asset_id}")
        wallet = Wallet(state, programme, asset, wallet_ids(self.member_id, asset_id))
        settle_due(wallet, now)
        return wallet

    def _holding(self, state: State, programme: Programme, asset_id: UUID, now: datetime) -> Holding:
        templates = state.rows(TEMPLATES_BY_ASSET, asset_id)
        if len(templates) != 1:
            raise InvariantViolated(f"a voucher account without its template {asset_id}")
        holding = Holding(state, programme, templates[0], holding_ids(self.member_id, asset_id))
        settle_expired(holding, now)
        return holding

    def _draft(self, state: State, full: Sequence[Wallet], held: Sequence[Holding], now: datetime) -> Draft:
        """The entry; its headline is what is forfeited, where that is of one asset."""
        forfeited = [(wallet.asset.id, worth(wallet)) for wallet in full]
        forfeited += [(holding.template.asset_id, holding.account.posted) for holding in held]
        if len(forfeited) != 1:
            return self.draft(state, now)
        ((asset_id, amount),) = forfeited
        return self.draft(state, now, asset_id=asset_id, amount=amount)


def _has_lock(holding: Holding, now: datetime) -> bool:
    return any(is_locked(voucher, now) for voucher in holding.live)


def _forfeit_vouchers(holding: Holding, draft: Draft) -> None:
    """Posts every live voucher to breakage; their validity ends now."""
    draft.move(holding.account, holding.system_account(Role.BREAKAGE), holding.account.posted)
    for voucher in holding.live:
        draft.draw(lot_of(holding.state, voucher), DrawKind.TAKE, voucher.units_left)
        holding.state.put(VOUCHERS, ended(voucher, StoredState.EXPIRED, draft.entry.posted_at))
