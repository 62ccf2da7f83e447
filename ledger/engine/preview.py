"""Previews: what a write would find now, decided on a read-only snapshot and never written.

Reads that must be true though nothing was posted yet run the very functions that a write runs, on rows loaded here.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

from ledger.book.units import InvariantViolated
from ledger.engine.ids import IdSource
from ledger.engine.reader import Query, Snapshot
from ledger.engine.shelf import AnyShelf, Asked, Key
from ledger.engine.state import RowsMissing, State
from ledger.engine.statements import select_rows

T = TypeVar("T")
_WAVES_MAX = 6
_MISSES_MAX = 2000
_SEED = b"names of rows that are never written"


@cache
def _read(shelf: AnyShelf) -> Query:
    return Query(select_rows(shelf))


class Preview:
    """A state filled from one snapshot. What is decided on it stays in memory."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.state = State(IdSource(1, seed=_SEED, clock_ms=lambda: 0))

    async def load(self, keys: Sequence[Key], further: Callable[[State], Sequence[Key]]) -> None:
        """Loads what the keys ask for and what those rows point to, until nothing new is named."""
        wanted = [*keys, *further(self.state)]
        for _ in range(_WAVES_MAX):
            fresh = [key for key in wanted if not self.state.is_loaded(key)]
            if not fresh:
                return
            await self._load(fresh)
            wanted = list(further(self.state))

    async def _load(self, keys: Sequence[Key]) -> None:
        by_shelf: dict[AnyShelf, dict[Asked, None]] = {}
        for key in keys:
            by_shelf.setdefault(key.shelf, {})[key.value] = None
        for shelf, group in by_shelf.items():
            asked = list(group)
            records = await self._snapshot.rows(_read(shelf), {"asked": asked})
            self.state.load(shelf, asked, map(shelf.make, records))

    async def decide(self, decision: Callable[[State], T]) -> T:
        """Runs a decision; where rows turn out to be missing, reads them and runs it again."""
        for _ in range(_MISSES_MAX):
            self.state.begin_unit()
            try:
                return decision(self.state)
            except RowsMissing as missing:
                self.state.drop_unit()
                await self._load([missing.key])
        raise InvariantViolated("a preview that always asks for more rows")
