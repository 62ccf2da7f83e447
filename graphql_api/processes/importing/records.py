"""What a line of an import says, typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from graphql_api.processes.importing.faults import FaultCode, LineFault
from graphql_api.processes.importing.fields import (
    Fields,
    Value,
    read_amount,
    read_boolean,
    read_code,
    read_date,
    read_instant,
    read_member,
    read_object,
    read_own_key,
    read_text,
    read_total,
    refuse,
)
from ledger.points.opening import LOTS_MAX, NEVER_EXPIRES, OpeningLot
from ledger.programme.activity_type import REFUND


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecord:
    """What a member did; a refund where `refund_of` names what the same source called the activity that it takes back.

    source: the system that knows it; None = the whole file's
    event:  what the source calls it; the line's key
    payload: a JSON object
    """

    member: str
    activity: str
    source: str | None
    event: str
    payload: str
    channel: str | None
    branch: str | None
    merchant: str | None
    refund_of: str | None
    at: datetime


PointsRecord = OpeningRecord | EarnRecord | SpendRecord
Record = EnrolRecord | PointsRecord | ActivityRecord


def read_record(fields: Fields) -> tuple[Record, str | None]:
    """The record and the line's own key, None where it has none."""
    kind = fields.take("type", read_text)
    reader = _READERS.get(kind)
    if reader is None:
        raise LineFault(
            FaultCode.UNKNOWN_TYPE, f"type is one of {', '.join(_READERS)}, not {kind[:40]!r}", field="type"
        )
    # An activity is known by its event's name for ever; a second name would only contradict it.
    key = None if kind == "activity" else fields.take_or_none("key", read_own_key)
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


def _read_activity(fields: Fields) -> Record:
    activity = fields.take("activity", read_code)
    return ActivityRecord(
        member=fields.take("member", read_member),
        activity=activity,
        source=fields.take_or_none("source", read_own_key),
        event=fields.take("event", read_own_key),
        payload=fields.take_or_none("payload", read_object) or "{}",
        channel=fields.take_or_none("channel", read_code),
        branch=fields.take_or_none("branch", read_code),
        merchant=fields.take_or_none("merchant", read_code),
        refund_of=fields.take("refund_of", read_own_key) if activity == REFUND else None,
        at=fields.take("at", read_instant),
    )


_READERS: Final[Mapping[str, Callable[[Fields], Record]]] = {
    "enrol": _read_enrol,
    "opening": _read_opening,
    "earn": _read_earn,
    "spend": _read_spend,
    "activity": _read_activity,
}


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
