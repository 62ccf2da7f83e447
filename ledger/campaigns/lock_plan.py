"""What reporting an activity locks: found before queueing, from the campaigns that may award for it.

A look too wide locks a row for nothing; one too narrow is seen under the locks, and the report looks again.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select

from ledger.campaigns import tables
from ledger.campaigns.budget import budget_account_id
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import Counting, PointsAward, VoucherAward
from ledger.campaigns.campaign_terms import Counted, terms_of
from ledger.campaigns.counts import Counter, last_periods, next_periods
from ledger.engine.reader import Query, Reader

_T = TypeVar("_T")
PLANS_MAX: Final = 4_096
"""Callers name types and days as they like."""
NEVER_READ: Final = -1
"""The standing version of what was not found by a look."""
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
    asks_enrolment: whether one names since when it is a member
    lists:       codes of the lists on which the member may be
    """

    assets: tuple[str, ...] = ()
    budgets: tuple[UUID, ...] = ()
    vouchers: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    counters: tuple[tuple[UUID, Counted], ...] = ()
    asks_member: bool = False
    asks_enrolment: bool = False
    lists: tuple[str, ...] = ()

    def counters_on(self, member_id: UUID, day: date, today: date) -> list[Counter]:
        """Every counter of the member that an activity of the local day asks for."""
        return [
            Counter(member_id, campaign, name, period, first)
            for campaign, (name, period, periods) in self.counters
            for first in (*last_periods(period, day, periods), *next_periods(period, day, periods - 1, today))
        ]


NOTHING: Final = LockPlan()


class Ran:
    """The texts of the versions under which a programme's campaigns ran, each with its campaign; and the plans made of
    them, one for each type of activity and day that is asked for.
    """

    __slots__ = ("_plans", "_programme_id", "_versions", "standing_version")

    def __init__(
        self, programme_id: UUID, versions: Sequence[tuple[UUID, str]], *, standing_version: int = NEVER_READ
    ) -> None:
        self.standing_version = standing_version
        self._programme_id = programme_id
        self._versions = versions
        self._plans: dict[tuple[str, int], LockPlan] = {}

    def plan_of(self, activity: str, occurred_at: datetime) -> LockPlan:
        """What the campaigns may move for an activity of that type and time."""
        utc_day = occurred_at.astimezone(UTC).date().toordinal()
        plan = self._plans.get((activity, utc_day))
        if plan is None:
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            plan = self._plans[activity, utc_day] = self._plan(activity, utc_day)
        return plan

    def _plan(self, activity: str, utc_day: int) -> LockPlan:
        touched = [_touched(self._programme_id, campaign, text, activity, utc_day) for campaign, text in self._versions]
        return LockPlan(
            assets=_all(plan.assets for plan in touched),
            budgets=_all(plan.budgets for plan in touched),
            vouchers=_all(plan.vouchers for plan in touched),
            cards=_all(plan.cards for plan in touched),
            counters=_all(plan.counters for plan in touched),
            asks_member=any(plan.asks_member for plan in touched),
            asks_enrolment=any(plan.asks_enrolment for plan in touched),
            lists=_all(plan.lists for plan in touched),
        )


_KEPT: "WeakKeyDictionary[Reader, dict[UUID, Ran]]" = WeakKeyDictionary()


async def find_plan(reader: Reader, programme_id: UUID, activity: str, occurred_at: datetime) -> LockPlan:
    """What such an activity may move, as of the standing rows that the last batch found: a batch that finds newer ones
    lets the next look be a new one.
    """
    kept = _KEPT.setdefault(reader, {})
    ran = kept.get(programme_id)
    if ran is None or ran.standing_version != reader.standing_version:
        ran = kept[programme_id] = await _find_ran(reader, programme_id)
    return ran.plan_of(activity, occurred_at)


async def _find_ran(reader: Reader, programme_id: UUID) -> Ran:
    """All who ask at one moment share the look."""
    standing_version = reader.standing_version
    row = await reader.look_up(_PLANS, programme_id)
    campaigns: Sequence[UUID] = () if row is None else row["campaigns"]
    bodies: Sequence[str] = () if row is None else row["bodies"]
    return Ran(programme_id, list(zip(campaigns, bodies, strict=True)), standing_version=standing_version)


def _all(found: Iterable[tuple[_T, ...]]) -> tuple[_T, ...]:
    """Each once, in the order in which they came."""
    return tuple(dict.fromkeys(each for part in found for each in part))


def _touched(programme_id: UUID, campaign: UUID, text: str, activity: str, utc_day: int) -> LockPlan:
    """Of one version. A local day is the UTC day, the one before or the one after it."""
    terms = terms_of(text)
    body = terms.body
    near = [p for p in body.phases if p.from_on.toordinal() - 1 <= utc_day <= p.until_on.toordinal() + 1]
    # A phase without a rule for it asks all the same whom the campaign means.
    if not near or activity not in terms.activities:
        return NOTHING
    actions = [rule.action for phase in near for rule in phase.rules if rule.activity == activity]
    points = [action for action in actions if isinstance(action, PointsAward)]
    paid = {action.asset for action in actions if not isinstance(action, Counting)} & set(body.budgets)
    return LockPlan(
        assets=_all([tuple(action.asset for action in points)]),
        budgets=tuple(budget_account_id(programme_id, campaign, asset) for asset in sorted(paid)),
        vouchers=_all([tuple(action.template for action in actions if isinstance(action, VoucherAward))]),
        cards=_all(action.cards for action in points),
        counters=tuple((campaign, counted) for counted in terms.counters),
        asks_member=terms.knows_member,
        asks_enrolment=terms.knows_enrolment,
        lists=() if body.member_list is None else (body.member_list,),
    )
