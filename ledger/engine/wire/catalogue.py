"""What batches must know of the server: how arguments of its types are packed, and which columns are never NULL.

Arrays of rows are packed by a function made for each table (`row_packer.py`): 45 µs for the eight rows of a spend by the
driver's own codec, a tenth of that by these (docs/decisions/0003).
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

import asyncpg

from ledger.engine.wire.arrays import array_head, encode_bytes, encode_smallints, encode_texts, encode_uuids
from ledger.engine.wire.row_packer import Column, RowsPacker, Sent, row_packer

Encode = Callable[[Any], bytes]

_ARRAYS: Final[dict[int, Encode]] = {1001: encode_bytes, 1005: encode_smallints, 1009: encode_texts, 2951: encode_uuids}
"""By the object ids of PostgreSQL's own array types."""
_NOT_PACKABLE: Final = (AttributeError, TypeError, struct.error)
"""What a packer raises where a value, None say, is not what its column takes."""

# Of every table that this role may write: its row type, the array of it, and of its columns the numbers, types and NOT NULL.
_TABLES = """
    SELECT relation.oid AS relation, row_type.oid AS element, row_type.typarray AS array,
        array_agg(attribute.attnum ORDER BY attribute.attnum) AS numbers,
        array_agg(attribute.atttypid ORDER BY attribute.attnum) AS types,
        array_agg(attribute.attnotnull ORDER BY attribute.attnum) AS required
    FROM pg_class relation
    JOIN pg_namespace space ON space.oid = relation.relnamespace
    JOIN pg_type row_type ON row_type.oid = relation.reltype
    JOIN pg_attribute attribute ON attribute.attrelid = relation.oid AND attribute.attnum > 0
    WHERE relation.relkind IN ('r', 'p') AND NOT attribute.attisdropped
        AND space.nspname NOT IN ('pg_catalog', 'information_schema')
        AND has_any_column_privilege(relation.oid, 'INSERT')
    GROUP BY 1, 2, 3
"""


class Catalogue(NamedTuple):
    """What a connection's role may write, as it was when the connection was opened.

    encoders: by the object id of the type: of arrays of ids, bytes, texts and small numbers, and of arrays of rows of each
              table
    required: the columns that are declared NOT NULL, as the table's object id and the column's number
    """

    encoders: Mapping[int, Encode]
    required: AbstractSet[tuple[int, int]]


async def read_catalogue(connection: "asyncpg.Connection[asyncpg.Record]") -> Catalogue:
    """Asks the server, in one statement."""
    encoders = dict(_ARRAYS)
    required: set[tuple[int, int]] = set()
    for table in await connection.fetch(_TABLES):
        columns = [Column(*column) for column in zip(table["types"], table["required"], strict=True)]
        required.update((table["relation"], n) for n, c in zip(table["numbers"], columns, strict=True) if c.is_required)
        encoders[table["array"]] = _row_encoder(table["element"], columns)
    return Catalogue(encoders, required)


def _row_encoder(element: int, columns: Sequence[Column]) -> Encode:
    optional = [column._replace(is_required=False) for column in columns]
    packers: dict[tuple[int, frozenset[int]], RowsPacker] = {}

    def encode(sent: Sent) -> bytes:
        rows, needed = sent
        head = array_head(element, len(rows))
        fields = len(rows[0])
        pack = packers.get((fields, needed))
        if pack is None:
            pack = packers[fields, needed] = row_packer(columns, fields, needed)
        try:
            return pack(head, rows)
        except _NOT_PACKABLE:
            # A NULL where none may be is for the server to refuse: it names the column, and its refusal has a culprit.
            return row_packer(optional, fields, needed)(head, rows)

    return encode
