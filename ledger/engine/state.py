"""The state of a batch: the loaded rows and what the batch's commands change, with an overlay per command."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from ledger.book.account import Account
from ledger.book.units import AccountId, InvariantViolated
from ledger.engine.ids import IdSource
from ledger.engine.ports import Event
from ledger.engine.shelf import AnyShelf, Asked, Key, R, Shelf

_ABSENT: Final = object()


class RowsMissing(Exception):
    """Rows that no footprint foresaw are asked for; the engine reads them and decides the unit again."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"{key.shelf.table.name} of {key.value!r}")
        self.key = key


class Group(dict[Any, Any]):
    """The rows under one asked value; new rows may come in before the others are loaded."""

    __slots__ = ("is_loaded",)

    def __init__(self) -> None:
        super().__init__()
        self.is_loaded = False


_NOTHING: Final[dict[Any, Any]] = {}


def _missing(shelf: Shelf[R], value: Asked) -> Exception:
    if shelf.lock_rank is not None:
        return InvariantViolated(f"{shelf.table.name} {value!r} is outside the footprint")
    return RowsMissing(Key(shelf, value))


class State:
    """Rows by shelf and asked value, as the batch leaves them so far.

    `put`, `add` and `emit` change the overlay; `keep` makes it part of the unit, `drop` undoes it to the last `keep`,
    `drop_unit` to the last `begin_unit`.
    """

    __slots__ = (
        "_appended",
        "_groups",
        "_inserted",
        "_kept",
        "_singles",
        "_undo",
        "_updated",
        "events",
        "ids",
        "open_accounts",
    )

    def __init__(self, ids: IdSource) -> None:
        self.ids = ids
        self.events: list[Event] = []
        self.open_accounts: dict[AccountId, Account] = {}
        # Rows of every shelf lie side by side, so the containers are untyped; `Shelf[R]` gives callers the types back.
        self._groups: dict[Any, dict[Any, Group]] = {}
        self._singles: dict[Any, dict[Any, Any]] = {}
        self._inserted: dict[Any, dict[Any, Any]] = {}
        self._appended: dict[Any, list[Any]] = {}
        self._updated: dict[Any, dict[Any, Any]] = {}
        self._undo: list[tuple[Any, Any, Any]] = []
        self._kept = 0

    # -- loading -----------------------------------------------------------------------------------------------------

    def is_loaded(self, key: Key) -> bool:
        """Whether the rows that the key asks for are here."""
        if key.shelf.is_single:
            return key.value in self._singles.get(key.shelf, _NOTHING)
        group = self._groups.get(key.shelf, _NOTHING).get(key.value)
        return group is not None and group.is_loaded

    def load(self, shelf: AnyShelf, keys: Iterable[Key], rows: Iterable[Any]) -> None:
        """Takes in rows read from the database; rows that the batch has changed meanwhile keep their change."""
        by, pk = shelf.by_index, shelf.pk_index
        if shelf.is_single:
            singles = self._singles.setdefault(shelf, {})
            read = {row[by]: row for row in rows}
            for key in keys:
                if singles.get(key.value) is None:
                    singles[key.value] = read.get(key.value)
            return
        groups = self._groups.setdefault(shelf, {})
        for key in keys:
            groups.setdefault(key.value, Group()).is_loaded = True
        for row in rows:
            groups[row[by]].setdefault(row[pk], row)

    # -- reading -----------------------------------------------------------------------------------------------------

    def rows(self, shelf: Shelf[R], value: Asked) -> list[R]:
        """The rows under `value`."""
        group = self._groups.get(shelf, _NOTHING).get(value)
        if group is None or not group.is_loaded:
            raise _missing(shelf, value)
        return list(group.values())

    def find(self, shelf: Shelf[R], value: Asked) -> R | None:
        """The one row whose primary key is `value`, or None."""
        row = self._singles.get(shelf, _NOTHING).get(value, _ABSENT)
        if row is _ABSENT:
            raise _missing(shelf, value)
        return row  # type: ignore[no-any-return]

    def peek(self, shelf: Shelf[R], value: Asked) -> list[R]:
        """The rows that are here, none where nothing was loaded: for `further`, which asks step by step."""
        if shelf.is_single:
            row = self._singles.get(shelf, _NOTHING).get(value)
            return [] if row is None else [row]
        return list(self._groups.get(shelf, _NOTHING).get(value, _NOTHING).values())

    # -- changing ----------------------------------------------------------------------------------------------------

    def put(self, shelf: Shelf[R], new: R) -> None:
        """Replaces a row that was read, or added before, by `new` (same primary key)."""
        pk = new[shelf.pk_index]
        self._set(self._rows_beside(shelf, new), pk, new)
        inserted = self._inserted.get(shelf, _NOTHING)
        identity = (new[shelf.by_index], pk)
        if identity in inserted:
            self._set(inserted, identity, new)
        elif not shelf.updates:
            raise InvariantViolated(f"{shelf.table.name} is append-only")
        else:
            self._set(self._updated.setdefault(shelf, {}), identity, new)

    def _rows_beside(self, shelf: Shelf[R], row: R) -> dict[Any, Any]:
        """The rows, by primary key, among which `row` is found from now on."""
        if shelf.is_single:
            return self._singles.setdefault(shelf, {})
        groups = self._groups.setdefault(shelf, {})
        group = groups.get(row[shelf.by_index])
        if group is None:
            group = groups[row[shelf.by_index]] = Group()
        return group

    def append(self, shelf: Shelf[R], rows: Sequence[R]) -> None:
        """Adds new rows to a shelf that is only written."""
        appended = self._appended.get(shelf)
        if appended is None:
            appended = self._appended[shelf] = []
        self._undo.append((appended, _ABSENT, len(appended)))
        appended += rows

    def add(self, shelf: Shelf[R], row: R) -> None:
        """Adds a new row, which reads under its key from now on."""
        pk = row[shelf.pk_index]
        self._set(self._rows_beside(shelf, row), pk, row)
        inserted = self._inserted.get(shelf)
        if inserted is None:
            inserted = self._inserted[shelf] = {}
        self._set(inserted, (row[shelf.by_index], pk), row)

    def mirror(self, shelf: Shelf[R], row: R) -> None:
        """Shows a row that was added to another shelf of the same table under this one too; it is written once."""
        group = self._groups.get(shelf, _NOTHING).get(row[shelf.by_index])
        if group is not None:
            self._set(group, row[shelf.pk_index], row)

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
        yield from ((shelf, rows) for shelf, rows in self._appended.items() if rows)
        yield from ((shelf, list(rows.values())) for shelf, rows in self._inserted.items() if rows)

    def updated(self) -> Iterator[tuple[AnyShelf, list[tuple[object, ...]]]]:
        """Changed rows by shelf."""
        return ((shelf, list(rows.values())) for shelf, rows in self._updated.items() if rows)
