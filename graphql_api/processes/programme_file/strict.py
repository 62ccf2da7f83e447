"""Plain values of a file as frozen dataclasses: what is unknown, missing or of another kind is a fault at its place.

A table becomes a dataclass, an array a tuple, a text a member of an enumeration. Where several dataclasses are possible,
the table's `kind` names one of them, as the ledger's own texts do.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from graphql_api.global_ids import decode_id
from graphql_api.schema.kinds import MERCHANT, PARTNER
from ledger.campaigns.campaign_body import ACTIONS
from ledger.vouchers.template_body import KINDS

T = TypeVar("T")

_KINDS: Mapping[object, str] = {of: kind for table in (ACTIONS, KINDS) for kind, of in table.items()}
"""What their tables say as `kind`."""
_NAMES = {int: "a whole number", str: "a text", bool: "true or false", date: "a date", UUID: "an id"}


class FileFault(Exception):
    """The file says something that cannot be; the message begins with the place."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)


def read_as(kind: type[T], value: object, place: str) -> T:
    """The value as a `kind`, at the dotted `place` of the file. Raises FileFault."""
    return cast("T", _read(kind, value, place))


def within(place: str, name: str | int) -> str:
    """The place of what `name` holds there."""
    return f"{place}.{name}" if place else str(name)


def _read(kind: Any, value: object, place: str) -> object:  # noqa: ANN401 - a type of any form
    kind = getattr(kind, "__supertype__", kind)
    options = [kind]
    if get_origin(kind) in (Union, UnionType):
        options = [option for option in get_args(kind) if option is not type(None)]
    if options[0] in _KINDS:
        return _read_tagged({_KINDS[option]: option for option in options}, value, place)
    [kind] = options
    if get_origin(kind) is tuple:
        return _read_all(get_args(kind)[0], value, place)
    if get_origin(kind) is Mapping:
        of = get_args(kind)[1]
        return {name: _read(of, each, within(place, name)) for name, each in table_of(value, place).items()}
    if is_dataclass(kind):
        return _read_fields(kind, table_of(value, place), place)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _read_member(kind, value, place)
    return _read_plain(cast("type", kind), value, place)


def _read_tagged(by_kind: Mapping[str, object], value: object, place: str) -> object:
    table = dict(table_of(value, place))
    chosen = by_kind.get(str(table.pop("kind", "")))
    if chosen is None:
        raise FileFault(within(place, "kind"), f"is one of {', '.join(sorted(by_kind))}")
    return _read_fields(chosen, table, place)


def _read_all(of: object, value: object, place: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise FileFault(place, "is an array")
    return tuple([_read(of, each, within(place, number)) for number, each in enumerate(value)])


def table_of(value: object, place: str) -> Mapping[str, object]:
    """The value, which must be a table."""
    if not isinstance(value, dict):
        raise FileFault(place, "is a table")
    return value


def _read_fields(kind: Any, table: Mapping[str, object], place: str) -> object:  # noqa: ANN401 - a dataclass
    known = {field.name: field for field in fields(kind)}
    hints = get_type_hints(kind)
    for name in table:
        if name not in known:
            raise FileFault(within(place, name), f"is unknown here; known are {', '.join(known)}")
    for name, field in known.items():
        if name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise FileFault(within(place, name), "is missing")
    return kind(**{name: _read(hints[name], each, within(place, name)) for name, each in table.items()})


def _read_member(kind: type[StrEnum], value: object, place: str) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError:
        raise FileFault(place, f"is one of {', '.join(kind)}") from None


def _read_id(value: str, place: str) -> UUID:
    """Of a shop or a company, as the API shows it or plain."""
    shown = decode_id(MERCHANT, value) or decode_id(PARTNER, value)
    try:
        return shown or UUID(value)
    except ValueError:
        raise FileFault(place, "is no id of a merchant or partner") from None


def _read_plain(kind: type, value: object, place: str) -> object:
    """Of exactly this kind: true is no number, and an instant no date. An id is written as a text."""
    if kind is UUID and isinstance(value, str):
        return _read_id(value, place)
    if kind is not object and type(value) is not kind:
        raise FileFault(place, f"is {_NAMES.get(kind, kind.__name__)}")
    return value
