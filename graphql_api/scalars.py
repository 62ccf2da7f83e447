"""The schema's own scalars, each strict in and canonical out.

Use them by their Python types: `Points` and `MinorUnits` (ledger.book.units), `datetime`, `date`,
`IdempotencyKey` and `JSON`. The schema takes `SCALAR_MAP` in its StrawberryConfig.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import NewType

import strawberry
from graphql import GraphQLError, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from graphql_api.time_text import DATE, DATE_TIME, read_date_time
from ledger.book.units import MinorUnits, Points

IdempotencyKey = NewType("IdempotencyKey", str)
JSON = NewType("JSON", object)
LogIndex = NewType("LogIndex", int)

_DOCS = "https://scrip.example/reference/scalars"
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_KEY = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)


def parse_integer(value: object) -> int:
    """A signed 64-bit integer from a JSON integer or a plain decimal string; GraphQLError for anything else.

    No float (JSON numbers beyond 2^53 lose digits in JavaScript), no bool, no sign or zero in front, no spaces.
    """
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value) or value == "-0":
            raise GraphQLError('Expected a whole number, such as 1250 or "1250".')
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError('Expected a whole number, such as 1250 or "1250".')
    if not _INT64_MIN <= value <= _INT64_MAX:
        raise GraphQLError("The number does not fit into 64 bits.")
    return value


def serialize_integer(value: object) -> str:
    """The decimal string of a 64-bit integer; TypeError, a bug, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not _INT64_MIN <= value <= _INT64_MAX:
        raise TypeError("an amount must be a 64-bit int")
    return str(int(value))


def parse_date_time(value: object) -> datetime:
    """An aware UTC instant from RFC 3339 with an offset and at most microseconds; GraphQLError otherwise."""
    if not isinstance(value, str) or not DATE_TIME.fullmatch(value):
        raise GraphQLError('Expected an instant with an offset, such as "2026-01-31T23:59:59Z".')
    try:
        return read_date_time(value)
    except ValueError:
        raise GraphQLError("There is no such instant.") from None


def serialize_date_time(value: object) -> str:
    """RFC 3339 in UTC with microseconds and `Z`; TypeError, a bug, for a naive time."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("an instant must be an aware datetime")
    return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse_date(value: object) -> date:
    """A calendar date from `YYYY-MM-DD`; GraphQLError otherwise."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        raise GraphQLError('Expected a date, such as "2026-01-31".')
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError("There is no such date.") from None


def serialize_date(value: object) -> str:
    """`YYYY-MM-DD`; TypeError, a bug, for anything but a plain date."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError("a date must be a date")
    return value.isoformat()


def parse_idempotency_key(value: object) -> IdempotencyKey:
    """1 to 255 printable ASCII characters, compared bytewise; GraphQLError otherwise."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise GraphQLError("Expected 1 to 255 printable ASCII characters.")
    return IdempotencyKey(value)


def _parse_key_literal(node: ValueNode, variables: Mapping[str, object] | None = None) -> IdempotencyKey:
    """Written in the document: a string, and nothing that merely looks like one."""
    del variables
    return parse_idempotency_key(node.value if isinstance(node, StringValueNode) else None)


def _as_it_is(value: object) -> object:
    return value


SCALAR_MAP: Mapping[object, ScalarDefinition] = MappingProxyType(
    {
        Points: strawberry.scalar(
            name="Points",
            description="A signed 64-bit number of points, or of the smallest units of another asset where the field may be "
            "about any: a decimal string out; a decimal string or an integer in.",
            specified_by_url=f"{_DOCS}#points",
            serialize=serialize_integer,
            parse_value=parse_integer,
        ),
        MinorUnits: strawberry.scalar(
            name="MinorUnits",
            description="A signed 64-bit amount of money in the currency's smallest unit (cents): a decimal string out; "
            "a decimal string or an integer in.",
            specified_by_url=f"{_DOCS}#minor-units",
            serialize=serialize_integer,
            parse_value=parse_integer,
        ),
        LogIndex: strawberry.scalar(
            name="LogIndex",
            description="A place in the audit log, from 0, or its size: a decimal string out; a decimal string or an "
            "integer in.",
            specified_by_url=f"{_DOCS}#log-index",
            serialize=serialize_integer,
            parse_value=parse_integer,
        ),
        datetime: strawberry.scalar(
            name="DateTime",
            description="An instant: RFC 3339 with an offset and at most microseconds in; UTC with `Z` out.",
            specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
            serialize=serialize_date_time,
            parse_value=parse_date_time,
        ),
        date: strawberry.scalar(
            name="Date",
            description="A calendar date, `YYYY-MM-DD`, in the programme's time zone.",
            specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
            serialize=serialize_date,
            parse_value=parse_date,
        ),
        IdempotencyKey: strawberry.scalar(
            name="IdempotencyKey",
            description="A key of the caller's choice for one intent, 1 to 255 printable ASCII characters. "
            "The same key again gives the same outcome. It must not be personal data.",
            specified_by_url=f"{_DOCS}#idempotency-key",
            serialize=str,
            parse_value=parse_idempotency_key,
            parse_literal=_parse_key_literal,
        ),
        JSON: strawberry.scalar(
            name="JSON",
            description="Any JSON value.",
            specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
            serialize=_as_it_is,
            parse_value=_as_it_is,
        ),
    }
)
"""Python type → scalar, for StrawberryConfig(scalar_map=SCALAR_MAP)."""
