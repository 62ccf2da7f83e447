"""Programmes, assets, types of activities, rates and limits as standing rows."""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import AssetId, ProgrammeId, computed_id
from ledger.engine.shelf import Shelf
from ledger.programme import tables


class Shortfall(StrEnum):
    """What a refund does where the points are gone (semantics 4.8); the first is the default."""

    WITHIN_BALANCE = "WITHIN_BALANCE"
    ONLY_PENDING = "ONLY_PENDING"
    NEGATIVE = "NEGATIVE"


class AssetKind(StrEnum):
    """What an asset is. Programmes make points and money; templates and campaigns make those of vouchers and budgets."""

    POINTS = "points"
    MONEY = "money"
    VOUCHER = "voucher"
    BUDGET = "budget"


class Programme(NamedTuple):
    """A row of `programmes`. Nothing takes effect before `open_from`: what lies before it is closed."""

    id: ProgrammeId
    code: str
    name: str
    time_zone: str
    open_from: datetime
    version: int


class Asset(NamedTuple):
    """A row of `assets`: what can be owned, of an `AssetKind`. `expiry` is a policy's text (`expiry.py`)."""

    id: AssetId
    programme_id: ProgrammeId
    code: str
    kind: str
    expiry: str
    priority: int
    shortfall: str
    reversal_days: int
    reversal_grace_days: int
    transfers_allowed: bool
    transfer_day_max: int | None
    transfer_month_max: int | None
    version: int


class ActivityTypeRow(NamedTuple):
    """A row of `activity_types`. schema: of the payload; amount_field: what a refund of it is measured by."""

    id: UUID
    programme_id: ProgrammeId
    code: str
    schema: str
    amount_field: str | None
    version: int = 1


class Rate(NamedTuple):
    """A row of `rates`: so many points are worth so many minor units of money, from an instant on."""

    id: UUID
    asset_id: AssetId
    money_asset_id: AssetId
    points: int
    minor: int
    valid_from: datetime


class AdjustmentLimit(NamedTuple):
    """A row of `adjustment_limits`: above `amount`, an adjustment by such an actor waits for a second person."""

    id: UUID
    asset_id: AssetId
    actor_kind: str
    amount: int
    version: int


PROGRAMMES = Shelf(tables.PROGRAMMES, Programme, by="id", standing=True)
ASSETS = Shelf(tables.ASSETS, Asset, by="id", standing=True)
ACTIVITY_TYPES = Shelf(tables.ACTIVITY_TYPES, ActivityTypeRow, by="id", standing=True)
RATES = Shelf(tables.RATES, Rate, by="asset_id", standing=True)
ADJUSTMENT_LIMITS = Shelf(tables.ADJUSTMENT_LIMITS, AdjustmentLimit, by="asset_id", standing=True)


@lru_cache(maxsize=4096)
def asset_id(programme_id: UUID, code: str) -> AssetId:
    """The id of the programme's asset of that code, computed so that no look-up stands before a lock."""
    return AssetId(computed_id(b"asset", programme_id.bytes + code.encode()))


@lru_cache(maxsize=4096)
def activity_type_id(programme_id: UUID, code: str) -> UUID:
    """The id of the programme's own type of that code."""
    return computed_id(b"activity-type", programme_id.bytes + code.encode())


def rate_at(rates: list[Rate], now: datetime) -> Rate | None:
    """The rate in force: the newest whose validity has begun."""
    found: Rate | None = None
    for rate in rates:
        if rate.valid_from <= now and (found is None or rate.valid_from > found.valid_from):
            found = rate
    return found
