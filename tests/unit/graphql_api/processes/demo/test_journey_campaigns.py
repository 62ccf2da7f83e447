"""Campaigns: whom they were sent to, when their vouchers go out, and when redemptions use them."""

from datetime import UTC, datetime, timedelta

import pytest

from graphql_api.processes.demo.journey import STARTS_AT, open_journey
from graphql_api.processes.demo.journey_campaigns import campaign_starts, voucher_uses
from graphql_api.processes.demo.journey_events import CampaignStart, VoucherUse


@pytest.fixture(scope="module")
def starts() -> list[CampaignStart]:
    """Every campaign's start."""
    return campaign_starts(open_journey().campaigns(), not_before=STARTS_AT)


@pytest.fixture(scope="module")
def uses(starts: list[CampaignStart]) -> list[VoucherUse]:
    """Every use of a voucher."""
    return voucher_uses(starts, open_journey().redemptions())


def test_every_targeting_is_read() -> None:
    """27 campaigns by number, sent to a household once at most, 6,589 times in all."""
    campaigns = open_journey().campaigns()

    assert [campaign.campaign_id for campaign in campaigns] == list(range(1, 28))
    assert sum(len(campaign.households) for campaign in campaigns) == 6_589
    assert all(len(set(campaign.households)) == len(campaign.households) for campaign in campaigns)
    assert {campaign.campaign_type for campaign in campaigns} == {"Type A", "Type B", "Type C"}


def test_vouchers_go_out_on_the_first_day_or_with_the_year(starts: list[CampaignStart]) -> None:
    """Three campaigns began in 2016; their vouchers go out at the year's first instant."""
    began_before = [start.campaign.campaign_id for start in starts if start.at == STARTS_AT]

    assert began_before == [24, 25, 26]
    others = [start for start in starts if start.at > STARTS_AT]
    assert all(
        start.at.date() == start.campaign.starts_on and start.at.time() == datetime.min.time() for start in others
    )


def test_a_voucher_is_used_where_and_when_its_coupon_is_placed(uses: list[VoucherUse]) -> None:
    """But for 29 placed at a basket from before the campaign: those are used one second after the vouchers went out."""
    moved = [use for use in uses if use.at != use.redemption.at]

    assert len(uses) == 2_102
    assert len(moved) == 29
    assert all(use.redemption.at < use.at for use in moved)


def test_every_use_is_within_its_campaign(starts: list[CampaignStart], uses: list[VoucherUse]) -> None:
    """After its voucher went out to that household, and before the campaign's last day is over; 17 times at most."""
    start_of = {start.campaign.campaign_id: start for start in starts}
    used: dict[tuple[int, int], int] = {}

    for use in uses:
        start = start_of[use.redemption.campaign_id]
        day_after = datetime.combine(start.campaign.ends_on + timedelta(days=1), datetime.min.time(), UTC)
        assert use.redemption.household_id in start.campaign.households
        assert start.at < use.at < day_after
        place = (use.redemption.campaign_id, use.redemption.household_id)
        used[place] = used.get(place, 0) + 1
    assert max(used.values()) == 17
