"""What these tests share: the bank, a desk that runs campaigns, and a member."""

from uuid import UUID

import pytest

from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk

__all__ = ["bank", "desk", "member"]


@pytest.fixture
def desk(bank: Bank) -> CampaignDesk:
    """Campaigns of the bank's programme."""
    return CampaignDesk(bank=bank)


@pytest.fixture
async def member(bank: Bank) -> UUID:
    """A member who has nothing yet."""
    return await bank.enrol("m-1")
