"""What these tests share: the bank, desks for tiers, campaigns and vouchers, and a member."""

from uuid import UUID

import pytest

from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.tier_desk import TierDesk
from tests.voucher_desk import VoucherDesk

__all__ = ["bank"]


@pytest.fixture
def tiers(bank: Bank) -> TierDesk:
    """Ladders of the bank's programme."""
    return TierDesk(bank=bank)


@pytest.fixture
def campaigns(bank: Bank) -> CampaignDesk:
    """Campaigns of the bank's programme."""
    return CampaignDesk(bank=bank)


@pytest.fixture
def vouchers(bank: Bank) -> VoucherDesk:
    """Templates of the bank's programme."""
    return VoucherDesk(bank=bank)


@pytest.fixture
async def member(bank: Bank) -> UUID:
    """A member who has nothing yet."""
    return await bank.enrol("m-1")
