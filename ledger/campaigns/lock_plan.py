"""What reporting an activity locks: found before queueing, from the campaigns that may award for it.

A look too wide locks a row for nothing; one too narrow is seen under the locks, and the report looks again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select

from ledger.campaigns import tables
from ledger.campaigns.budget import budget_account_id
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import Period
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
    """What an activity may move or ask for.

    assets:      codes of the assets whose wallets are moved
    budgets:     accounts
    counters:    campaign, what is counted, and the period: read beforehand
    asks_member: whether a condition names what the bank says of the member
    """

    assets: tuple[str, ...]
    budgets: tuple[UUID, ...]
    counters: tuple[tuple[UUID, str, Period], ...]
    asks_member: bool


NOTHING: Final = LockPlan((), (), (), asks_member=False)


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
    return _plan_of(programme_id, ran, activity, occurred_at.astimezone(UTC).date().toordinal())


@lru_cache(maxsize=4096)
def _plan_of(programme_id: UUID, ran: tuple[tuple[UUID, str], ...], activity: str, utc_day: int) -> LockPlan:
    found = [_touched(programme_id, campaign, text, activity, utc_day) for campaign, text in ran]
    return LockPlan(
        assets=tuple(sorted({asset for plan in found for asset in plan.assets})),
        budgets=tuple(sorted({budget for plan in found for budget in plan.budgets})),
        counters=tuple(sorted({counter for plan in found for counter in plan.counters})),
        asks_member=any(plan.asks_member for plan in found),
    )


def _touched(programme_id: UUID, campaign: UUID, text: str, activity: str, utc_day: int) -> LockPlan:
    """Of one version. A local day is the UTC day, the one before or the one after it."""
    terms = terms_of(text)
    body = terms.body
    near = [p for p in body.phases if p.from_on.toordinal() - 1 <= utc_day <= p.until_on.toordinal() + 1]
    assets = {rule.action.asset for phase in near for rule in phase.rules if rule.activity == activity}
    if not assets:
        return NOTHING
    return LockPlan(
        assets=tuple(assets),
        budgets=tuple(budget_account_id(programme_id, campaign, asset) for asset in assets & set(body.budgets)),
        counters=tuple((campaign, counter, period) for counter, period in terms.counters),
        asks_member=terms.knows_member,
    )
