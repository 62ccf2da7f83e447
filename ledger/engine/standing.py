"""Standing rows: configuration kept between batches, exact because its version is read in every batch.

Whatever changes a standing table raises `registry.instance.standing_version` in the same transaction (a trigger does);
a batch that sees another version than the kept rows' forgets them all and reads anew.
"""

from collections.abc import Sequence

from ledger.engine.ports import Transaction
from ledger.engine.shelf import AnyShelf, Asked, Key
from ledger.engine.state import State
from ledger.engine.statements import Statements

KEPT_MAX = 50_000


class Standing:
    """Rows of standing shelves by asked value, at one version."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._version = -1
        self._kept: dict[tuple[AnyShelf, Asked], list[tuple[object, ...]]] = {}

    def at_version(self, version: int) -> None:
        """Forgets everything where the version moved, and where too much is kept."""
        if version != self._version or len(self._kept) > KEPT_MAX:
            self._version = version
            self._kept = {}

    async def load(self, shelf: AnyShelf, keys: Sequence[Key], state: State, tx: Transaction) -> None:
        """Puts the rows of `keys` into the state, from memory where they are kept."""
        kept = self._kept
        missing = [key.value for key in keys if (shelf, key.value) not in kept]
        if missing:
            fresh: dict[Asked, list[tuple[object, ...]]] = {value: [] for value in missing}
            for record in await tx.run(self._statements.read(shelf), missing):
                fresh[record[shelf.by_index]].append(shelf.row._make(record))
            kept.update(((shelf, value), rows) for value, rows in fresh.items())
        state.load(shelf, keys, (row for key in keys for row in kept[shelf, key.value]))
