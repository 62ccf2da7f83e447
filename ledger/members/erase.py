"""Erase: the ledger forgets by what name the bank knows a closed member (semantics 9.2).

Entries, sums and statements stay; the member's random id tells nobody whose they were. The name goes with the event,
sealed, so that it is readable on a legal basis for as long as the audit log must keep the member's key and no longer.
What the bank said of the member goes with the name, and is kept nowhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Command, command_class, event_by
from ledger.engine.journal import post
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import HOLDERS
from ledger.engine.state import State
from ledger.members.enrol import ERASED
from ledger.members.facts import FACTS_SET
from ledger.members.membership import require_member
from ledger.members.rows import MEMBER_FACTS, MEMBERS_BY_ID, Member


@reply
class Erased:
    """The reply: the member is forgotten."""

    member_id: UUID
    entry_id: UUID
    erased_at: datetime


@command_class
class EraseMember(Command[Erased]):
    """Forgets the member. Run by an approval only: `ledger.control.erasure` asks for one."""

    kind: ClassVar[str] = "erase"
    reply: ClassVar[type] = Erased

    member_id: UUID

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"memberId": self.member_id}

    def footprint(self) -> Sequence[Key]:
        """The holder, locked, and what the bank calls it and says of it, which is written under the holder's lock."""
        return [shelf.key(self.member_id) for shelf in (HOLDERS, MEMBERS_BY_ID, MEMBER_FACTS)]

    def decide(self, state: State, now: datetime) -> Erased:
        """Refused with MEMBER_NOT_FOUND (also where it is erased already), MEMBER_NOT_CLOSED."""
        member = require_closed_member(state, self.member_id, self.actor.programme_id)
        draft = self.new_draft(state, now, member_id=self.member_id)
        state.put(MEMBERS_BY_ID, member._replace(external_id=f"{ERASED}{member.id}"))
        self._unsay(state, now)
        post(state, draft, self.actor, private=member.external_id)
        return Erased(member_id=self.member_id, entry_id=draft.entry.id, erased_at=now)

    def _unsay(self, state: State, now: datetime) -> None:
        """The row stays, as rows do, and says nothing any more."""
        facts = state.find(MEMBER_FACTS, self.member_id)
        if facts is None:
            return
        version = facts.version + 1
        state.put(MEMBER_FACTS, facts._replace(tiers=(), segments=(), attributes="{}", version=version))
        nothing = {"tiers": 0, "segments": 0, "attributes": 0}
        state.emit(event_by(self.actor, FACTS_SET, state, now, stream=(self.member_id, version), facts=nothing))


def require_closed_member(state: State, member_id: UUID, programme_id: UUID) -> Member:
    """The programme's member, closed and not erased yet. MEMBER_NOT_FOUND, MEMBER_NOT_CLOSED."""
    holder = require_member(state.find(HOLDERS, member_id), programme_id)
    member = state.find(MEMBERS_BY_ID, member_id)
    if member is None or member.external_id.startswith(ERASED):
        raise Refusal(RefusalCode.MEMBER_NOT_FOUND)
    if holder.state != AccountState.CLOSED:
        raise Refusal(RefusalCode.MEMBER_NOT_CLOSED)
    return member
