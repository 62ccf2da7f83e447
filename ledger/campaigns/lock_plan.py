"""What reporting an activity locks: found before queueing, from the campaigns that may award for it.

A look too wide locks a row for nothing; one too narrow is seen under the locks, and the report looks again.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select

from ledger.campaigns import tables
from ledger.campaigns.budget import budget_account_id
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import Counting, PointsAward, VoucherAward
from ledger.campaigns.campaign_text import Counted, terms_of
from ledger.engine.reader import Query, Reader

_T = TypeVar("_T")
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
    vouchers:    codes of the templates of which one may be given
    cards:       codes of the templates of which a card may multiply
    counters:    campaign and what it counts: read beforehand
    asks_member: whether a condition names what the bank says of the member
    lists:       codes of the lists on which the member may be
    """

    assets: tuple[str, ...] = ()
    budgets: tuple[UUID, ...] = ()
    vouchers: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    counters: tuple[tuple[UUID, Counted], ...] = ()
    asks_member: bool = False
    lists: tuple[str, ...] = ()


NOTHING: Final = LockPlan()


class Ran:
    """The versions under which a programme's campaigns ran, each with its campaign, and the plans made of them."""

    __slots__ = ("plans", "standing_version", "versions")

    def __init__(self, standing_version: int, versions: tuple[tuple[UUID, str], ...]) -> None:
        self.standing_version = standing_version
        self.versions = versions
        self.plans: dict[tuple[str, int], LockPlan] = {}


_KEPT: "WeakKeyDictionary[Reader, dict[UUID, Ran]]" = WeakKeyDictionary()


async def find_plan(reader: Reader, programme_id: UUID, activity: str, occurred_at: datetime) -> LockPlan:
    """What such an activity may move, as of the standing rows that the last batch found: a batch that finds newer ones
    lets the next look be a new one.
    """
    kept = _KEPT.setdefault(reader, {})
    ran = kept.get(programme_id)
    if ran is None or ran.standing_version != reader.standing_version:
        ran = kept[programme_id] = await _find_ran(reader, programme_id)
    day = occurred_at.astimezone(UTC).date().toordinal()
    plan = ran.plans.get((activity, day))
    if plan is None:
        plan = ran.plans[activity, day] = _plan_of(programme_id, ran.versions, activity, day)
    return plan


async def _find_ran(reader: Reader, programme_id: UUID) -> Ran:
    """All who ask at one moment share the look."""
    standing_version = reader.standing_version
    row = await reader.look_up(_PLANS, programme_id)
    campaigns: Sequence[UUID] = () if row is None else row["campaigns"]
    bodies: Sequence[str] = () if row is None else row["bodies"]
    return Ran(standing_version, tuple(zip(campaigns, bodies, strict=True)))


def plan_of(programme_id: UUID, ran: tuple[tuple[UUID, str], ...], activity: str, occurred_at: datetime) -> LockPlan:
    """What the campaigns, each with the text of a version that ran, may move for an activity of that time."""
    return _plan_of(programme_id, ran, activity, occurred_at.astimezone(UTC).date().toordinal())


@lru_cache(maxsize=4096)
def _plan_of(programme_id: UUID, ran: tuple[tuple[UUID, str], ...], activity: str, utc_day: int) -> LockPlan:
    found = [_touched(programme_id, campaign, text, activity, utc_day) for campaign, text in ran]
    return LockPlan(
        assets=_all(plan.assets for plan in found),
        budgets=_all(plan.budgets for plan in found),
        vouchers=_all(plan.vouchers for plan in found),
        cards=_all(plan.cards for plan in found),
        counters=_all(plan.counters for plan in found),
        asks_member=any(plan.asks_member for plan in found),
        lists=_all(plan.lists for plan in found),
    )


def _all(found: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    """Each once, in the order in which they came."""
    return tuple(dict.fromkeys(each for part in found for each in part))


def _touched(programme_id: UUID, campaign: UUID, text: str, activity: str, utc_day: int) -> LockPlan:
    """Of one version. A local day is the UTC day, the one before or the one after it."""
    terms = terms_of(text)
    body = terms.body
    near = [p for p in body.phases if p.from_on.toordinal() - 1 <= utc_day <= p.until_on.toordinal() + 1]
    actions = [rule.action for phase in near for rule in phase.rules if rule.activity == activity]
    if not actions:
        return NOTHING
    points = [action for action in actions if isinstance(action, PointsAward)]
    paid = {action.asset for action in actions if not isinstance(action, Counting)} & set(body.budgets)
    return LockPlan(
        assets=_all([tuple(action.asset for action in points)]),
        budgets=tuple(budget_account_id(programme_id, campaign, asset) for asset in sorted(paid)),
        vouchers=_all([tuple(action.template for action in actions if isinstance(action, VoucherAward))]),
        cards=_all(action.cards for action in points),
        counters=tuple((campaign, counted) for counted in terms.counters),
        asks_member=terms.knows_member,
        lists=() if body.member_list is None else (body.member_list,),
    )
