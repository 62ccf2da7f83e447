"""The state of a batch: the loaded rows and what the batch's commands change, with an overlay per command."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ledger.book.account import Account
from ledger.book.units import AccountId, InvariantViolated
from ledger.engine.ids import IdSource
from ledger.engine.ports import Event, Sealer
from ledger.engine.shelf import AnyShelf, Asked, Key, R, Shelf

_ABSENT: Final = object()


class RowsMissing(Exception):
    """Rows that no footprint foresaw are asked for; the engine reads them and decides the unit again."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"{key.shelf.table.name} of {key.value!r}")
        self.key = key


class Group(dict[Any, Any]):
    """The rows under one asked value; new rows may come in before the others are loaded."""

    is_loaded = False


class Drawer:
    """What a batch has of one shelf. Rows of every shelf look alike here, so the containers are untyped.

    rows:     by asked value: the row itself, or None, where the shelf asks by primary key; else a Group
    inserted, updated: new and changed rows by primary key
    appended: new rows in their order, of shelves whose rows are seldom read again in the same batch
    """

    __slots__ = ("appended", "inserted", "rows", "updated")

    def __init__(self) -> None:
        self.rows: dict[Any, Any] = {}
        self.inserted: dict[Any, Any] = {}
        self.updated: dict[Any, Any] = {}
        self.appended: list[Any] = []


class _Drawers(dict[Any, Drawer]):
    def __missing__(self, shelf: AnyShelf) -> Drawer:
        drawer = self[shelf] = Drawer()
        return drawer


StandingRows = dict[tuple[AnyShelf, Asked], list[tuple[object, ...]]]


def _missing(shelf: Shelf[R], value: Asked) -> Exception:
    if shelf.lock_rank is not None:
        return InvariantViolated(f"{shelf.table.name} {value!r} is outside the footprint")
    return RowsMissing(Key(shelf, value))


class State:
    """Rows by shelf and asked value, as the batch leaves them so far.

    `put`, `add`, `append` and `emit` change the overlay; `keep` makes it part of the unit, `drop` undoes it to the last
    `keep`, `drop_unit` to the last `begin_unit`.

    standing:   rows that need no loading, whatever the footprints name
    derived:    what features worked out of those rows alone, for as long as they stand
    request_id: of the request that is being decided
    sealer:     for what a decision makes secret; None where nothing is written
    """

    __slots__ = (
        "_drawers",
        "_kept",
        "_undo",
        "derived",
        "events",
        "ids",
        "open_accounts",
        "request_id",
        "sealer",
        "standing",
    )

    def __init__(self, ids: IdSource, sealer: Sealer | None = None) -> None:
        self.ids = ids
        self.sealer = sealer
        self.standing: StandingRows = {}
        self.derived: dict[object, Any] = {}
        self.request_id: bytes | None = None
        self.events: list[Event] = []
        self.open_accounts: dict[AccountId, Account] = {}
        self._drawers = _Drawers()
        self._undo: list[tuple[Any, Any, Any]] = []
        self._kept = 0

    # -- loading -----------------------------------------------------------------------------------------------------

    def is_loaded(self, key: Key) -> bool:
        """Whether the rows that the key asks for are here."""
        shelf, value = key.shelf, key.value
        if shelf.standing and (shelf, value) in self.standing:
            return True
        rows = self._drawers[shelf].rows
        if shelf.is_single:
            return value in rows
        group = rows.get(value)
        return group is not None and group.is_loaded

    def load(self, shelf: AnyShelf, values: Iterable[Asked], rows: Iterable[Any]) -> None:
        """Takes in rows read from the database; rows that the batch has changed meanwhile keep their change."""
        by, pk = shelf.by_index, shelf.pk_index
        here = self._drawers[shelf].rows
        if shelf.is_single:
            read = {row[by]: row for row in rows}
            for value in values:
                if here.get(value) is None:
                    here[value] = read.get(value)
            return
        for value in values:
            self._group(here, value).is_loaded = True
        for row in rows:
            here[row[by]].setdefault(row[pk], row)

    # -- reading -----------------------------------------------------------------------------------------------------

    def rows(self, shelf: Shelf[R], value: Asked) -> list[R]:
        """The rows under `value`."""
        drawer = self._drawers[shelf]
        group = drawer.rows.get(value)
        if group is not None and group.is_loaded and (group or not drawer.appended):
            return list(group.values())
        return self._rows_elsewhere(shelf, value, group)

    def _rows_elsewhere(self, shelf: Shelf[R], value: Asked, group: Group | None) -> list[R]:
        """What was appended in this batch, or stands."""
        appended = [row for row in self._drawers[shelf].appended if row[shelf.by_index] == value]
        if appended:
            return appended
        if group is None or not group.is_loaded:
            self._stand(shelf, value)
            group = self._drawers[shelf].rows.get(value)
        if group is None or not group.is_loaded:
            raise _missing(shelf, value)
        return list(group.values())

    def find(self, shelf: Shelf[R], value: Asked) -> R | None:
        """The one row whose primary key is `value`, or None."""
        drawer = self._drawers[shelf]
        row = drawer.rows.get(value, _ABSENT)
        if row is _ABSENT or (row is None and drawer.appended):
            return self._find_elsewhere(shelf, value)
        return row  # type: ignore[no-any-return]

    def _find_elsewhere(self, shelf: Shelf[R], value: Asked) -> R | None:
        """What was appended in this batch, or stands."""
        drawer = self._drawers[shelf]
        appended = [row for row in drawer.appended if row[shelf.by_index] == value]
        if appended:
            return appended[-1]  # type: ignore[no-any-return]
        self._stand(shelf, value)
        if value not in drawer.rows:
            raise _missing(shelf, value)
        return drawer.rows[value]  # type: ignore[no-any-return]

    def _stand(self, shelf: AnyShelf, value: Asked) -> None:
        """Takes in standing rows at their first use."""
        rows = self.standing.get((shelf, value)) if shelf.standing else None
        if rows is not None:
            self.load(shelf, (value,), rows)

    def peek(self, shelf: Shelf[R], value: Asked) -> list[R]:
        """The rows that are here, none where nothing was loaded: for `further`, which asks step by step."""
        here = self._drawers[shelf].rows
        if value not in here:
            self._stand(shelf, value)
        found = here.get(value)
        if found is None:
            return []
        return [found] if shelf.is_single else list(found.values())

    # -- changing ----------------------------------------------------------------------------------------------------

    def put(self, shelf: Shelf[R], new: R) -> None:
        """Replaces a row that was read, or added before, by `new` (same primary key)."""
        drawer = self._drawers[shelf]
        pk: Any = new[shelf.pk_index]
        changed = drawer.inserted if pk in drawer.inserted else drawer.updated
        if changed is drawer.updated and not shelf.updates:
            raise InvariantViolated(f"{shelf.table.name} is append-only")
        self._set_row(shelf, drawer, changed, new)

    def add(self, shelf: Shelf[R], row: R) -> None:
        """Adds a new row, which reads under its key from now on and may be changed."""
        drawer = self._drawers[shelf]
        self._set_row(shelf, drawer, drawer.inserted, row)

    def _set_row(self, shelf: AnyShelf, drawer: Drawer, changed: dict[Any, Any], row: Any) -> None:  # noqa: ANN401
        """Shows the row under its key, and notes it among those that are written."""
        pk: Any = row[shelf.pk_index]
        rows = drawer.rows if shelf.is_single else self._group(drawer.rows, row[shelf.by_index])
        self._undo += ((rows, pk, rows.get(pk, _ABSENT)), (changed, pk, changed.get(pk, _ABSENT)))
        rows[pk] = changed[pk] = row

    def append(self, shelf: Shelf[R], rows: Sequence[R]) -> None:
        """Adds new rows that never change; they read under their key too, by a search."""
        appended = self._drawers[shelf].appended
        self._undo.append((appended, _ABSENT, len(appended)))
        appended += rows

    def appended(self, shelf: Shelf[R]) -> Sequence[R]:
        """The rows that were appended in this batch, in their order."""
        return self._drawers[shelf].appended

    def mirror(self, shelf: Shelf[R], row: R) -> None:
        """Shows a row that was added to another shelf of the same table under this one too; it is written once."""
        group = self._drawers[shelf].rows.get(row[shelf.by_index])
        if group is not None:
            self._set(group, row[shelf.pk_index], row)

    @staticmethod
    def _group(rows: dict[Any, Any], value: object) -> Group:
        """The group under `value`, a new one where there is none."""
        group: Group | None = rows.get(value)
        if group is None:
            group = rows[value] = Group()
        return group

    def use_open(self, account: Account) -> None:
        """Names an open account that a posting moves to or from; it is made where it does not exist yet."""
        if account.id not in self.open_accounts:
            self._set(self.open_accounts, account.id, account)

    def emit(self, event: Event) -> None:
        """Hands an audit event to the batch; a refused command's events go with its overlay."""
        self._undo.append((self.events, _ABSENT, len(self.events)))
        self.events.append(event)

    def _set(self, rows: dict[Any, Any], key: object, row: object) -> None:
        self._undo.append((rows, key, rows.get(key, _ABSENT)))
        rows[key] = row

    def begin_unit(self) -> None:
        """What happens from now on may be undone by `drop_unit`."""
        self._undo.clear()
        self._kept = 0

    def keep(self) -> None:
        """The overlay becomes part of the unit."""
        self._kept = len(self._undo)

    def drop(self) -> None:
        """The overlay since the last `keep` never was."""
        self._undo_to(self._kept)

    def drop_unit(self) -> None:
        """Nothing since `begin_unit` ever was."""
        self._undo_to(0)
        self._kept = 0

    def _undo_to(self, mark: int) -> None:
        while len(self._undo) > mark:
            rows, key, old = self._undo.pop()
            if key is _ABSENT:
                del rows[old:]
            elif old is _ABSENT:
                del rows[key]
            else:
                rows[key] = old

    # -- writing -----------------------------------------------------------------------------------------------------

    def inserted(self) -> Iterator[tuple[AnyShelf, list[tuple[object, ...]]]]:
        """New rows by shelf, in the order they were added."""
        for shelf, drawer in self._drawers.items():
            if drawer.inserted or drawer.appended:
                yield shelf, [*drawer.inserted.values(), *drawer.appended]

    def updated(self) -> Iterator[tuple[AnyShelf, list[tuple[object, ...]]]]:
        """Changed rows by shelf."""
        for shelf, drawer in self._drawers.items():
            if drawer.updated:
                yield shelf, list(drawer.updated.values())
