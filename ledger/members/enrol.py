"""Enrol: a customer of the bank becomes a member and can hold points."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import HolderId, ProgrammeId
from ledger.engine.command import Command, command_class
from ledger.engine.journal import post
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import HOLDERS, Holder
from ledger.engine.state import State
from ledger.members.rows import MEMBERS, Member, member_of
from ledger.programme.rows import PROGRAMMES

EXTERNAL_ID_LENGTH_MAX = 128
MEMBER = "member"
ERASED = "erased:"
"""What an erased member's external id begins with, before its own id; nobody else is called so."""


@reply
class Enrolled:
    """The reply: who the member is from now on."""

    member_id: UUID
    entry_id: UUID
    enrolled_at: datetime


@command_class
class EnrolMember(Command[Enrolled]):
    """Enrols the customer whom the bank calls `external_id`, once per programme.

    Two that race for one external id are decided by the table's unique constraint: the loser's batch runs again and
    then sees the winner. `replay_at` is obeyed under a replay clock only.
    """

    kind: ClassVar[str] = "enrol"
    reply: ClassVar[type] = Enrolled

    external_id: str
    replay_at: datetime | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"externalId": self.external_id, "reference": self.reference}

    def footprint(self) -> Sequence[Key]:
        """Whoever has the external id."""
        return [MEMBERS.key(self.external_id)] if is_external_id(self.external_id) else []

    def require_input(self) -> None:
        """INVALID_INPUT where nobody can be called so."""
        if not is_external_id(self.external_id):
            refuse_input("externalId")

    def decide(self, state: State, now: datetime) -> Enrolled:
        """Refused with PROGRAMME_NOT_FOUND, EXTERNAL_ID_TAKEN (which names the member)."""
        programme_id = ProgrammeId(self.actor.programme_id)
        if state.find(PROGRAMMES, programme_id) is None:
            raise Refusal(RefusalCode.PROGRAMME_NOT_FOUND)
        taken = member_of(list(state.rows(MEMBERS, self.external_id)), programme_id)
        if taken is not None:
            raise Refusal(RefusalCode.EXTERNAL_ID_TAKEN, member_id=str(taken.id))
        member_id = HolderId(state.ids.new())
        draft = self.new_draft(state, now, member_id=member_id)
        state.add(HOLDERS, Holder(id=member_id, programme_id=programme_id, kind=MEMBER, state=AccountState.OPEN))
        state.add(MEMBERS, Member(member_id, programme_id, self.external_id, now, draft.entry.id))
        post(state, draft, self.actor)
        return Enrolled(member_id=member_id, entry_id=draft.entry.id, enrolled_at=now)


def is_external_id(text: str) -> bool:
    """Whether it may be the bank's own id of a customer: 1 to 128 printable characters without blanks around."""
    is_plain = 0 < len(text) <= EXTERNAL_ID_LENGTH_MAX and text.isprintable() and text == text.strip()
    return is_plain and not text.startswith(ERASED)
