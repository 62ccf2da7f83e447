"""A line's fields and single values, read the same for JSON and CSV."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Final, TypeVar

import orjson

from graphql_api.processes.importing.faults import FaultCode, LineFault
from graphql_api.repeated_fields import has_repeated_field
from graphql_api.time_text import DATE, DATE_TIME, read_date_time
from ledger.book.units import is_amount
from ledger.engine.request import is_key
from ledger.members.enrol import is_external_id

T = TypeVar("T")
Value = object
"""A JSON value: str, int, float, bool, None, list or dict."""

OWN_KEY_LENGTH_MAX: Final = 200
_CODE_LENGTH_MAX: Final = 64


class Fields:
    """A line's fields, each taken once; what is left over at the end is unknown."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._left = {name: value for name, value in values.items() if value is not None}

    def take(self, name: str, read: Callable[[str, Value], T]) -> T:
        """The field read by `read`; MISSING_FIELD where it is absent, null or an empty CSV cell."""
        value = self._left.pop(name, None)
        if value is None:
            raise LineFault(FaultCode.MISSING_FIELD, f"{name} is missing", field=name)
        return read(name, value)

    def take_or_none(self, name: str, read: Callable[[str, Value], T]) -> T | None:
        """The field, or None where it is absent."""
        return self.take(name, read) if name in self._left else None

    def finish(self) -> None:
        """UNKNOWN_FIELD where something was not taken."""
        if self._left:
            names = ", ".join(sorted(self._left)[:5])
            raise LineFault(FaultCode.UNKNOWN_FIELD, f"unknown for this type: {names}", field=min(self._left))


def refuse(name: str, wanted: str) -> LineFault:
    """The fault of a field that is not what it should be."""
    return LineFault(FaultCode.BAD_VALUE, f"{name} is {wanted}", field=name)


def read_text(name: str, value: Value) -> str:
    """A string as it stands."""
    if not isinstance(value, str):
        raise refuse(name, "a string")
    return value


def read_member(name: str, value: Value) -> str:
    """The bank's own id of the customer."""
    text = read_text(name, value)
    if not is_external_id(text):
        raise refuse(name, "1 to 128 printable characters without blanks around")
    return text


def read_own_key(name: str, value: Value) -> str:
    """A key or reference of the file."""
    text = read_text(name, value)
    if not is_key(text) or len(text) > OWN_KEY_LENGTH_MAX:
        raise refuse(name, f"1 to {OWN_KEY_LENGTH_MAX} printable ASCII characters")
    return text


def read_code(name: str, value: Value) -> str:
    """An asset's, merchant's or reason's code."""
    text = read_text(name, value)
    if not text or not text.isprintable() or len(text) > _CODE_LENGTH_MAX:
        raise refuse(name, f"1 to {_CODE_LENGTH_MAX} printable characters")
    return text


def read_whole(name: str, value: Value) -> int:
    """A whole number; in CSV and JSON alike also as digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise refuse(name, "a whole number")
    return value


def read_amount(name: str, value: Value) -> int:
    """A whole number from 1 to 10^15."""
    amount = read_whole(name, value)
    if not is_amount(amount):
        raise refuse(name, "a whole number from 1 to 10^15")
    return amount


def read_total(name: str, value: Value) -> int:
    """An amount, or 0 for a member who holds nothing."""
    amount = read_whole(name, value)
    return 0 if amount == 0 else read_amount(name, amount)


def read_boolean(name: str, value: Value) -> bool:
    """True or false, in CSV as these words."""
    found = (
        {True: True, False: False, "true": True, "false": False}.get(value) if isinstance(value, bool | str) else None
    )
    if found is None:
        raise refuse(name, "true or false")
    return found


def read_date(name: str, value: Value) -> date:
    """A local date, YYYY-MM-DD."""
    text = read_text(name, value)
    if DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise refuse(name, "a date like 2027-12-31")


def read_instant(name: str, value: Value) -> datetime:
    """An instant of RFC 3339, at most with microseconds."""
    text = read_text(name, value)
    if DATE_TIME.fullmatch(text):
        with suppress(ValueError):
            return read_date_time(text)
    raise refuse(name, "an instant with its offset, like 2017-03-01T09:30:00+01:00")


def read_object(name: str, value: Value) -> str:
    """A JSON object as text; in CSV, and in JSON too, it may be given as text."""
    try:
        found = orjson.loads(value) if isinstance(value, str) else value
        text = orjson.dumps(found).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        raise refuse(name, "a JSON object") from None
    if not isinstance(found, dict) or (isinstance(value, str) and has_repeated_field(value.encode(), found)):
        raise refuse(name, "a JSON object, in which no field is given twice")
    return text
