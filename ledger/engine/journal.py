"""Posting a finished draft into the state, with its audit event."""

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
    state.emit(
        Event.__new__(  # as Entry in `new_draft`
            Event,
            id=state.ids.new(),
            at=entry.posted_at,
            type=entry.kind,
            accepted=True,
            code=None,
            actor=entry.actor,
            client=actor.client,
            resource_id=entry.id,
            subject_id=entry.member_id,
            streams=[(line.account_id, line.version) for line in draft.lines],
            request_id=entry.request_id,
            facts={"amount": entry.amount},
            private=private,
            programme_id=actor.programme_id,
            balances=[(line.posted_after, line.held_after) for line in draft.lines],
            flows=tuple(draft.flows.items()),
        )
    )
