"""Shelves: how one kind of row is read and written for a batch. A value, not a class per feature."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table

R = TypeVar("R", bound=tuple[object, ...])
Asked = UUID | bytes | str


@dataclass(frozen=True, slots=True, eq=False)
class Shelf(Generic[R]):
    """One table as the engine sees it; `row` is a NamedTuple whose fields are columns of `table`.

    by:        the column that rows are asked by; "" for shelves that are only written
    where:     only these rows are read (open lots, say)
    lock_rank: rows are locked, rank by rank and id by id; None: protected by an account's lock
    updates:   the columns that `put` may change; () means append-only
    standing:  rows that rarely change and are kept between batches, until the standing version moves
    make:      a row of its values
    all_columns, changing: which columns, by their place, an insert of rows needs, and which an update
    """

    table: Table
    row: type[R]
    by: str = ""
    pk: str = "id"
    where: ColumnElement[bool] | None = None
    lock_rank: int | None = None
    updates: tuple[str, ...] = ()
    standing: bool = False
    make: Callable[[Iterable[object]], R] = field(init=False)
    columns: tuple[str, ...] = field(init=False)
    by_index: int = field(init=False)
    pk_index: int = field(init=False)
    is_single: bool = field(init=False)
    all_columns: frozenset[int] = field(init=False)
    changing: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        columns: tuple[str, ...] = self.row._fields  # type: ignore[attr-defined]
        object.__setattr__(self, "make", partial(tuple.__new__, self.row))
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "all_columns", frozenset(range(len(columns))))
        object.__setattr__(
            self, "changing", frozenset(columns.index(name) for name in (self.pk, *self.updates) if self.updates)
        )
        object.__setattr__(self, "by_index", columns.index(self.by) if self.by else -1)
        object.__setattr__(self, "is_single", self.by == self.pk)
        object.__setattr__(self, "pk_index", columns.index(self.pk) if self.by else -1)

    def key(self, value: Asked, *, create: R | None = None) -> "Key":
        """Asks for every row whose `by` column is `value`; a row to `create` is made first where there is none."""
        return tuple.__new__(Key, (self, value, create))


AnyShelf = Shelf[Any]
"""A shelf whose kind of row does not matter: the engine's loops over all of them."""


class Key(NamedTuple):
    """What a footprint names: rows of a shelf, asked by one value."""

    shelf: AnyShelf
    value: Asked
    create: tuple[object, ...] | None = None
