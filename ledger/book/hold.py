"""Holds: amounts set aside with a deadline. A hold's id is the id of the entry that opened it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import AccountId, HoldId


class HoldState(StrEnum):
    """OPEN until captured, released or lapsed; no way back."""

    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    LAPSED = "lapsed"


class Hold(NamedTuple):
    """A row of `holds`. `merchant_id` is whom the member opened it for; None is the bank itself."""

    id: HoldId
    account_id: AccountId
    amount: int
    captured: int
    deadline: datetime
    state: str
    merchant_id: UUID | None

    def is_due(self, now: datetime) -> bool:
        """Whether the hold is over by its deadline though no entry says so yet."""
        return self.state == HoldState.OPEN and self.deadline <= now
