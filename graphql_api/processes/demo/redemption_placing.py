"""Decide in which shop and when each coupon was redeemed, from the household's baskets; pure.

The file states a household and a date only. A coupon belongs to the household's last basket of
that date; else to its last basket before that date; else to its first basket after it. The last
basket of a date is the one with the greatest (time, basket id), the first one the least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from graphql_api.processes.demo.journey_events import Basket, Coupon, Redemption

DELAY: Final = timedelta(seconds=1)
"""A redemption takes effect this long after its basket."""


class CouponWithoutBasket(Exception):
    """A household redeemed a coupon and never bought anything."""


def place_coupons(coupons: Iterable[Coupon], baskets: Iterable[Basket]) -> list[Redemption]:
    """Every coupon at its basket, ordered by (time, basket id, row).

    `baskets` come in time order, ties by basket id, and are read once; memory is one basket and
    the open coupons of each household that redeems.
    """
    waiting: dict[int, list[Coupon]] = defaultdict(list)
    for coupon in sorted(coupons, key=lambda coupon: coupon.date, reverse=True):
        waiting[coupon.household_id].append(coupon)
    latest: dict[int, Basket] = {}
    placed: list[Redemption] = []
    for basket in baskets:
        coupons_left = waiting.get(basket.household_id)
        if not coupons_left:
            continue
        today = basket.at.date()
        while coupons_left and coupons_left[-1].date < today:
            place = latest.get(basket.household_id, basket)
            placed.append(_place(coupons_left.pop(), place))
        latest[basket.household_id] = basket
    for household_id, coupons_left in waiting.items():
        for coupon in coupons_left:
            if household_id not in latest:
                message = f"Household {household_id} redeemed coupons but has no basket."
                raise CouponWithoutBasket(message)
            placed.append(_place(coupon, latest[household_id]))
    return sorted(placed, key=lambda place: (place.at, place.basket_id, place.row))


def _place(coupon: Coupon, basket: Basket) -> Redemption:
    return Redemption(
        row=coupon.row,
        household_id=coupon.household_id,
        coupon_upc=coupon.coupon_upc,
        campaign_id=coupon.campaign_id,
        date=coupon.date,
        basket_id=basket.basket_id,
        basket_cents=basket.cents,
        store_id=basket.store_id,
        at=basket.at + DELAY,
    )
