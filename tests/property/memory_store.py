"""The rows of the book in memory, table by table, and what reading a shelf returns of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from ledger.engine.shelf import AnyShelf
from ledger.engine.shelves import HOLDS, LOTS
from ledger.vouchers.rows import VOUCHERS

Row = Any
"""A NamedTuple of some shelf; rows of all tables lie side by side here."""

KEPT_BY: dict[AnyShelf, Callable[[Row], bool]] = {
    LOTS: lambda lot: lot.remaining > 0,
    HOLDS: lambda hold: hold.state == "open",
    VOUCHERS: lambda voucher: voucher.state == "live",
}
"""What the where-clauses of shelves say, in Python."""


class Rows:
    """The rows of one table, found by any column."""

    def __init__(self, table: Table) -> None:
        self._pk = [column.name for column in table.primary_key]
        self._rows: dict[tuple[object, ...], Row] = {}
        self._by: dict[str, dict[object, dict[tuple[object, ...], None]]] = {}

    def all(self) -> list[Row]:
        """Every row, in the order of insertion."""
        return list(self._rows.values())

    def insert(self, row: Row) -> None:
        """A new row; fails as a primary key does."""
        identity = self._identity(row)
        assert identity not in self._rows, f"duplicate {row}"
        self._rows[identity] = row
        for name, index in self._by.items():
            index.setdefault(getattr(row, name), {})[identity] = None

    def update(self, row: Row) -> bool:
        """Replaces the row with that key; False where there is none."""
        identity = self._identity(row)
        found = identity in self._rows
        if found:
            self._rows[identity] = row
        return found

    def delete(self, row: Row) -> None:
        """Forgets a row; only a rollback does."""
        identity = self._identity(row)
        del self._rows[identity]
        for name, index in self._by.items():
            del index[getattr(row, name)][identity]

    def find(self, column: str, value: object) -> list[Row]:
        """The rows whose `column` is `value`."""
        index = self._by.get(column)
        if index is None:
            index = self._by[column] = {}
            for identity, row in self._rows.items():
                index.setdefault(getattr(row, column), {})[identity] = None
        return [self._rows[identity] for identity in index.get(value, ())]

    def copy(self) -> "Rows":
        """The same rows, to be changed apart."""
        twin = Rows.__new__(Rows)
        twin._pk, twin._rows, twin._by = self._pk, dict(self._rows), {}
        return twin

    def _identity(self, row: Row) -> tuple[object, ...]:
        return tuple(getattr(row, name) for name in self._pk)


@dataclass(slots=True, kw_only=True)
class Store:
    """Every table's rows, the instant and the version of the standing rows."""

    now: datetime
    tables: dict[Table, Rows] = field(default_factory=dict)
    standing_version: int = 1

    def of(self, table: Table) -> Rows:
        """The rows of a table."""
        rows = self.tables.get(table)
        if rows is None:
            rows = self.tables[table] = Rows(table)
        return rows

    def select(self, shelf: AnyShelf, values: Iterable[object]) -> list[Row]:
        """What reading the shelf by these values returns."""
        assert (shelf.where is None) == (shelf not in KEPT_BY), f"say in Python what {shelf} reads"
        keep = KEPT_BY.get(shelf, lambda _: True)
        rows = self.of(shelf.table)
        return [row for value in dict.fromkeys(values) for row in rows.find(shelf.by, value) if keep(row)]
