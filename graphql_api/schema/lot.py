"""Lots: what a member received in one go, and when it expires."""

from datetime import date, datetime

import strawberry

from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import ENTRY, LOT, id_of
from ledger.book.units import Points
from ledger.points.lot_query import Forecast, LotView


@object_type
class Lot:
    """Points that a member received in one go and has not used up.

    id:           its id
    entry_id:     the entry that granted it; while points are active and no entry says so yet, the earn's
    granted:      how many points it was granted with
    remaining:    how many are left, held ones included
    held:         how many of them holds set aside
    granted_at:   when the member received them
    expires_at:   when it expires by its own date; null = never, or with all the wallet's for inactivity: see `nextExpiry`
    activates_at: when pending points activate; null = when they are confirmed, or active already
    priority:     lower is spent first
    purchased:    whether the points were bought; promotional ones are spent first
    """

    id: strawberry.ID
    entry_id: strawberry.ID
    granted: Points
    remaining: Points
    held: Points
    granted_at: datetime
    expires_at: datetime | None
    activates_at: datetime | None
    priority: int
    purchased: bool


def lot_of(view: LotView) -> Lot:
    """The view as its GraphQL type."""
    return Lot(
        id=id_of(LOT, view.id),
        entry_id=id_of(ENTRY, view.entry_id),
        granted=Points(view.granted),
        remaining=Points(view.remaining),
        held=Points(view.held),
        granted_at=view.granted_at,
        expires_at=view.expires_at,
        activates_at=view.activates_at,
        priority=view.priority,
        purchased=view.purchased,
    )


@object_type
class ExpiryBucket:
    """Points that expire together.

    expires_on: the last local day on which they are good
    amount:     how many
    """

    expires_on: date
    amount: Points


@object_type
class Expiries:
    """When the points expire if none is spent. The buckets, never, held and overdue together are posted + matured.

    buckets: by the last local day on which they are good
    never:   those that do not expire
    held:    those that holds set aside, which do not expire meanwhile
    overdue: those that expired and no entry says so yet
    """

    buckets: list[ExpiryBucket]
    never: Points
    held: Points
    overdue: Points


def expiries_of(forecast: Forecast) -> Expiries:
    """The forecast as its GraphQL type."""
    return Expiries(
        buckets=[
            ExpiryBucket(expires_on=bucket.expires_on, amount=Points(bucket.amount)) for bucket in forecast.buckets
        ],
        never=Points(forecast.never),
        held=Points(forecast.held),
        overdue=Points(forecast.overdue),
    )


NOTHING = Expiries(buckets=[], never=Points(0), held=Points(0), overdue=Points(0))
"""Of a wallet without entries."""
