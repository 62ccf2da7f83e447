"""Where a coupon is redeemed when only its household and date are known."""

from datetime import UTC, date, datetime, timedelta

import pytest

from graphql_api.processes.demo.journey_events import Basket, Coupon
from graphql_api.processes.demo.redemption_placing import CouponWithoutBasket, place_coupons

COUPON_DAY = date(2017, 3, 10)


def basket(basket_id: int, at: str, *, household_id: int = 1) -> Basket:
    """A basket in the store that has its number."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return Basket(basket_id=basket_id, household_id=household_id, store_id=basket_id, at=moment, cents=1)


def coupon(row: int = 0, *, day: date = COUPON_DAY, household_id: int = 1) -> Coupon:
    """A coupon of household 1 on the day that the baskets are about."""
    return Coupon(row=row, household_id=household_id, coupon_upc=5, campaign_id=6, date=day)


@pytest.mark.parametrize(
    ("baskets", "chosen"),
    [
        pytest.param(["2017-03-10 08:00", "2017-03-10 20:00"], 1, id="last of the date"),
        pytest.param(["2017-03-10 20:00", "2017-03-10 20:00"], 1, id="same instant: greater id"),
        pytest.param(["2017-03-10 23:59:59", "2017-03-11 00:00"], 0, id="midnight is the next date"),
        pytest.param(["2017-01-01 08:00", "2017-02-01 08:00", "2017-03-11 08:00"], 1, id="else nearest earlier"),
        pytest.param(["2017-03-12 08:00", "2017-03-12 09:00"], 0, id="else nearest later"),
        pytest.param(["2017-03-12 08:00", "2017-03-12 08:00"], 0, id="nearest later: smaller id"),
    ],
)
def test_a_coupon_goes_to_the_nearest_basket(baskets: list[str], chosen: int) -> None:
    """Of the date the last basket, else the last before it, else the first after it."""
    made = [basket(number, at) for number, at in enumerate(baskets)]

    [redemption] = place_coupons([coupon()], made)

    assert redemption.basket_id == chosen
    assert redemption.store_id == chosen
    assert redemption.at == made[chosen].at + timedelta(seconds=1)


def test_redemptions_come_by_time_basket_and_row() -> None:
    """Coupons at one basket keep the order of the file, whatever the order of their dates."""
    coupons = [coupon(0, day=date(2017, 3, 12)), coupon(1, day=date(2017, 3, 11)), coupon(2)]
    baskets = [basket(7, "2017-03-10 08:00"), basket(8, "2017-03-10 09:00"), basket(9, "2017-03-12 09:00")]

    placed = place_coupons(coupons, baskets)

    assert [(each.basket_id, each.row) for each in placed] == [(8, 1), (8, 2), (9, 0)]


def test_another_households_baskets_do_not_count() -> None:
    """A coupon is never placed at a basket of somebody else."""
    with pytest.raises(CouponWithoutBasket, match="Household 1 "):
        place_coupons([coupon()], [basket(1, "2017-03-10 08:00", household_id=2)])
