"""Freeze and unfreeze: what the member starts is stopped; expiry, lapse, release, clawback and captures go on."""

from datetime import datetime
from typing import ClassVar

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.state import State
from ledger.members.membership import require_not_frozen
from ledger.members.state_change import MemberStateChanged, MemberStateCommand


@command_class
class FreezeMember(MemberStateCommand):
    """Stops spend, hold and transfer (semantics 2.7)."""

    kind: ClassVar[str] = "freeze"

    def decide(self, state: State, now: datetime) -> MemberStateChanged:
        """Refused with MEMBER_NOT_FOUND, MEMBER_CLOSED, MEMBER_FROZEN."""
        holder = self.require_member(state)
        require_not_frozen(holder.state)
        draft = self.draft(state, now)
        changed = self.move_to(state, draft, holder, AccountState.FROZEN)
        post(state, draft, self.actor, private=self.reason)
        return changed


@command_class
class UnfreezeMember(MemberStateCommand):
    """Lets the member act again."""

    kind: ClassVar[str] = "unfreeze"

    def decide(self, state: State, now: datetime) -> MemberStateChanged:
        """Refused with MEMBER_NOT_FOUND, MEMBER_CLOSED, MEMBER_NOT_FROZEN."""
        holder = self.require_member(state)
        if holder.state != AccountState.FROZEN:
            raise Refusal(RefusalCode.MEMBER_NOT_FROZEN)
        draft = self.draft(state, now)
        changed = self.move_to(state, draft, holder, AccountState.OPEN)
        post(state, draft, self.actor, private=self.reason)
        return changed
