"""What the campaigns of the demo's programme came to: the figures of each, and what is left in its budgets."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.campaigns.campaign_query import PAGE_MAX, BudgetView, CampaignView, budgets_of, campaigns_page
from ledger.campaigns.figures import Figures, figures_page
from ledger.engine.reader import Reader


class CampaignTotals(NamedTuple):
    """A campaign's figures as a whole; no line where it looked at nothing."""

    code: str
    lines: Sequence[Figures]
    budgets: Sequence[BudgetView]


async def campaign_totals(reader: Reader, programme_id: UUID) -> Sequence[CampaignTotals]:
    """Every campaign of the programme, by its code."""
    campaigns: list[CampaignView] = []
    while page := await campaigns_page(
        reader, programme_id, limit=PAGE_MAX, after=campaigns[-1].campaign.id if campaigns else None
    ):
        campaigns.extend(page)
    return [await _totals(reader, view) for view in sorted(campaigns, key=lambda view: view.campaign.code)]


async def _totals(reader: Reader, view: CampaignView) -> CampaignTotals:
    campaign = view.campaign
    lines = await figures_page(reader, campaign.programme_id, campaign.id)
    return CampaignTotals(campaign.code, lines, await budgets_of(reader, campaign))
