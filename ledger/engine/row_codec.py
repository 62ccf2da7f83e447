"""Rows to PostgreSQL's binary form: the arrays of rows that a batch writes, packed by a function made for each table.

The driver's own codec of composite arrays takes 2 µs a row and 1 µs for each instant in it, 45 µs for the eight rows of
a spend; these functions take a third of that (docs/decisions/0003). The driver lets custom codecs be set for scalar
types only, so one call here goes past its public face; a test guards it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Final

import asyncpg

Row = tuple[object, ...]
RowPacker = Callable[[Row], bytes]

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_INSTANTS_KEPT: Final = 5_000
_ARRAY_HEAD: Final = Struct("!iiIii")
_LENGTH: Final = Struct("!i")
_HEAD: Final = Struct("!ii")
_LONG: Final = Struct("!iiq")
_INTEGER: Final = Struct("!iii")
_SHORT: Final = Struct("!iih")

# Of every table that this role may write: its row type, the array of it, and the types of its columns.
_TABLES = """
    SELECT space.nspname AS schema, relation.relname AS name, row_type.oid AS element, row_type.typarray AS array,
        array_agg(attribute.atttypid ORDER BY attribute.attnum) AS columns
    FROM pg_class relation
    JOIN pg_namespace space ON space.oid = relation.relnamespace
    JOIN pg_type row_type ON row_type.oid = relation.reltype
    JOIN pg_attribute attribute ON attribute.attrelid = relation.oid AND attribute.attnum > 0
    WHERE relation.relkind IN ('r', 'p') AND NOT attribute.attisdropped
        AND space.nspname NOT IN ('pg_catalog', 'information_schema')
        AND has_any_column_privilege(relation.oid, 'INSERT')
    GROUP BY 1, 2, 3, 4
"""


class _Instants(dict[datetime, bytes]):
    """Packed instants: a batch has few different ones, and packing one takes longer than looking it up."""

    def __missing__(self, instant: datetime) -> bytes:
        if len(self) >= _INSTANTS_KEPT:
            self.clear()
        packed = self[instant] = _LONG.pack(1184, 8, (instant - _EPOCH) // _MICROSECOND)
        return packed


def _pack_day(day: date) -> bytes:
    return _INTEGER.pack(1082, 4, day.toordinal() - _EPOCH.toordinal())


_NAMES: Final[dict[str, object]] = {
    "long": _LONG.pack,
    "integer": _INTEGER.pack,
    "short": _SHORT.pack,
    "head": _HEAD.pack,
    "day": _pack_day,
    "instants": _Instants(),
    "TRUE": _HEAD.pack(16, 1) + b"\1",
    "FALSE": _HEAD.pack(16, 1) + b"\0",
    "UUID": _HEAD.pack(2950, 16),
}
# By the type's object id: the expression that packs a value which is not NULL.
_FORMS: Final[dict[int, str]] = {
    16: "TRUE if {v} else FALSE",
    17: "head(17, len({v})) + {v}",
    20: "long(20, 8, {v})",
    21: "short(21, 2, {v})",
    23: "integer(23, 4, {v})",
    25: "head(25, len(t := {v}.encode())) + t",
    1082: "day({v})",
    1184: "instants[{v}]",
    2950: "UUID + {v}.bytes",
}

# What the database fills itself.
_MAY_BE_NULL: Final = frozenset({5069})


async def install(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Lets the connection take rows as arrays of their table's row type, for every table that its role may write."""
    settings = connection._protocol.get_settings()  # type: ignore[attr-defined]  # noqa: SLF001
    for found in await connection.fetch(_TABLES):
        if not _MAY_BE_NULL.issuperset(set(found["columns"]) - set(_FORMS)):
            continue  # a table of other types keeps the driver's own codec
        encode = _array_encoder(found["element"], found["columns"])
        name, schema = f"_{found['name']}", found["schema"]
        settings.add_python_codec(found["array"], name, schema, [], "scalar", encode, _refuse_to_read, "binary")


def _refuse_to_read(data: bytes) -> None:
    raise NotImplementedError("arrays of rows are only written")


def _array_encoder(element: int, columns: Sequence[int]) -> Callable[[Sequence[Row]], bytes]:
    packers: dict[int, RowPacker] = {}

    def encode(rows: Sequence[Row]) -> bytes:
        fields = len(rows[0])
        pack = packers.get(fields)
        if pack is None:
            pack = packers[fields] = row_packer(columns, fields)
        parts = [_ARRAY_HEAD.pack(1, 0, element, len(rows), 1)]
        for row in rows:
            packed = pack(row)
            parts += (_LENGTH.pack(len(packed)), packed)
        return b"".join(parts)

    return encode


def row_packer(columns: Sequence[int], fields: int) -> RowPacker:
    """A function that packs a row of a table with columns of these types; those after the first `fields` are NULL.

    What has no form here (the database's own columns) can only be NULL.
    """
    names = [f"v{n}" for n in range(fields)]
    parts = [repr(_LENGTH.pack(len(columns)))]
    for n, oid in enumerate(columns):
        null = repr(_HEAD.pack(oid, -1))
        form = _FORMS.get(oid) if n < fields else None
        parts.append(null if form is None else f"{null} if v{n} is None else ({form.format(v=f'v{n}')})")
    source = f"def pack(row):\n    {', '.join(names)}, = row\n    return b''.join(({', '.join(parts)}))\n"
    scope = dict(_NAMES)
    exec(source, scope)  # noqa: S102 - made of numbers only
    made: RowPacker = scope["pack"]  # type: ignore[assignment]
    return made
