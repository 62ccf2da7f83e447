"""Registering a type of activities: what its schema may say, so that rules can name every field and its type."""

from typing import Any, Final

import jsonschema_rs
import orjson
from sqlalchemy import insert

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.programme import tables
from ledger.programme.activity_type import SHIPPED, ActivityType, type_of
from ledger.programme.input_rules import is_nameable, require_code
from ledger.programme.registry_change import registry_change
from ledger.programme.rows import ActivityTypeRow, activity_type_id

SCHEMA_BYTES_MAX: Final = 8192
FIELDS_MAX: Final = 40
_SCHEMA_KEYWORDS: Final = {"type", "properties", "required", "additionalProperties"}
_FIELD_TYPES: Final = ("integer", "string", "boolean")
_KEYWORDS: Final = {"type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "description"}
"""What a field may say; patterns and references are left out, since a rule's reader gains nothing by them."""

_RESERVED: Final = frozenset({"channel", "branch", "merchant", "hour", "weekday", "day", "month"})
"""What rules see of every activity beside its payload."""

_INSERT = Query(insert(tables.ACTIVITY_TYPES))


async def register_type(
    units: UnitsOfWork, actor: Actor, *, code: str, schema: str, amount_field: str | None = None
) -> ActivityType:
    """A type of the actor's programme; it never changes. INVALID_INPUT, CODE_TAKEN, PROGRAMME_NOT_FOUND.

    amount_field: a required whole number that refunds are measured by
    """
    async with registry_change(units, actor, "activity_type_registered") as change:
        require_code(code)
        if code in SHIPPED:
            raise Refusal(RefusalCode.CODE_TAKEN)
        text = require_schema(schema, amount_field)
        programme_id = ProgrammeId(actor.programme_id)
        row = ActivityTypeRow(activity_type_id(programme_id, code), programme_id, code, text, amount_field)
        await change.insert(_INSERT, row)
        change.record(row.id, facts={"code": code})
    return type_of(row)


def require_schema(text: str, amount_field: str | None) -> str:
    """The schema as canonical JSON. INVALID_INPUT where it does not describe a flat, closed object."""
    schema = _read_schema(text)
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        refuse_input("schema.additionalProperties")
    _require_fields(schema.get("properties"), schema.get("required", []), amount_field)
    return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS).decode()


def _read_schema(text: str) -> dict[str, Any]:
    if len(text.encode()) > SCHEMA_BYTES_MAX:
        refuse_input("schema")
    try:
        schema: Any = orjson.loads(text)
        # Before the library sees it: of what `$schema` names it would look for the rules, perhaps elsewhere.
        if not isinstance(schema, dict) or set(schema) - _SCHEMA_KEYWORDS:
            refuse_input("schema")
        jsonschema_rs.meta.validate(schema)
    except ValueError:
        refuse_input("schema")
    return schema


def _require_fields(properties: object, required: list[str], amount_field: str | None) -> None:
    if not isinstance(properties, dict) or len(properties) > FIELDS_MAX:
        refuse_input("schema.properties")
    for name, field in properties.items():
        is_plain = isinstance(field, dict) and field.get("type") in _FIELD_TYPES and not set(field) - _KEYWORDS
        if not is_plain or not is_nameable(name) or name in _RESERVED:
            refuse_input(f"schema.properties.{name}")
    if amount_field is None:
        return
    amount = properties.get(amount_field, {})
    if amount_field not in required or amount.get("type") != "integer" or amount.get("minimum", -1) < 0:
        refuse_input("amountField")
