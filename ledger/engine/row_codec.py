"""The arrays of rows that a batch writes, packed by a function made for each table (`row_packer.py`).

The driver's own codec of composite arrays takes 2 µs a row and 1 µs for each instant in it, 45 µs for the eight rows of
a spend; these functions take a tenth of that (docs/decisions/0003).
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final

import asyncpg

from ledger.engine.array_codec import array_head
from ledger.engine.driver_codec import set_codec
from ledger.engine.row_packer import KNOWN_TYPES, Column, Row, RowsPacker, row_packer

_NOT_PACKABLE: Final = (AttributeError, TypeError, struct.error)
"""What a packer raises where a value, None say, is not what its column takes."""

# Of every table that this role may write: its row type, the array of it, and of its columns the types and NOT NULL.
_TABLES = """
    SELECT space.nspname AS schema, relation.relname AS name, row_type.oid AS element, row_type.typarray AS array,
        array_agg(attribute.atttypid ORDER BY attribute.attnum) AS types,
        array_agg(attribute.attnotnull ORDER BY attribute.attnum) AS required
    FROM pg_class relation
    JOIN pg_namespace space ON space.oid = relation.relnamespace
    JOIN pg_type row_type ON row_type.oid = relation.reltype
    JOIN pg_attribute attribute ON attribute.attrelid = relation.oid AND attribute.attnum > 0
    WHERE relation.relkind IN ('r', 'p') AND NOT attribute.attisdropped
        AND space.nspname NOT IN ('pg_catalog', 'information_schema')
        AND has_any_column_privilege(relation.oid, 'INSERT')
    GROUP BY 1, 2, 3, 4
"""


# What the database fills itself.
_MAY_BE_NULL: Final = frozenset({5069})


async def install(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Lets the connection take rows as arrays of their table's row type, for every table that its role may write."""
    for found in await connection.fetch(_TABLES):
        if not _MAY_BE_NULL.issuperset(set(found["types"]) - KNOWN_TYPES):
            continue  # a table of other types keeps the driver's own codec
        columns = [Column(*column) for column in zip(found["types"], found["required"], strict=True)]
        encode = _array_encoder(found["element"], columns)
        name, schema = f"_{found['name']}", found["schema"]
        set_codec(connection, found["array"], name, encode, _refuse_to_read, schema=schema)


def _refuse_to_read(data: bytes) -> None:
    raise NotImplementedError("arrays of rows are only written")


def _array_encoder(element: int, columns: Sequence[Column]) -> Callable[[Sequence[Row]], bytes]:
    optional = [column._replace(is_required=False) for column in columns]
    packers: dict[int, RowsPacker] = {}

    def encode(rows: Sequence[Row]) -> bytes:
        head = array_head(element, len(rows))
        fields = len(rows[0])
        pack = packers.get(fields)
        if pack is None:
            pack = packers[fields] = row_packer(columns, fields)
        try:
            return pack(head, rows)
        except _NOT_PACKABLE:
            # A NULL where none may be is for the server to refuse: it names the column, and its refusal has a culprit.
            return row_packer(optional, fields)(head, rows)

    return encode
