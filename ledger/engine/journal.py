"""Posting a finished draft into the state, with its audit event."""

from operator import attrgetter
from uuid import UUID

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.engine.command import Actor
from ledger.engine.ports import Event
from ledger.engine.shelves import (
    ACCOUNTS,
    COMPANIONS,
    DRAWS,
    ENTRIES,
    ENTRIES_OF_ORIGINAL,
    LOTS,
    POSTINGS,
    STATEMENT_LINES,
)
from ledger.engine.state import State

_STREAM = attrgetter("account_id", "version")
_BALANCE = attrgetter("posted_after", "held_after")
_COMPANION_ROLES = frozenset({Role.PENDING, Role.OWED})


def post(state: State, draft: Draft, actor: Actor, private: str | None = None) -> None:
    """Finishes the draft and puts its rows into the overlay; `private` is sealed into the event."""
    draft.finish()
    entry = draft.entry
    for account in draft.accounts.values():
        state.put(COMPANIONS if account.role in _COMPANION_ROLES else ACCOUNTS, account)
    for account in draft.open_accounts.values():
        state.use_open(account)
    for lot in draft.lots.values():
        state.put(LOTS, lot)
    for lot in draft.new_lots.values():
        state.add(LOTS, lot)
    state.append(ENTRIES, (entry,))
    if entry.original_entry_id is not None:
        state.mirror(ENTRIES_OF_ORIGINAL, entry)
    if draft.postings:
        state.append(POSTINGS, draft.postings)
    state.append(STATEMENT_LINES, draft.lines)
    if draft.draws:
        state.append(DRAWS, draft.draws)
    state.emit(_event_of(draft, actor, private, state.ids.new()))


def _event_of(draft: Draft, actor: Actor, private: str | None, event_id: UUID) -> Event:
    entry = draft.entry
    row = (
        event_id,
        entry.posted_at,
        entry.kind,
        True,
        None,
        entry.actor,
        actor.client,
        entry.id,
        entry.member_id,
        list(map(_STREAM, draft.lines)),
        entry.request_id,
        {"amount": entry.amount},
        private,
        actor.programme_id,
        list(map(_BALANCE, draft.lines)),
        tuple(draft.flows.items()),
    )
    return tuple.__new__(Event, row)  # as the rows of `entry.py`
