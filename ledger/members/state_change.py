"""Changing a member's state: open, frozen or closed, carried by the holder and by every account of it (semantics 2.7).

What changes it locks the holder and then all its wallets and voucher accounts, so that no command that a
freeze should stop slips through, and no account is made in the old state meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from ledger.book.account import LOCKED_ROLES, Account, AccountState
from ledger.book.draft import Draft
from ledger.book.units import AssetId
from ledger.engine import tables
from ledger.engine.command import Command, command_class
from ledger.engine.reader import Query, Reader
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, ACCOUNTS_OF_HOLDER, COMPANIONS, HOLDERS, Holder
from ledger.engine.state import State
from ledger.engine.unit import WrongKeys
from ledger.members.membership import require_member, require_not_closed

_LOCKED = Query(
    select(tables.ACCOUNTS.c.id, tables.ACCOUNTS.c.asset_id)
    .where(
        tables.ACCOUNTS.c.holder_id == bindparam("holder_id"),
        or_(*(tables.ACCOUNTS.c.role == role for role in sorted(LOCKED_ROLES))),
    )
    .order_by(tables.ACCOUNTS.c.id)
)


@reply
class MemberStateChanged:
    """The reply: the member's state from now on."""

    member_id: UUID
    entry_id: UUID
    state: str
    changed_at: datetime


@command_class
class MemberStateCommand(Command[MemberStateChanged]):
    """What freezing, unfreezing and closing share. `locked` are found, never given: (account, asset) of the wallets and
    voucher accounts.

    reason: free text, kept sealed
    """

    reply: ClassVar[type] = MemberStateChanged

    member_id: UUID
    reason_code: str | None = None
    reason: str | None = None
    locked: tuple[tuple[UUID, UUID], ...] = ()

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "reasonCode": self.reason_code,
            "reason": self.reason,
            "reference": self.reference,
        }

    async def find(self, reader: Reader) -> Self:
        """The accounts to lock."""
        rows = await reader.rows(_LOCKED, {"holder_id": self.member_id})
        return replace(self, locked=tuple((row["id"], row["asset_id"]) for row in rows))

    def footprint(self) -> Sequence[Key]:
        """The holder, then its wallets and voucher accounts, all locked."""
        return [HOLDERS.key(self.member_id), *(ACCOUNTS.key(account) for account, _ in self.locked)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Every account of the holder as the locks found them, and the rows of those that wallets protect."""
        del now
        accounts = state.peek(ACCOUNTS_OF_HOLDER, self.member_id)
        companions = [COMPANIONS.key(account.id) for account in accounts if account.role not in LOCKED_ROLES]
        return [ACCOUNTS_OF_HOLDER.key(self.member_id), *companions]

    def require_member(self, state: State) -> Holder:
        """The member's holder, not closed. MEMBER_NOT_FOUND, MEMBER_CLOSED."""
        holder = require_member(state.find(HOLDERS, self.member_id), self.actor.programme_id)
        require_not_closed(holder.state)
        return holder

    def accounts(self, state: State) -> list[Account]:
        """Every account of the member as the batch leaves it so far; WrongKeys where one to lock was made meanwhile."""
        found = []
        for account in sorted(state.rows(ACCOUNTS_OF_HOLDER, self.member_id), key=lambda each: each.id):
            is_locked = account.role in LOCKED_ROLES
            if is_locked and not state.is_loaded(ACCOUNTS.key(account.id)):
                raise WrongKeys(account.id)
            found.append(state.find(ACCOUNTS if is_locked else COMPANIONS, account.id) or account)
        return found

    def draft(self, state: State, now: datetime, *, asset_id: UUID | None = None, amount: int = 0) -> Draft:
        """A draft of this command's entry."""
        return self.new_draft(
            state,
            now,
            amount,
            asset_id=None if asset_id is None else AssetId(asset_id),
            member_id=self.member_id,
            reason_code=self.reason_code,
        )

    def move_to(self, state: State, draft: Draft, holder: Holder, member_state: AccountState) -> MemberStateChanged:
        """Lets the holder and every account of it carry the new state; each account gets a statement line."""
        for account in self.accounts(state):
            draft.change(account, state=member_state)
        state.put(HOLDERS, holder._replace(state=member_state))
        return MemberStateChanged(
            member_id=self.member_id, entry_id=draft.entry.id, state=member_state, changed_at=draft.entry.posted_at
        )
