"""Receipts: the reply of every point command, with what the caller needs next (semantics 3.8)."""

from datetime import datetime
from uuid import UUID

from ledger.book.units import NEVER
from ledger.engine.reply import reply


@reply
class LotUse:
    """So much of a lot was granted, drawn or given back; `expires_at` None = never."""

    lot_id: UUID
    amount: int
    expires_at: datetime | None


@reply
class Receipt:
    """What an accepted command did, and the wallet after it. Amounts in points, `…_minor` in money's minor units.

    posted, held, available, owed: the member's wallet in the asset after the entry
    lots:          lots created or drawn by the entry, one item per draw
    expired:       points that arrived past their expiry and expired in the same entry
    remaining_due_minor: what a spend against a sum of money leaves to be paid otherwise
    approval_id:   set where nothing was posted because a second person must approve; entry_id is None then
    """

    entry_id: UUID | None
    kind: str
    member_id: UUID
    asset_id: UUID
    amount: int
    effective_at: datetime
    posted_at: datetime
    posted: int
    held: int
    available: int
    owed: int = 0
    next_expiry_at: datetime | None = None
    lots: tuple[LotUse, ...] = ()
    expired: int = 0
    merchant_id: UUID | None = None
    hold_id: UUID | None = None
    deadline: datetime | None = None
    original_entry_id: UUID | None = None
    money_minor: int | None = None
    remaining_due_minor: int | None = None
    rate_id: UUID | None = None
    approval_id: UUID | None = None


def or_none(instant: datetime) -> datetime | None:
    """An instant as the outside sees it: None for never."""
    return None if instant >= NEVER else instant


def lot_use(lot_id: UUID, amount: int, expires_at: datetime) -> LotUse:
    """A line of the receipt's `lots`."""
    return LotUse(lot_id=lot_id, amount=amount, expires_at=or_none(expires_at))
