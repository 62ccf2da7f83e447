"""What reporting an activity locks: found before queueing, from the campaigns that may award for it.

A look too wide locks a row for nothing; one too narrow is seen under the locks, and the report looks again.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select

from ledger.campaigns import tables
from ledger.campaigns.budget import budget_account_id
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_text import terms_of
from ledger.engine.reader import Query, Reader

_RAN: Final = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.ENDED)
_PLANS = Query(
    select(
        tables.CAMPAIGN_VERSIONS.c.programme_id,
        func.array_agg(tables.CAMPAIGN_VERSIONS.c.campaign_id).label("campaigns"),
        func.array_agg(tables.CAMPAIGN_VERSIONS.c.body).label("bodies"),
    )
    .where(
        tables.CAMPAIGN_VERSIONS.c.programme_id == any_(bindparam("asked", type_=ARRAY(Uuid))),
        tables.CAMPAIGN_VERSIONS.c.id.in_(
            select(tables.CAMPAIGN_STEPS.c.version_id).where(
                tables.CAMPAIGN_STEPS.c.campaign_id == tables.CAMPAIGN_VERSIONS.c.campaign_id,
                or_(*(tables.CAMPAIGN_STEPS.c.state == state for state in _RAN)),
            )
        ),
    )
    .group_by(tables.CAMPAIGN_VERSIONS.c.programme_id)
)


class LockPlan(NamedTuple):
    """The codes of the assets whose wallets, and the budget accounts, that an activity may move."""

    assets: tuple[str, ...]
    budgets: tuple[UUID, ...]


NOTHING: Final = LockPlan((), ())


async def find_plan(reader: Reader, programme_id: UUID, activity: str, occurred_at: datetime) -> LockPlan:
    """What such an activity may move; all who ask at one moment share the look."""
    row = await reader.look_up(_PLANS, programme_id)
    if row is None:
        return NOTHING
    campaigns: Sequence[UUID] = row["campaigns"]
    bodies: Sequence[str] = row["bodies"]
    return plan_of(programme_id, tuple(zip(campaigns, bodies, strict=True)), activity, occurred_at)


def plan_of(programme_id: UUID, ran: tuple[tuple[UUID, str], ...], activity: str, occurred_at: datetime) -> LockPlan:
    """What the campaigns, each with the text of a version that ran, may move for an activity of that time."""
    assets: set[str] = set()
    budgets: set[UUID] = set()
    for campaign, text in ran:
        found_assets, found_budgets = _touched(programme_id, campaign, text, activity, occurred_at.date().toordinal())
        assets.update(found_assets)
        budgets.update(found_budgets)
    return LockPlan(tuple(sorted(assets)), tuple(sorted(budgets)))


@lru_cache(maxsize=16_384)
def _touched(
    programme_id: UUID, campaign: UUID, text: str, activity: str, utc_day: int
) -> tuple[frozenset[str], frozenset[UUID]]:
    """A local day is the UTC day, the one before or the one after it."""
    body = terms_of(text).body
    near = [p for p in body.phases if p.from_on.toordinal() - 1 <= utc_day <= p.until_on.toordinal() + 1]
    assets = frozenset(rule.points.asset for phase in near for rule in phase.rules if rule.activity == activity)
    budgets = frozenset(budget_account_id(programme_id, campaign, asset) for asset in assets & set(body.budgets))
    return assets, budgets
