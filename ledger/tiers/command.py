"""What commands on one member's tiers share: the member's holder is locked, its standings are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from ledger.engine.command import Command, command_class
from ledger.engine.shelf import Key
from ledger.engine.shelves import HOLDERS, Holder
from ledger.engine.state import State
from ledger.members.membership import programme_of, require_member, require_not_closed
from ledger.programme.rows import Programme
from ledger.tiers.rows import STANDINGS

O = TypeVar("O")  # noqa: E741 - the reply


@command_class
class TierCommand(Command[O]):
    """A command on the tiers of `member_id`. `replay_at` is obeyed under a replay clock only."""

    member_id: UUID
    replay_at: datetime | None = None

    def footprint(self) -> Sequence[Key]:
        """The member's holder, locked."""
        return [HOLDERS.key(self.member_id)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Where the member stands."""
        del state, now
        return [STANDINGS.key(self.member_id)]

    def find_member(self, state: State) -> Holder:
        """The member's holder, in whatever state. MEMBER_NOT_FOUND."""
        return require_member(state.find(HOLDERS, self.member_id), self.actor.programme_id)

    def require_member(self, state: State) -> Programme:
        """The programme. MEMBER_NOT_FOUND, MEMBER_CLOSED."""
        holder = self.find_member(state)
        require_not_closed(holder.state)
        return programme_of(state, holder)
