"""The Complete Journey as events in time order: baskets, campaigns, and coupon redemptions placed in a shop.

The files state local times without a zone. They are taken as UTC, so the demo's programme keeps
its local days in UTC too. Nothing here touches the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, takewhile
from operator import attrgetter
from pathlib import Path
from typing import Final, assert_never

from graphql_api.processes.demo.journey_campaigns import campaign_starts, read_campaigns, voucher_uses
from graphql_api.processes.demo.journey_events import (
    Basket,
    Campaign,
    CampaignStart,
    Coupon,
    Event,
    Redemption,
    VoucherUse,
)
from graphql_api.processes.demo.journey_files import (
    COUPON_REDEMPTIONS,
    TRANSACTIONS,
    find_data_folder,
    read_batches,
)
from graphql_api.processes.demo.journey_rows import (
    BASKET_COLUMNS,
    COUPON_COLUMNS,
    EPOCH,
    read_integers,
    rows_of_households,
    split_into_coupons,
    split_into_runs,
)
from graphql_api.processes.demo.redemption_placing import place_coupons

STARTS_AT: Final = datetime(2017, 1, 1, tzinfo=UTC)
"""The first instant of the year's first day; the files hold nothing earlier."""

ENDS_AT: Final = datetime(2018, 1, 2, tzinfo=UTC)
"""Where the clock stands after the year; the last basket is of 2018-01-01 at 04:01:20."""


class JourneyOutOfOrder(Exception):
    """The transactions file is not sorted by time, so it cannot be read as a stream."""


PARTY_COLUMNS: Final = ("household_id", "store_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The 2,469 households and 457 stores of the year, each in the order of their numbers."""

    households: tuple[int, ...]
    stores: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The year's files; every method reads them anew and holds a batch of rows at a time."""

    folder: Path

    def parties(self) -> Parties:
        """Everybody who ever buys or sells, in a quick look at two columns."""
        import pyarrow.compute as pc

        households: set[int] = set()
        stores: set[int] = set()
        for batch in read_batches(self.folder / TRANSACTIONS, PARTY_COLUMNS):
            households.update(read_integers(pc.unique(batch.column("household_id"))))
            stores.update(read_integers(pc.unique(batch.column("store_id"))))
        return Parties(households=tuple(sorted(households)), stores=tuple(sorted(stores)))

    def baskets(self) -> Iterator[Basket]:
        """All 155,848 baskets by time, those of one instant by basket id."""
        return _in_order(self._runs())

    def _baskets_of(self, households: Collection[int]) -> Iterator[Basket]:
        return _in_order(self._runs(households))

    def redemptions(self) -> list[Redemption]:
        """All 2,102 coupon redemptions, each placed in a shop, by time, basket and row."""
        coupons = self._coupons()
        return place_coupons(coupons, self._baskets_of({coupon.household_id for coupon in coupons}))

    def campaigns(self) -> list[Campaign]:
        """All 27 campaigns, by number."""
        return read_campaigns(self.folder)

    def events(self, *, weeks: int | None = None) -> Iterator[Event]:
        """Everything in one order; with `weeks`, only what is before that many weeks.

        The order is total: by time; of one instant campaigns, baskets, redemptions, uses of vouchers; of one kind by
        number, the last two by basket id and row. A shorter stream is a prefix of the whole one.
        """
        starts, redemptions = campaign_starts(self.campaigns(), not_before=STARTS_AT), self.redemptions()
        streams: tuple[Iterable[Event], ...] = (
            starts,
            self.baskets(),
            redemptions,
            voucher_uses(starts, redemptions),
        )
        events = merge(*streams, key=_order)
        if weeks is None:
            return events
        ends_at = STARTS_AT + timedelta(weeks=weeks)
        return takewhile(lambda event: event.at < ends_at, events)

    def _runs(self, households: Collection[int] | None = None) -> Iterator[Basket]:
        for batch in read_batches(self.folder / TRANSACTIONS, BASKET_COLUMNS):
            yield from split_into_runs(batch if households is None else rows_of_households(batch, households))

    def _coupons(self) -> list[Coupon]:
        coupons: list[Coupon] = []
        for batch in read_batches(self.folder / COUPON_REDEMPTIONS, COUPON_COLUMNS):
            coupons.extend(split_into_coupons(batch, first_row=len(coupons)))
        return coupons


def open_journey() -> Journey:
    """The journey of the installed data package; raises JourneyUnavailable without it."""
    return Journey(folder=find_data_folder())


def _in_order(all_runs: Iterable[Basket]) -> Iterator[Basket]:
    latest = EPOCH
    for at, runs in groupby(all_runs, key=attrgetter("at")):
        if at < latest:
            message = f"{TRANSACTIONS} goes back in time from {latest} to {at}."
            raise JourneyOutOfOrder(message)
        latest = at
        yield from _sum_runs(runs)


def _sum_runs(runs: Iterable[Basket]) -> list[Basket]:
    """The baskets of one instant by id, runs of one basket added up.

    A basket comes in several runs where a batch of rows ends inside it.
    """
    baskets: dict[int, Basket] = {}
    for run in runs:
        begun = baskets.get(run.basket_id)
        whole = run if begun is None else replace(begun, cents=begun.cents + run.cents)
        baskets[run.basket_id] = whole
    return [baskets[basket_id] for basket_id in sorted(baskets)]


def _order(event: Event) -> tuple[datetime, int, int, int]:
    match event:
        case CampaignStart():
            return (event.at, 0, event.campaign.campaign_id, 0)
        case Basket():
            return (event.at, 1, event.basket_id, 0)
        case Redemption():
            return (event.at, 2, event.basket_id, event.row)
        case VoucherUse():
            return (event.at, 3, event.redemption.basket_id, event.redemption.row)
        case _:
            assert_never(event)
