"""A programme with members, merchants, assets and rates, as rows: where the tests of point commands take place."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ledger.book.units import ProgrammeId, computed_id
from ledger.engine.command import Actor
from ledger.engine.shelves import HOLDERS, Holder
from ledger.partners.rows import MERCHANTS, Merchant
from ledger.programme.rows import (
    ADJUSTMENT_LIMITS,
    ASSETS,
    PROGRAMMES,
    RATES,
    AdjustmentLimit,
    Asset,
    Programme,
    Rate,
    asset_id,
)
from tests.property.memory_book import MemoryBook
from tests.property.memory_store import Store

START = datetime(2024, 1, 15, 10, tzinfo=UTC)


def named(kind: str, name: str) -> UUID:
    """The id of something that a test calls by name."""
    return computed_id(b"test", f"{kind}/{name}".encode())


PROGRAMME = ProgrammeId(named("programme", "P"))
MONEY = asset_id(PROGRAMME, "CNY")
MEMBERS = ("ann", "bob", "cat")
SHOPS = ("shop", "kiosk")
BANK = Actor(kind="service", id="bank", programme_id=PROGRAMME)
STAFF = Actor(kind="staff", id="sue", programme_id=PROGRAMME)


def member_id(name: str) -> UUID:
    """A member by name."""
    return named("member", name)


def merchant_id(name: str) -> UUID:
    """A merchant by name."""
    return named("merchant", name)


def terms(code: str = "POINTS", **changes: object) -> Asset:
    """An asset with the terms of the migrations' defaults, but for what is named; transfers are allowed."""
    return Asset(
        id=asset_id(PROGRAMME, code),
        programme_id=PROGRAMME,
        code=code,
        kind="money" if code == "CNY" else "points",
        expiry="never",
        priority=0,
        shortfall="WITHIN_BALANCE",
        reversal_days=90,
        reversal_grace_days=0,
        transfers_allowed=True,
        transfer_day_max=None,
        transfer_month_max=None,
        version=1,
    )._replace(**changes)  # type: ignore[arg-type]


def programme(time_zone: str = "UTC") -> Programme:
    """The programme."""
    return Programme(PROGRAMME, "P", "Programme", time_zone, datetime(2010, 1, 1, tzinfo=UTC), 1)


def rates(asset: Asset) -> list[Rate]:
    """3 points are worth 2 minor units; from a month after the start on, 5 are worth 4."""
    return [
        Rate(named("rate", f"{asset.code}/1"), asset.id, MONEY, 3, 2, datetime(2011, 1, 1, tzinfo=UTC)),
        Rate(named("rate", f"{asset.code}/2"), asset.id, MONEY, 5, 4, START + timedelta(days=30)),
    ]


def world(assets: Sequence[Asset] | None = None, *, time_zone: str = "UTC", now: datetime = START) -> MemoryBook:
    """A book in memory with members, two shops, the assets, money, rates and limits."""
    book = MemoryBook(Store(now=now))
    points = list(assets or [terms()])
    book.add(PROGRAMMES, programme(time_zone))
    book.add(HOLDERS, Holder(PROGRAMME, PROGRAMME, "programme", "open"))
    book.add(HOLDERS, *(Holder(member_id(name), PROGRAMME, "member", "open") for name in MEMBERS))
    book.add(HOLDERS, *(Holder(merchant_id(name), PROGRAMME, "merchant", "open") for name in SHOPS))
    book.add(MERCHANTS, *(Merchant(merchant_id(n), PROGRAMME, named("partner", "a"), n, n, "open", 1) for n in SHOPS))
    book.add(ASSETS, *points, terms("CNY"))
    book.add(RATES, *(rate for asset in points for rate in rates(asset)))
    limits = [AdjustmentLimit(named("limit", a.code), a.id, "service", 10**15, 1) for a in points]
    book.add(ADJUSTMENT_LIMITS, *limits)
    return book
