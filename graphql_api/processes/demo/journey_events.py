"""What happens in the Complete Journey: baskets, campaigns that send out coupons, and coupons redeemed at a basket."""

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
class Campaign:
    """A campaign and the households it was sent to, in the order of the file.

    campaign_type:       `Type A`, `Type B` or `Type C`
    starts_on, ends_on:  its first and its last day
    """

    campaign_id: int
    campaign_type: str
    starts_on: date
    ends_on: date
    households: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStart:
    """A campaign's vouchers go out: on its first day, or with the year where it began before."""

    campaign: Campaign
    at: datetime


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
    basket_cents: int
    store_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherUse:
    """The campaign's voucher, presented where the redemption is placed; `at` is then, or later (`voucher_uses`)."""

    redemption: Redemption
    at: datetime


Event = Basket | CampaignStart | Redemption | VoucherUse
