"""Values of attributes: what the bank may say of a member, checked against what is registered. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, assert_never

import orjson

from ledger.book.refusal import refuse_input
from ledger.book.units import AMOUNT_MAX
from ledger.members.rows import AttributeType, MemberAttribute

Value = str | int | bool
TEXT_LENGTH_MAX: Final = 64


class AttributeSaid(NamedTuple):
    """What is said of a member: the value of an attribute, of whatever type."""

    code: str
    value: object


def values_text(known: Sequence[MemberAttribute], said: Sequence[AttributeSaid]) -> str:
    """The values as canonical JSON. INVALID_INPUT at the first that is unknown, said twice, of another type or too large."""
    types = {attribute.code: AttributeType(attribute.type) for attribute in known}
    found: dict[str, object] = {}
    for place, (code, value) in enumerate(said):
        if code not in types or code in found:
            refuse_input(f"attributes.{place}.code")
        if not _is_of(types[code], value):
            refuse_input(f"attributes.{place}.value")
        found[code] = value
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()


def read_values(text: str) -> Mapping[str, Value]:
    """The values that `values_text` wrote, by code."""
    read: dict[str, Value] = orjson.loads(text)
    return read


def _is_of(type_: AttributeType, value: object) -> bool:
    """Of exactly this type: true is no number. Texts have 64 printable characters at most, numbers stay within 10^15."""
    match type_:
        case AttributeType.TEXT:
            return isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX and value.isprintable()
        case AttributeType.INTEGER:
            return type(value) is int and abs(value) <= AMOUNT_MAX
        case AttributeType.BOOLEAN:
            return isinstance(value, bool)
        case _:
            assert_never(type_)
