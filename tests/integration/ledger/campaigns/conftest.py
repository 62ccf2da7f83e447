"""What these tests share: the bank, a desk that runs campaigns, and a member."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from ledger.campaigns.figure_roll_up import roll_up_figures
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk

__all__ = ["bank", "desk", "member"]


@pytest.fixture
async def desk(bank: Bank) -> AsyncIterator[CampaignDesk]:
    """Campaigns of the bank's programme; what became of them is rolled up for the checker, which has the last word."""
    yield CampaignDesk(bank=bank)
    await roll_up_figures(bank.application.reader, bank.application.units, rows_min=1)


@pytest.fixture
async def member(bank: Bank) -> UUID:
    """A member who has nothing yet."""
    return await bank.enrol("m-1")
