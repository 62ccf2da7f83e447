"""What the campaigns and ladders of the demo's programme came to: figures, budgets, and how many members stand where."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ledger.campaigns.campaign_query import BudgetView, CampaignView, budgets_of, every_campaign
from ledger.campaigns.figures import Figures, figures_page
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery


class CampaignTotals(NamedTuple):
    """A campaign's figures as a whole; no line where it looked at nothing."""

    code: str
    lines: Sequence[Figures]
    budgets: Sequence[BudgetView]


class LevelTotal(NamedTuple):
    """How many members stand on a level of a ladder; those for whom nothing ever counted are not among them."""

    ladder: str
    level: str
    members: int


_LEVELS = SqlQuery(
    """
    SELECT l.code AS ladder, s.level, count(*) AS members
    FROM {book}.tier_standings s JOIN registry.tier_ladders l ON l.id = s.ladder_id
    WHERE s.programme_id = :programme_id GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
    """
)


async def level_totals(reader: Reader, programme_id: UUID) -> Sequence[LevelTotal]:
    """Every level of the programme on which somebody stands, as it was posted last."""
    return [LevelTotal(*row) for row in await reader.rows(_LEVELS, {"programme_id": programme_id})]


async def campaign_totals(reader: Reader, programme_id: UUID) -> Sequence[CampaignTotals]:
    """Every campaign of the programme, by its code."""
    campaigns = sorted(await every_campaign(reader, programme_id), key=lambda view: view.campaign.code)
    return [await _totals(reader, view) for view in campaigns]


async def _totals(reader: Reader, view: CampaignView) -> CampaignTotals:
    campaign = view.campaign
    lines = await figures_page(reader, campaign.programme_id, campaign.id)
    return CampaignTotals(campaign.code, lines, await budgets_of(reader, campaign))
