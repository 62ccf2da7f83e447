"""Reading campaigns, their versions and what is left in their budgets."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, any_, bindparam, or_, select

from ledger.campaigns.budget import budget_asset_code, select_budgets
from ledger.campaigns.rows import Campaign, CampaignVersion
from ledger.campaigns.tables import CAMPAIGN_VERSIONS, CAMPAIGNS
from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader, Record
from ledger.engine.tables import ACCOUNTS
from ledger.engine.version_pages import VersionPages
from ledger.programme.tables import ASSETS


class CampaignView(NamedTuple):
    """A campaign with its newest version and the one approved last, which holds; None before the first approval."""

    campaign: Campaign
    latest: CampaignVersion
    current: CampaignVersion | None


class BudgetView(NamedTuple):
    """What a campaign may still spend on an asset, in its units; `state` is `open` or, under the kill switch, `frozen`."""

    asset: str
    left: int
    state: str


class VersionName(NamedTuple):
    """What people call a version: the campaign's code and the number."""

    campaign: str
    number: int


_LATEST, _CURRENT = CAMPAIGN_VERSIONS.alias("latest"), CAMPAIGN_VERSIONS.alias("current")


def _views() -> Select[tuple[object, ...]]:
    """Campaigns of the programme with both versions."""
    is_latest = (_LATEST.c.campaign_id == CAMPAIGNS.c.id) & (_LATEST.c.number == CAMPAIGNS.c.latest_number)
    joined = CAMPAIGNS.join(_LATEST, is_latest).outerjoin(_CURRENT, _CURRENT.c.id == CAMPAIGNS.c.current_version_id)
    columns = [
        *(CAMPAIGNS.c[name].label(f"campaign_{name}") for name in Campaign._fields),
        *(_LATEST.c[name].label(f"latest_{name}") for name in CampaignVersion._fields),
        *(_CURRENT.c[name].label(f"current_{name}") for name in CampaignVersion._fields),
    ]
    return select(*columns).select_from(joined).where(CAMPAIGNS.c.programme_id == bindparam("programme_id"))


_AFTER = bindparam("after", type_=Uuid)
_STATE = bindparam("state", type_=Text)
_BY_ID = Query(_views().where(CAMPAIGNS.c.id == bindparam("campaign_id")))
_PAGE = Query(
    _views()
    .where(or_(_AFTER.is_(None), CAMPAIGNS.c.id > _AFTER), or_(_STATE.is_(None), CAMPAIGNS.c.state == _STATE))
    .order_by(CAMPAIGNS.c.id)
    .limit(bindparam("limit"))
)
VERSION_PAGES = VersionPages(CAMPAIGN_VERSIONS, CampaignVersion, owner="campaign_id")
_NAMES = Query(
    select(CAMPAIGN_VERSIONS.c.id, CAMPAIGNS.c.code, CAMPAIGN_VERSIONS.c.number)
    .join(CAMPAIGN_VERSIONS, CAMPAIGN_VERSIONS.c.campaign_id == CAMPAIGNS.c.id)
    .where(
        CAMPAIGN_VERSIONS.c.id == any_(bindparam("asked", type_=ARRAY(Uuid))),
        CAMPAIGNS.c.programme_id == bindparam("programme_id"),
    )
)
_BUDGETS = Query(select_budgets(ASSETS.c.code, ACCOUNTS.c.posted, ACCOUNTS.c.state).order_by(ASSETS.c.code))


async def campaign_by_id(reader: Reader, programme_id: UUID, campaign_id: UUID) -> CampaignView | None:
    """The programme's campaign of that id, in any state."""
    row = await reader.row(_BY_ID, {"campaign_id": campaign_id, "programme_id": programme_id})
    return None if row is None else _view(row)


async def campaigns_page(
    reader: Reader, programme_id: UUID, *, limit: int, after: UUID | None = None, state: str | None = None
) -> Sequence[CampaignView]:
    """At most `limit` (≤ 101) campaigns, only those in the state if one is named; in no order of time."""
    asked = {"programme_id": programme_id, "limit": min(limit, PAGE_ROWS_MAX), "after": after, "state": state}
    return [_view(row) for row in await reader.rows(_PAGE, asked)]


async def every_campaign(reader: Reader, programme_id: UUID) -> list[CampaignView]:
    """All campaigns of the programme, in no order of time."""
    found: list[CampaignView] = []
    while page := await campaigns_page(
        reader, programme_id, limit=PAGE_ROWS_MAX, after=found[-1].campaign.id if found else None
    ):
        found += page
    return found


async def version_name(reader: Reader, programme_id: UUID, version_id: UUID) -> VersionName | None:
    """What the programme's version of that id is called; it never changes."""
    row = await reader.look_up(_NAMES, version_id, programme_id=programme_id)
    return None if row is None else VersionName(row["code"], row["number"])


async def budgets_of(reader: Reader, campaign: Campaign) -> Sequence[BudgetView]:
    """Every budget that a version of the campaign ever had, by the code of what it pays for."""
    prefix = budget_asset_code(campaign.code, "")
    rows = await reader.rows(_BUDGETS, {"programme_id": campaign.programme_id, "prefix": prefix})
    return [BudgetView(row["code"].removeprefix(prefix), row["posted"], row["state"]) for row in rows]


def _view(row: Record) -> CampaignView:
    parts, width, step = tuple(row), len(Campaign._fields), len(CampaignVersion._fields)
    campaign, latest, current = parts[:width], parts[width : width + step], parts[width + step :]
    return CampaignView(
        Campaign(*campaign), CampaignVersion(*latest), None if current[0] is None else CampaignVersion(*current)
    )
