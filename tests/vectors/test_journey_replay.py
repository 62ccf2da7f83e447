"""The plain replay's figures, and that the product reads the same events from the same files."""

import pytest

from graphql_api.processes.demo.journey import open_journey
from tests.vectors.journey_replay import Figures, Sale, Use, read_sales, read_uses, replay
from tests.vectors.journey_vouchers import CampaignFigures, campaign_figures, type_figures


@pytest.fixture(scope="module")
def sales() -> list[Sale]:
    """All baskets by the plain reading."""
    return read_sales()


@pytest.fixture(scope="module")
def uses(sales: list[Sale]) -> list[Use]:
    """All redemptions by the plain reading."""
    return read_uses(sales)


def test_the_year_comes_to_known_figures(sales: list[Sale], uses: list[Use]) -> None:
    """The replay counts the earns and points that a sum over the raw files gives, and loses none."""
    figures = replay(sales, uses)

    assert _counts(figures) == {
        "members": 2_469,
        "earns": 152_451,
        "points_issued": 4_519_934,
        "spends": 2_082,
        "points_spent": 208_200,
        "refused": 20,
        "points_expired": 2_021_892,
        "points_outstanding": 2_289_842,
    }
    gone = figures.points_spent + figures.points_expired
    assert figures.points_issued == gone + figures.points_outstanding


def test_the_product_reads_the_same_baskets(sales: list[Sale]) -> None:
    """Every basket of the plain replay comes once, in time order, with the same cents."""
    read = [
        Sale(
            basket.at.replace(tzinfo=None),
            basket.basket_id,
            basket.household_id,
            basket.store_id,
            basket.cents,
        )
        for basket in open_journey().baskets()
    ]

    assert read == sales
    assert len(read) == 155_848
    assert len({sale.store_id for sale in read}) == 457


def test_the_product_places_redemptions_alike(uses: list[Use]) -> None:
    """Every coupon redemption gets the same basket, store and moment as in the plain replay."""
    placed = [
        Use(each.at.replace(tzinfo=None), each.basket_id, each.row, each.household_id, each.store_id)
        for each in open_journey().redemptions()
    ]

    assert placed == uses
    assert len(placed) == 2_102


def test_the_campaigns_come_to_known_figures() -> None:
    """6,589 vouchers, 2,102 uses of 792 of them; one was used up, all others whose campaign is over expired."""
    assert type_figures(campaign_figures()) == {
        "Type A": CampaignFigures(issued=3_647, redeemed=604, uses=1_718, expired=3_646, good=0),
        "Type B": CampaignFigures(issued=2_368, redeemed=154, uses=323, expired=1_844, good=524),
        "Type C": CampaignFigures(issued=574, redeemed=34, uses=61, expired=313, good=261),
    }


def _counts(figures: Figures) -> dict[str, int]:
    return {name: value for name, value in vars(figures).items() if isinstance(value, int)}
