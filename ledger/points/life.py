"""When a wallet dies for inactivity, reckoned from its entries: what reads of the past and the checker replay.

Commands keep the same in the wallet's row (`bounds.py`); here is what the row must say.
"""

from datetime import date, datetime
from typing import NamedTuple

from ledger.programme.expiry import inactive_at


class Move(NamedTuple):
    """What an entry did to a wallet, as far as it may give it another date.

    version:     of the wallet's statement line
    day:         the local one on which the entry took effect
    arrived_at:  when points arrived by no activity of the member's, None where it was active
    was_empty:   nothing was posted in the wallet before them
    grace_until: when the last of what a reversal lets live on dies; None where it is no reversal
    """

    version: int
    posted_at: datetime
    day: date
    arrived_at: datetime | None = None
    was_empty: bool | None = None
    grace_until: datetime | None = None


class Life(NamedTuple):
    """When a wallet dies for inactivity, and up to which version its lots have, though it lives on."""

    inactive_at: datetime | None = None
    died_version: int | None = None

    def after(self, move: Move, policy: str, time_zone: str) -> "Life":
        """As the entry leaves it under that policy; a late activity revives nothing (semantics 4.3)."""
        inactive = self.inactive_at
        until = inactive_at(policy, move.day, time_zone) if move.grace_until is None else move.grace_until
        if inactive is None:
            return Life(until)
        if until is None or not self._is_prolonged(inactive, until, move):
            return self
        return Life(until, move.version - 1 if inactive <= move.posted_at else self.died_version)

    def _is_prolonged(self, inactive: datetime, until: datetime, move: Move) -> bool:
        if move.grace_until is not None:
            return inactive <= move.posted_at
        if move.arrived_at is not None:
            return inactive <= move.arrived_at and move.was_empty is True
        return until > inactive
