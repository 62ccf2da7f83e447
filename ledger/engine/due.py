"""What the ledger itself posts, because its time has come: nobody asked for it, and it carries no key."""

from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.book.draft import Draft
from ledger.book.entry import Entry
from ledger.book.units import AssetId, EntryId
from ledger.engine.command import Actor
from ledger.engine.state import State

SYSTEM: Final = "system"


def due_actor(programme_id: UUID) -> Actor:
    """The ledger itself, as it posts what is due."""
    return Actor(kind=SYSTEM, id="due", programme_id=programme_id)


def sweep_actor(programme_id: UUID) -> Actor:
    """The ledger itself, as it goes round to settle what nobody touches."""
    return Actor(kind=SYSTEM, id="sweep", programme_id=programme_id)


def due_draft(
    state: State,
    kind: str,
    amount: int,
    instant: datetime,
    now: datetime,
    *,
    asset_id: AssetId,
    member_id: UUID,
    entry_id: UUID | None = None,
    original_entry_id: UUID | None = None,
    merchant_id: UUID | None = None,
) -> Draft:
    """A draft of an entry that became due at `instant`."""
    entry = Entry(
        id=EntryId(entry_id or state.ids.new()),
        kind=kind,
        effective_at=instant,
        posted_at=now,
        actor=f"{SYSTEM}:due",
        asset_id=asset_id,
        amount=amount,
        member_id=member_id,
        original_entry_id=original_entry_id,
        merchant_id=merchant_id,
    )
    return Draft(entry)
