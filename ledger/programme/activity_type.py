"""Types of activities: the shipped ones, a programme's own, and what a payload of each must look like.

A type's JSON schema (2020-12) describes a flat object of whole numbers, texts and truth values, so that rules can be
checked against it by name and type.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import jsonschema_rs
import orjson

from ledger.book.refusal import refuse_input
from ledger.book.units import AMOUNT_MAX
from ledger.engine.state import State
from ledger.programme.payload import payload_of
from ledger.programme.rows import ACTIVITY_TYPES, ActivityTypeRow, activity_type_id

REFUND: Final = "refund"
"""The one type that takes an earlier activity back."""

_AMOUNT: Final = {"type": "integer", "minimum": 1, "maximum": AMOUNT_MAX}
_NOT_NEGATIVE: Final = {"type": "integer", "minimum": 0, "maximum": AMOUNT_MAX}
_TEXT: Final = {"type": "string", "maxLength": 64}
_SHIPPED: Final[Mapping[str, tuple[Mapping[str, object], tuple[str, ...], str | None]]] = {
    "purchase": ({"amount": _AMOUNT, "category": _TEXT, "mcc": _TEXT, "product": _TEXT}, ("amount",), "amount"),
    REFUND: ({"amount": _AMOUNT}, ("amount",), "amount"),
    "deposit": ({"amount": _AMOUNT, "product": _TEXT, "days": _NOT_NEGATIVE}, ("amount",), "amount"),
    "assets_snapshot": ({"amount": _NOT_NEGATIVE}, ("amount",), None),
    "wealth_purchase": ({"amount": _AMOUNT, "product": _TEXT, "risk": _NOT_NEGATIVE}, ("amount",), "amount"),
    "account_opened": ({"product": _TEXT}, (), None),
    "card_bound": ({"product": _TEXT, "wallet": _TEXT}, (), None),
    "login": ({}, (), None),
    "check_in": ({}, (), None),
    "task_done": ({"task": _TEXT}, ("task",), None),
}
"""Properties, required ones and the amount's field of the types that every programme has; amounts in minor units."""


class FieldType(NamedTuple):
    """A field of a payload: `integer`, `string` or `boolean`."""

    name: str
    type: str


class ActivityType(NamedTuple):
    """A type as rules and reports use it."""

    code: str
    schema: str
    amount_field: str | None
    fields: tuple[FieldType, ...]

    @property
    def numbers(self) -> frozenset[str]:
        """The fields that are whole numbers."""
        return frozenset(field.name for field in self.fields if field.type == "integer")


TypeOf = Callable[[str], ActivityType | None]
"""The type of that code; None where the programme knows none."""


def _schema(properties: Mapping[str, object], required: tuple[str, ...]) -> str:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=1024)
def _type(code: str, schema: str, amount_field: str | None) -> ActivityType:
    properties: dict[str, dict[str, str]] = orjson.loads(schema)["properties"]
    fields = tuple(FieldType(name, properties[name]["type"]) for name in sorted(properties))
    return ActivityType(code, schema, amount_field, fields)


SHIPPED: Final = {
    code: _type(code, _schema(properties, required), amount)
    for code, (properties, required, amount) in _SHIPPED.items()
}


def find_type(state: State, programme_id: UUID, code: str) -> ActivityType | None:
    """The shipped type or the programme's own; None where it has none of that code."""
    shipped = SHIPPED.get(code)
    if shipped is not None:
        return shipped
    row = state.find(ACTIVITY_TYPES, activity_type_id(programme_id, code))
    return None if row is None else type_of(row)


def type_of(row: ActivityTypeRow) -> ActivityType:
    """The type that a row describes."""
    return _type(row.code, row.schema, row.amount_field)


def require_payload(type_: ActivityType, payload: str) -> Mapping[str, Any]:
    """The payload, read. INVALID_INPUT naming the field of the schema that is missing or does not fit; a field that the
    schema does not have is not repeated.
    """
    read = payload_of(payload).fields
    validator = _validator(type_.schema)
    if not validator.is_valid(read):
        places = [_place(error) for error in validator.iter_errors(read)]
        refuse_input(".".join(["payload", *next(filter(None, places), [])]))
    for name, value in read.items():
        if not _is_comparable(value):
            refuse_input(f"payload.{name}")
    return read


def _place(error: jsonschema_rs.ValidationError) -> list[str]:
    """Which field an error of the payload is about; none where it is about a name that the schema does not have."""
    kind = error.kind
    missing = [kind.property] if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required) else []
    return [*map(str, error.instance_path), *missing]


def _is_comparable(value: object) -> bool:
    """Whether conditions read the value as it is: JSON Schema takes 5.0 for a whole number, and the library of conditions
    ends a text at a NUL, which PostgreSQL's JSON, and so the checker, has none of.
    """
    if isinstance(value, str):
        return "\0" not in value
    return isinstance(value, int) and abs(value) <= AMOUNT_MAX


@lru_cache(maxsize=1024)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema))
