"""What a line of an import says, typed; and reading its fields, the same for JSON and CSV."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, TypeVar

from graphql_api.processes.importing.faults import FaultCode, LineFault
from ledger.book.units import is_amount
from ledger.engine.request import is_key
from ledger.members.enrol import is_external_id
from ledger.points.opening import LOTS_MAX, NEVER_EXPIRES, OpeningLot

T = TypeVar("T")
Value = object
"""A JSON value: str, int, float, bool, None, list or dict."""

OWN_KEY_LENGTH_MAX: Final = 200
_CODE_LENGTH_MAX: Final = 64
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolRecord:
    """A customer becomes a member."""

    member: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRecord:
    """What a member holds in the old system: the lots, and the total that the old system states."""

    member: str
    asset: str
    total: int
    lots: tuple[OpeningLot, ...]
    reference: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnRecord:
    """Points issued to a member."""

    member: str
    asset: str
    amount: int
    merchant: str | None
    expires_on: date | None
    sale_minor: int | None
    purchased: bool
    reason_code: str | None
    reference: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRecord:
    """Points taken from a member."""

    member: str
    asset: str
    amount: int
    merchant: str | None
    reason_code: str | None
    reference: str | None
    at: datetime | None


Record = EnrolRecord | OpeningRecord | EarnRecord | SpendRecord


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


def read_record(fields: Fields) -> tuple[Record, str | None]:
    """The record and the line's own key, None where it has none."""
    kind = fields.take("type", read_text)
    reader = _READERS.get(kind)
    if reader is None:
        raise LineFault(
            FaultCode.UNKNOWN_TYPE, f"type is one of {', '.join(_READERS)}, not {kind[:40]!r}", field="type"
        )
    key = fields.take_or_none("key", read_own_key)
    record = reader(fields)
    fields.finish()
    return record, key


def _read_enrol(fields: Fields) -> Record:
    return EnrolRecord(member=fields.take("member", read_member), at=fields.take_or_none("at", read_instant))


def _read_opening(fields: Fields) -> Record:
    return OpeningRecord(
        member=fields.take("member", read_member),
        asset=fields.take_or_none("asset", read_code) or "POINTS",
        total=fields.take("total", read_total),
        lots=fields.take("lots", read_lots),
        reference=fields.take_or_none("reference", read_own_key),
        at=fields.take_or_none("at", read_instant),
    )


def _read_earn(fields: Fields) -> Record:
    return EarnRecord(
        member=fields.take("member", read_member),
        asset=fields.take_or_none("asset", read_code) or "POINTS",
        amount=fields.take("amount", read_amount),
        merchant=fields.take_or_none("merchant", read_code),
        expires_on=fields.take_or_none("expires_on", read_date),
        sale_minor=fields.take_or_none("sale_minor", read_amount),
        purchased=fields.take_or_none("purchased", read_boolean) or False,
        reason_code=fields.take_or_none("reason_code", read_code),
        reference=fields.take_or_none("reference", read_own_key),
        at=fields.take_or_none("at", read_instant),
    )


def _read_spend(fields: Fields) -> Record:
    return SpendRecord(
        member=fields.take("member", read_member),
        asset=fields.take_or_none("asset", read_code) or "POINTS",
        amount=fields.take("amount", read_amount),
        merchant=fields.take_or_none("merchant", read_code),
        reason_code=fields.take_or_none("reason_code", read_code),
        reference=fields.take_or_none("reference", read_own_key),
        at=fields.take_or_none("at", read_instant),
    )


_READERS: Final[Mapping[str, Callable[[Fields], Record]]] = {
    "enrol": _read_enrol,
    "opening": _read_opening,
    "earn": _read_earn,
    "spend": _read_spend,
}


# -- single values -------------------------------------------------------------------------------------------------------


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
    if not text.isprintable() or len(text) > _CODE_LENGTH_MAX:
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
    if _DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise refuse(name, "a date like 2027-12-31")


def read_instant(name: str, value: Value) -> datetime:
    """An instant with its offset from UTC."""
    text = read_text(name, value)
    with suppress(ValueError, OverflowError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    raise refuse(name, "an instant with its offset, like 2017-03-01T09:30:00+01:00")


def read_lots(name: str, value: Value) -> tuple[OpeningLot, ...]:
    """The lots of an opening, 1,000 at most."""
    if not isinstance(value, list) or len(value) > LOTS_MAX:
        raise refuse(name, f"a list of at most {LOTS_MAX:,} lots")
    return tuple(read_lot(part) for part in value)


def read_lot(value: Value) -> OpeningLot:
    """One lot: amount, granted_on, expires_on, purchased."""
    if not isinstance(value, dict):
        raise refuse("lots", "a list of objects")
    fields = Fields(value)
    lot = OpeningLot(
        amount=fields.take("amount", read_amount),
        granted_on=fields.take("granted_on", read_date),
        expires_on=fields.take_or_none("expires_on", _read_lot_expiry),
        purchased=fields.take_or_none("purchased", read_boolean) or False,
    )
    fields.finish()
    return lot


def _read_lot_expiry(name: str, value: Value) -> date:
    return NEVER_EXPIRES if value == "never" else read_date(name, value)
