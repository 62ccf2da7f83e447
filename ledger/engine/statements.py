"""The engine's statements: built with SQLAlchemy Core, compiled once per shape, run as the driver's prepared ones.

Every row is reached by key. Writers run with all scans but the index's, hash and merge joins switched off
(`database.py`), so that a plan made while a table was empty stays right when it has grown.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple, cast

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Interval,
    Select,
    Table,
    TableClause,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.postgresql.base import PGCompiler
from sqlalchemy.sql.elements import BindParameter, ClauseElement
from sqlalchemy.sql.selectable import CTE, TableValuedAlias
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import NullType, UserDefinedType

from ledger.book.account import Account
from ledger.engine import shelves
from ledger.engine.shelf import AnyShelf, Asked
from ledger.engine.tables import ACCOUNTS, BOOK, ENTRIES, HOLDERS, INSTANCE, REGISTRY
from ledger.engine.wire.pipeline import Statement
from ledger.engine.wire.row_packer import Sent

_NEWEST_ENTRIES = 1000
_ASSET_ID = TableClause("assets", column("id", Uuid), schema=REGISTRY).c.id
_DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]


class Compiled(NamedTuple):
    """SQL text for the driver, and the order in which it takes its named parameters."""

    text: str
    names: tuple[str, ...]


def compile_statement(statement: ClauseElement, book_schema: str) -> Compiled:
    """Compiles a Core statement with the book's real schema in place of the token.

    Constants of the statement stand in its text: only named parameters are left, and partial indexes keep matching.
    """
    plain = cast("ClauseElement", replacement_traverse(statement, {}, _inline_constant))
    compiled = plain.compile(
        dialect=_DIALECT,
        schema_translate_map={BOOK: book_schema},
        render_schema_translate=True,
    )
    return Compiled(str(compiled), tuple(cast("PGCompiler", compiled).positiontup or ()))


def _inline_constant(element: object, **_: object) -> ColumnElement[object] | None:
    if not isinstance(element, BindParameter) or element.value is None:
        return None
    # A plain value in an update's SET has no type of its own yet.
    kind = literal(element.value).type if isinstance(element.type, NullType) else element.type
    render = kind.literal_processor(_DIALECT)
    if render is None:
        raise TypeError(f"no literal for {element.value!r}")
    return literal_column(render(element.value), kind)


class Change(NamedTuple):
    """One branch of the write statement: new or changed rows of a shelf."""

    shelf: AnyShelf
    is_insert: bool
    rows: Sequence[tuple[object, ...]]

    @property
    def sent(self) -> Sent:
        """The rows as an argument."""
        return Sent(self.rows, self.shelf.all_columns if self.is_insert else self.shelf.changing)


class RowArray(UserDefinedType[list[tuple[object, ...]]]):
    """An array of a table's own row type.

    One parameter per table instead of one array per column: the driver encodes a row of sixteen columns in 40 % of the
    time, and the server reads it faster too.
    """

    cache_ok = True

    def __init__(self, row_type: str) -> None:
        self.row_type = row_type

    def get_col_spec(self, **kw: object) -> str:
        """The SQL name of the type."""
        del kw
        return f"{self.row_type}[]"


def instant_now() -> ColumnElement[datetime]:
    """`now` of semantics 10 in SQL: the database clock plus the one offset row."""
    microsecond = literal_column("interval '1 microsecond'", Interval)
    offset = select(INSTANCE.c.clock_offset_us * microsecond).scalar_subquery()
    return func.clock_timestamp(type_=DateTime(timezone=True)) + offset


class Statements:
    """What batches ask of one book schema, by shape; each text is compiled at its first use."""

    def __init__(self, book_schema: str) -> None:
        self._schema = book_schema
        self._texts: dict[object, str] = {}

    def latest_instants(self) -> Statement:
        """The instant now, and the latest one among the newest entries; NULL where there is no entry."""
        return Statement(self._cached("latest", _latest_instants))

    def instant(self) -> Statement:
        """The instant now, and the standing version."""
        return Statement(self._cached("instant", lambda: select(instant_now(), INSTANCE.c.standing_version)))

    def lock(self, shelf: AnyShelf, ids: Collection[Asked]) -> Statement:
        """Locks and returns rows in id order."""
        text = self._cached(
            ("lock", shelf), lambda: select_rows(shelf).order_by(_asked(shelf)).with_for_update(key_share=True)
        )
        return Statement(text, (ids,), shelf)

    def read(self, shelf: AnyShelf, values: Collection[Asked]) -> Statement:
        """Reads rows by their `by` column."""
        return Statement(self._cached(("read", shelf), lambda: select_rows(shelf)), (values,), shelf)

    def create_accounts(self, accounts: Sequence[Account]) -> Statement:
        """Inserts accounts that are not there yet, in their holders' state."""
        text = self._cached("create", lambda: _create_accounts(self._schema))
        return Statement(
            text, (Sent(accounts, shelves.ACCOUNTS.all_columns), [account.holder_id for account in accounts])
        )

    def write(self, changes: Sequence[Change], events: str, of_events: Sequence[object]) -> Statement:
        """One statement of data-modifying CTEs: the changes, and the sink's `events` with their arguments. It fails where
        a row to update is not there (22P02).
        """
        key = ("write", events, *((change.shelf, change.is_insert) for change in changes))
        text = self._cached(key, lambda: _write(changes, self._schema), events)
        return Statement(text, (*(change.sent for change in changes), *of_events))

    def _cached(self, key: object, build: Callable[[], ClauseElement], events: str = "") -> str:
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = _beside(events, compile_statement(build(), self._schema).text)
        return text


def _beside(events: str, text: str) -> str:
    """The statement with these branches before its own, where it has any."""
    if not events:
        return text
    return f"WITH {events}, {text.removeprefix('WITH ')}" if text.startswith("WITH ") else f"WITH {events} {text}"


@cache
def statements_of(book_schema: str) -> Statements:
    """The schema's statements, shared by all applications of this process, because compiling them takes longer than a batch."""
    return Statements(book_schema)


def _asked(shelf: AnyShelf) -> Column[object]:
    return shelf.table.c[shelf.by]


def select_rows(shelf: AnyShelf) -> Select[tuple[object, ...]]:
    """The shelf's rows by their `by` column; the parameter `asked` is the array of its values."""
    asked = _asked(shelf)
    columns = (shelf.table.c[name] for name in shelf.columns)
    statement = select(*columns).where(asked == any_(bindparam("asked", type_=ARRAY(asked.type))))
    return statement if shelf.where is None else statement.where(shelf.where)


def _rows_of(table: Table, name: str, schema: str) -> TableValuedAlias:
    """The rows of one parameter, by the table's own columns in their order."""
    columns = [column(c.name, c.type) for c in table.c]
    return func.unnest(_row_array(table, name, schema)).table_valued(*columns, name=name).render_derived()


def _row_array(table: Table, name: str, schema: str) -> ColumnElement[object]:
    row_type = RowArray(f"{schema if table.schema == BOOK else table.schema}.{table.name}")
    return sql_cast(bindparam(name, type_=row_type), row_type)


def _insert(shelf: AnyShelf, name: str, schema: str) -> Insert:
    rows = _rows_of(shelf.table, name, schema)
    values = select(*(rows.c[label] for label in shelf.columns))
    return postgres_insert(shelf.table).from_select(list(shelf.columns), values, include_defaults=False)


def _update(shelf: AnyShelf, name: str, schema: str) -> CTE:
    rows = _rows_of(shelf.table, name, schema)
    return (
        update(shelf.table)
        .where(shelf.table.c[shelf.pk] == rows.c[shelf.pk])
        .values({label: rows.c[label] for label in shelf.updates})
        .returning(shelf.table.c[shelf.pk])
        .cte(name)
    )


def _create_accounts(schema: str) -> ClauseElement:
    rows = _rows_of(ACCOUNTS, "accounts", schema)
    holders = (
        select(HOLDERS.c.id, HOLDERS.c.programme_id, HOLDERS.c.kind, HOLDERS.c.state)
        .where(HOLDERS.c.id == any_(bindparam("holders", type_=ARRAY(HOLDERS.c.id.type))))
        .order_by(HOLDERS.c.id)
        .with_for_update(read=True)
        .subquery("h")
    )
    # A guarded account is a member's: nobody earns into the wallet of a merchant.
    may_hold = or_(holders.c.kind == "member", and_(rows.c.floor.is_(None), rows.c.ceiling.is_(None)))
    same_holder = and_(holders.c.id == rows.c.holder_id, holders.c.programme_id == rows.c.programme_id, may_hold)
    known_asset = exists().where(rows.c.asset_id == _ASSET_ID)
    values = [holders.c.state if name == "state" else rows.c[name] for name in Account._fields]
    found = select(*values).select_from(rows.join(holders, same_holder)).where(known_asset).order_by(rows.c.id)
    return (
        postgres_insert(ACCOUNTS)
        .from_select(list(Account._fields), found, include_defaults=False)
        .on_conflict_do_nothing()
    )


def _latest_instants() -> ClauseElement:
    newest = select(ENTRIES.c.posted_at).order_by(ENTRIES.c.tx_id.desc()).limit(_NEWEST_ENTRIES).subquery()
    return select(instant_now(), select(func.max(newest.c.posted_at)).scalar_subquery())


def _write(changes: Sequence[Change], schema: str) -> ClauseElement:
    inserts = [_insert(c.shelf, f"i{n}", schema).cte(f"i{n}") for n, c in enumerate(changes) if c.is_insert]
    updates = {n: _update(c.shelf, f"u{n}", schema) for n, c in enumerate(changes) if not c.is_insert}
    found = [_all_found(branch, changes[n].shelf, schema) for n, branch in updates.items()]
    return select(true(), *found).add_cte(*inserts, *updates.values())


def _all_found(branch: CTE, shelf: AnyShelf, schema: str) -> ColumnElement[bool]:
    """True where every row of the update was there, and an error where not: the text is none of a boolean."""
    given = func.cardinality(_row_array(shelf.table, branch.name, schema))
    count = select(func.count()).select_from(branch).scalar_subquery()
    text = case((count == given, "true"), else_=f"{shelf.table.name}: a row to update is not there")
    return sql_cast(text, Boolean)
