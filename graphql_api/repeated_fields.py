"""Finding an object in which a field is given twice. A parser takes the last one without a word, and a proxy or a log
that takes the first one sees another amount than the ledger.
"""

import re

import orjson

from graphql_api.json_values import Json

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


def has_repeated_field(raw: bytes, value: Json) -> bool:
    """Whether an object in `raw`, of which `value` was parsed, names a field twice."""
    try:
        # As most clients write; it takes a tenth of counting.
        is_plain = orjson.dumps(value) == raw
    except orjson.JSONEncodeError:
        is_plain = False  # nested more deeply than is ever written
    return not is_plain and _STRING.sub(b"", raw).count(b":") != _count_fields(value)


def _count_fields(value: Json) -> int:
    """All fields of all objects in it."""
    count, left = 0, [value]
    while left:
        found = left.pop()
        if isinstance(found, dict):
            count += len(found)
            left.extend(found.values())
        elif isinstance(found, list):
            left.extend(found)
    return count
