"""What happens in the Complete Journey: baskets, coupons, and coupons redeemed at a basket."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """One purchase of one household in one store; `cents` is the sum of its rounded lines."""

    basket_id: int
    household_id: int
    store_id: int
    at: datetime
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A line of the redemptions file; `row` counts from 0 and is its identity."""

    row: int
    household_id: int
    coupon_upc: int
    campaign_id: int
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A coupon placed at a basket: redeemed in its store, one second after it."""

    row: int
    household_id: int
    coupon_upc: int
    campaign_id: int
    date: date
    basket_id: int
    store_id: int
    at: datetime
