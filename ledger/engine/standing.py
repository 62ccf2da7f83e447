"""Standing rows: configuration kept between batches, exact because its version is read in every batch.

Whatever changes a standing table raises `registry.instance.standing_version` in the same transaction (a trigger does);
a batch that sees another version reads all that is kept anew. So commands find standing rows without naming them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ledger.engine.shelf import AnyShelf, Asked
from ledger.engine.state import StandingRows
from ledger.engine.statements import Statements
from ledger.engine.unit_of_work import Tx

KEPT_MAX = 50_000


class Standing:
    """Rows of standing shelves by asked value, at one version."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.version = -1
        self._kept: StandingRows = {}
        self.derived: dict[object, Any] = {}
        """What features worked out of the rows of this version."""

    async def at_version(self, version: int, tx: Tx) -> StandingRows:
        """What stands at `version`; read anew where the version moved, forgotten where it is too much."""
        kept = self._kept
        if version != self.version:
            # In a dictionary of its own: another writer's batch may still be deciding on the former one.
            kept = await self._read_again(kept, tx) if len(kept) <= KEPT_MAX else {}
            self.version, self._kept, self.derived = version, kept, {}
        return kept

    async def _read_again(self, former: StandingRows, tx: Tx) -> StandingRows:
        kept: StandingRows = {}
        asked: dict[AnyShelf, list[Asked]] = {}
        for shelf, value in former:
            asked.setdefault(shelf, []).append(value)
        await self.load(kept, asked, tx)
        return kept

    async def load(self, kept: StandingRows, asked: Mapping[AnyShelf, Iterable[Asked]], tx: Tx) -> None:
        """Adds the rows of the values asked of each shelf to what stands."""
        missing = {shelf: [v for v in values if (shelf, v) not in kept] for shelf, values in asked.items()}
        missing = {shelf: values for shelf, values in missing.items() if values}
        if not missing:
            return
        found = await tx.ask([self._statements.read(shelf, values) for shelf, values in missing.items()])
        for (shelf, values), rows in zip(missing.items(), found, strict=True):
            fresh: dict[Asked, list[tuple[object, ...]]] = {value: [] for value in values}
            for row in rows:
                fresh[row[shelf.by_index]].append(row)
            kept.update(((shelf, value), of_value) for value, of_value in fresh.items())
