"""Figures of a campaign: whom it reached, what it gave and what came of that."""

from datetime import date

from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.callers import BANK
from graphql_api.schema.connection import PAGE_MAX, Connection, connect, page_size, rows_for, text_after, text_cursor
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import enum_type, object_type
from graphql_api.schema.query import query
from ledger.book.units import MinorUnits, Points
from ledger.campaigns.figures import AssetFigures, Figures, Side, figures_page
from ledger.campaigns.rows import campaign_id

enum_type(
    Side,
    "FigureSide",
    "By what a campaign's figures are told apart.",
    {
        "TOTAL": "Not at all: one line for the whole campaign.",
        "VARIANT": "The member's arm of the test.",
        "PHASE": "The phase in which the activity occurred.",
        "CHANNEL": "The activity's channel.",
        "BRANCH": "The activity's branch.",
        "DAY": "The local day on which the activity occurred.",
    },
)


@object_type
class CampaignAssetFigures:
    """What a campaign gave of one asset, in its smallest unit; vouchers by the piece.

    asset:              the asset's code
    awards:             how many awards
    issued:             what they gave
    returned:           what refunds took back of it
    redeemed:           what members have used of it so far; what they transferred or gave away is not followed
    redemption_rate_basis_points: redeemed ÷ what was issued and not returned, rounded down; 10,000 at most
    cost:               what the campaign's budget paid, less what refunds brought back; 0 without a budget
    return_per_hundred: the value reported, in minor units, for every 100 units issued and not returned
    """

    asset: str
    awards: int
    issued: Points
    returned: Points
    redeemed: Points
    redemption_rate_basis_points: int
    cost: Points
    return_per_hundred: MinorUnits | None


@object_type
class CampaignFigures:
    """One line of a campaign's figures. What is refunded or used later belongs to the activity that was awarded.

    key:          the variant, phase, channel, branch or local day; null for the whole campaign, and for activities
                  without one
    reached:      members with an activity that the campaign's rules looked at: in one of its phases, its channels,
                  branches and segment
    participants: members with an award
    participation_rate_basis_points: participants ÷ reached, rounded down
    converted:    participants who have used something of what they were awarded
    conversion_rate_basis_points: converted ÷ participants, rounded down
    activities:   activities that the rules looked at
    awarded:      those of them with an award
    value_minor:  what these reported as their amounts, less refunds, in minor units
    assets:       what was given, by asset
    """

    key: str | None
    reached: int
    participants: int
    participation_rate_basis_points: int
    converted: int
    conversion_rate_basis_points: int
    activities: int
    awarded: int
    value_minor: MinorUnits
    assets: list[CampaignAssetFigures]


def figures_of(line: Figures) -> CampaignFigures:
    """The ledger's line as its GraphQL type."""
    return CampaignFigures(
        key=line.key,
        reached=line.reached,
        participants=line.participants,
        participation_rate_basis_points=line.participation_rate,
        converted=line.converted,
        conversion_rate_basis_points=line.conversion_rate,
        activities=line.activities,
        awarded=line.awarded,
        value_minor=MinorUnits(line.value_minor),
        assets=[_asset(asset, line.value_minor) for asset in line.assets],
    )


def _asset(asset: AssetFigures, value_minor: int) -> CampaignAssetFigures:
    return CampaignAssetFigures(
        asset=asset.asset,
        awards=asset.awards,
        issued=Points(asset.issued),
        returned=Points(asset.returned),
        redeemed=Points(asset.redeemed),
        redemption_rate_basis_points=asset.redemption_rate,
        cost=Points(asset.cost),
        return_per_hundred=maybe_minor(asset.return_per_hundred(value_minor)),
    )


async def campaign_figures(
    info: Info,
    code: str,
    by: Side = Side.TOTAL,
    from_on: date | None = None,
    until_on: date | None = None,
    first: int = 20,
    after: str | None = None,
) -> Connection[CampaignFigures]:
    """A campaign's figures as of now, in the order of their keys; nothing where it reached nobody or there is none.

    code:     the campaign's code
    by:       what tells the lines apart
    from_on:  only what activities from this local day on came to
    until_on: only what activities through this local day came to
    first:    how many lines, 1 to 100
    after:    the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    if from_on is not None and until_on is not None and until_on < from_on:
        raise InvalidInput("The first day comes after the last one.")
    lines = await context.read(
        figures_page,
        campaign_id(await context.programme_id(), code),
        side=by,
        from_on=from_on,
        until_on=until_on,
        limit=rows_for(size),
        after=None if after is None else text_after(after),
    )
    return connect(
        lines, size, node=figures_of, cursor=lambda line: text_cursor(line.key or ""), is_first=after is None
    )


CAMPAIGN_FIGURES = query(campaign_figures, requires(Scope.CAMPAIGN_READ_ANY, cost=50, page_max=PAGE_MAX), callers=BANK)
