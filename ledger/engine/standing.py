"""Standing rows: configuration kept between batches, exact because its version is read in every batch.

Whatever changes a standing table raises `registry.instance.standing_version` in the same transaction (a trigger does);
a batch that sees another version reads all that is kept anew. So commands find standing rows without naming them.
"""

from collections.abc import Iterable
from typing import Any

from ledger.engine.ports import Transaction
from ledger.engine.shelf import AnyShelf, Asked
from ledger.engine.state import StandingRows
from ledger.engine.statements import Statements

KEPT_MAX = 50_000


class Standing:
    """Rows of standing shelves by asked value, at one version."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.version = -1
        self._kept: StandingRows = {}
        self.derived: dict[object, Any] = {}
        """What features worked out of the rows of this version."""

    async def at_version(self, version: int, tx: Transaction) -> StandingRows:
        """What stands at `version`; read anew where the version moved, forgotten where it is too much."""
        kept = self._kept
        if version != self.version:
            # In a dictionary of its own: another writer's batch may still be deciding on the former one.
            kept = await self._read_again(kept, tx) if len(kept) <= KEPT_MAX else {}
            self.version, self._kept, self.derived = version, kept, {}
        return kept

    async def _read_again(self, former: StandingRows, tx: Transaction) -> StandingRows:
        kept: StandingRows = {}
        asked: dict[AnyShelf, list[Asked]] = {}
        for shelf, value in former:
            asked.setdefault(shelf, []).append(value)
        for shelf, values in asked.items():
            await self.load(kept, shelf, values, tx)
        return kept

    async def load(self, kept: StandingRows, shelf: AnyShelf, values: Iterable[Asked], tx: Transaction) -> None:
        """Adds the rows of `values` to what stands."""
        missing = [value for value in dict.fromkeys(values) if (shelf, value) not in kept]
        if not missing:
            return
        fresh: dict[Asked, list[tuple[object, ...]]] = {value: [] for value in missing}
        for record in await tx.run(self._statements.read(shelf), missing):
            fresh[record[shelf.by_index]].append(shelf.make(record))
        kept.update(((shelf, value), rows) for value, rows in fresh.items())
