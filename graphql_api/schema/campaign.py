"""Campaigns: rules that look at activities, in versions, with what is left in their budgets."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.errors import InvalidInput
from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK
from graphql_api.schema.campaign_enums import CampaignState
from graphql_api.schema.campaign_input import CampaignTermsInput, body_from
from graphql_api.schema.campaign_terms import CampaignTerms, terms_of
from graphql_api.schema.connection import PAGE_MAX, Connection, connect, page_size, row_after, row_cursor, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, input_type, object_type
from graphql_api.schema.kinds import CAMPAIGN, id_of, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from graphql_api.schema.versions import read_versions
from ledger.book.refusal import RefusalCode
from ledger.book.units import InvariantViolated, Points
from ledger.campaigns import campaign as ledger
from ledger.campaigns import campaign_query as read
from ledger.campaigns.campaign import CampaignRecord
from ledger.campaigns.campaign_text import parse_body
from ledger.campaigns.rows import Campaign as CampaignRow
from ledger.campaigns.rows import CampaignVersion as VersionRow
from ledger.campaigns.rows import campaign_id


@object_type
class CampaignVersion:
    """A version of a campaign. Every award names the one that made it.

    number:     its number, from 1
    terms:      what it promises
    terms_text: the terms in words, as members see them
    created_at: when it was saved
    """

    number: int
    terms: CampaignTerms
    terms_text: str
    created_at: datetime


def version_of(row: VersionRow) -> CampaignVersion:
    """The row as its GraphQL type."""
    return CampaignVersion(
        number=row.number, terms=terms_of(parse_body(row.body)), terms_text=row.terms, created_at=row.created_at
    )


@object_type
class CampaignBudget:
    """What a campaign may still spend on an asset.

    asset:     the code of what it pays for: an asset's, or `voucher:` and a template's
    left:      how many units are left
    is_frozen: whether it pays nothing now
    """

    asset: str
    left: Points
    is_frozen: bool


@object_type
class Campaign:
    """Rules that look at activities and award for them.

    id:      its id
    code:    its code, unique in the programme
    state:   what it is doing
    since:   when it came into this state, or under its current version
    latest:  the newest version, approved or not
    current: the version that holds, approved last; null before the first approval
    """

    id: strawberry.ID
    code: str
    state: CampaignState
    since: datetime
    latest: CampaignVersion
    current: CampaignVersion | None
    row: strawberry.Private[CampaignRow]

    @field(any_caller(cost=5))
    async def budgets(self, info: Info) -> list[CampaignBudget]:
        """Every budget that a version of it ever had, as it is this instant."""
        found = await read.budgets_of(info.context.ledger.reader, self.row)
        return [
            CampaignBudget(asset=each.asset, left=Points(each.left), is_frozen=each.state != "open") for each in found
        ]

    @field(any_caller(cost=5, page_max=PAGE_MAX))
    async def versions(self, info: Info, first: int = 20, after: str | None = None) -> Connection[CampaignVersion]:
        """Its versions, the latest first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_versions(info.context, read.VERSION_PAGES, self.row.id, version_of, first, after)


def campaign_of(view: read.CampaignView) -> Campaign:
    """The view as its GraphQL type."""
    row = view.campaign
    return Campaign(
        id=id_of(CAMPAIGN, row.id),
        code=row.code,
        state=CampaignState(row.state),
        since=row.since,
        latest=version_of(view.latest),
        current=None if view.current is None else version_of(view.current),
        row=row,
    )


async def campaign(
    info: Info,
    id: strawberry.ID | None = None,  # noqa: A002 - the argument's name in the schema
    code: str | None = None,
) -> Campaign | None:
    """A campaign of the caller's programme.

    id:   its id
    code: its code
    """
    context = info.context
    if (id is None) == (code is None):
        raise InvalidInput("Give an id or a code.")
    asked = uuid_of(CAMPAIGN, id or "") if code is None else campaign_id(await context.programme_id(), code)
    found = await context.read(read.campaign_by_id, asked)
    return None if found is None else campaign_of(found)


async def campaigns(
    info: Info, state: CampaignState | None = None, first: int = 20, after: str | None = None
) -> Connection[Campaign]:
    """The programme's campaigns, in no order of time.

    state: only those in this state
    first: how many, 1 to 100
    after: the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    views = await context.read(read.campaigns_page, limit=rows_for(size), after=row_after(CAMPAIGN, after), state=state)
    return connect(
        views,
        size,
        node=campaign_of,
        cursor=lambda view: row_cursor(CAMPAIGN, view.campaign.id),
        is_first=after is None,
    )


# -- writing -----------------------------------------------------------------------------------------------------------


@input_type
class CreateCampaignInput:
    """A campaign to draft.

    code:       its code, unique in the programme, 32 characters at most
    terms:      what it promises
    terms_text: the terms in words, as members see them
    """

    code: str
    terms: CampaignTermsInput
    terms_text: str = ""


@input_type
class ChangeCampaignInput(CreateCampaignInput):
    """The next version of a campaign. It holds once it was submitted and somebody else approved it.

    code:  the campaign's code
    terms: all of its terms
    """


@object_type
class CampaignSaved:
    """The version is kept as it was asked for.

    campaign: the campaign, whose latest version it is
    """

    campaign: Campaign


async def create_campaign(info: Info, asked: Annotated[CreateCampaignInput, INPUT]) -> object:
    """Draft a campaign, with empty budgets. Its code makes it unique, so no key is needed."""
    return await _save(info.context, ledger.create_campaign, asked)


async def change_campaign(info: Info, asked: Annotated[ChangeCampaignInput, INPUT]) -> object:
    """Write the next version of a campaign; until it is approved, the one before it holds."""
    return await _save(info.context, ledger.change_campaign, asked)


async def _save(
    context: Context, save: Callable[..., Awaitable[CampaignRecord]], asked: CreateCampaignInput
) -> CampaignSaved:
    saved = await context.change(save, code=asked.code, body=body_from(asked.terms), terms=asked.terms_text)
    found = await context.read(read.campaign_by_id, saved.campaign.id)
    if found is None:
        raise InvariantViolated(f"campaign {saved.campaign.id} was saved and is gone")
    return CampaignSaved(campaign=campaign_of(found))


_CODE = RefusalCode
_READ = Scope.CAMPAIGN_READ_ANY
_SAVE = requires(Scope.CAMPAIGN_MANAGE, cost=10)
_NAMED = (_CODE.ASSET_NOT_FOUND, _CODE.TEMPLATE_NOT_FOUND, _CODE.MERCHANT_NOT_FOUND)
"""What a rule may name that is not there."""

CAMPAIGN_QUERY = query(campaign, requires(_READ, cost=5), callers=BANK)
CAMPAIGNS = query(campaigns, requires(_READ, cost=5, page_max=PAGE_MAX), callers=BANK)
CREATE_CAMPAIGN = mutation(
    create_campaign,
    _SAVE,
    succeeds=CampaignSaved,
    refusals=(*EVERY_REQUEST, *_NAMED, _CODE.PROGRAMME_NOT_FOUND, _CODE.CODE_TAKEN),
)
CHANGE_CAMPAIGN = mutation(
    change_campaign,
    _SAVE,
    succeeds=CampaignSaved,
    refusals=(*EVERY_REQUEST, *_NAMED, _CODE.CAMPAIGN_NOT_FOUND, _CODE.CAMPAIGN_STATE),
)
