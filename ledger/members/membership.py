"""Membership: who is a member of the programme, and what a member that is frozen or has left may not start.

Each code is raised by a call of its own, so that a command can ask in the order of precedence.
"""

from uuid import UUID

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import InvariantViolated
from ledger.engine.shelves import Holder
from ledger.engine.state import State
from ledger.members.enrol import MEMBER
from ledger.programme.rows import PROGRAMMES, Programme


def require_member(holder: Holder | None, programme_id: UUID) -> Holder:
    """The programme's member in whatever state. MEMBER_NOT_FOUND, also where the holder is no member or another's."""
    if holder is None or holder.kind != MEMBER or holder.programme_id != programme_id:
        raise Refusal(RefusalCode.MEMBER_NOT_FOUND)
    return holder


def require_not_closed(member_state: str) -> None:
    """MEMBER_CLOSED where the member has left; `member_state` as the holder and every account of it carry it."""
    if member_state == AccountState.CLOSED:
        raise Refusal(RefusalCode.MEMBER_CLOSED)


def require_not_frozen(member_state: str) -> None:
    """MEMBER_FROZEN where the member may start nothing (semantics 2.7)."""
    if member_state == AccountState.FROZEN:
        raise Refusal(RefusalCode.MEMBER_FROZEN)


def programme_of(state: State, member: Holder) -> Programme:
    """The programme that the member belongs to."""
    programme = state.find(PROGRAMMES, member.programme_id)
    if programme is None:
        raise InvariantViolated(f"a member of no programme {member.programme_id}")
    return programme
