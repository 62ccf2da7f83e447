"""Rates of a campaign's figures."""

import pytest

from ledger.campaigns.figures import AssetFigures, Figures


@pytest.mark.parametrize(
    ("issued", "returned", "redeemed", "rate"),
    [
        (0, 0, 0, 0),
        (3, 0, 1, 3333),
        (100, 20, 40, 5000),
        (100, 100, 0, 0),
        (100, 100, 100, 0),
        (1_000_000, 999_999, 1_000_000, 10_000),
    ],
)
def test_a_redemption_rate_is_the_used_share_of_what_was_kept(
    issued: int, returned: int, redeemed: int, rate: int
) -> None:
    """What was used before a refund took it back makes it all of what was kept, never more; nothing kept, no rate."""
    given = AssetFigures(asset="POINTS", awards=1, issued=issued, returned=returned, redeemed=redeemed, cost=0)

    assert given.redemption_rate == rate


def test_nobody_reached_makes_no_rate() -> None:
    """Rates of nothing are 0, and a return on nothing given is none."""
    nothing = AssetFigures(asset="POINTS", awards=0, issued=0, returned=0, redeemed=0, cost=0)
    line = Figures(
        key=None, reached=0, participants=0, converted=0, activities=0, awarded=0, value_minor=0, assets=(nothing,)
    )

    assert (line.participation_rate, line.conversion_rate, nothing.return_per_hundred(100)) == (0, 0, None)
