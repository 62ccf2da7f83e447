"""Assets: what can be owned, and under which terms."""

from typing import Annotated, Final

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.schema.amounts import maybe_points
from graphql_api.schema.callers import EVERYBODY
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import enum_type, field, input_type, object_type
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.rate import AdjustmentLimit, Rate, limit_of, rate_of
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.book.units import Points
from ledger.programme import queries as read
from ledger.programme import setup
from ledger.programme.input_rules import AssetTerms
from ledger.programme.rows import Asset as AssetRow
from ledger.programme.rows import Shortfall

ASSETS_USUAL: Final = 20
"""A programme has a handful; lists of them are charged as if it had so many."""

enum_type(
    Shortfall,
    "Shortfall",
    "What a refund does where the points are gone.",
    {
        "WITHIN_BALANCE": "It takes what is there; the rest is owed, and later earns repay it first.",
        "ONLY_PENDING": "It takes pending points only.",
        "NEGATIVE": "As WITHIN_BALANCE, but what is available is shown minus what is owed, and nothing can be spent.",
    },
)


@object_type
class Asset:
    """What can be owned: a points currency, or money.

    code:                its code
    kind:                `points` or `money`
    expiry:              the expiry policy of new lots, such as `6 months to month`
    priority:            of new lots; lower is spent first
    shortfall:           what a refund does where the points are gone
    reversal_days:       for how many days a spend can be reversed
    reversal_grace_days: how long reversed points live whose lot has expired
    transfers_allowed:   whether members may send points to each other
    transfer_day_max:    the most that a member may send in a local day
    transfer_month_max:  the most that a member may send in a local month
    version:             which version of the terms this is
    """

    code: str
    kind: str
    expiry: str
    priority: int
    shortfall: Shortfall
    reversal_days: int
    reversal_grace_days: int
    transfers_allowed: bool
    transfer_day_max: Points | None
    transfer_month_max: Points | None
    version: int

    @field(any_caller(cost=5))
    async def rates(self, info: Info) -> list[Rate]:
        """What its points are and were worth in money, the latest first; 500 at most."""
        context = info.context
        rows = await context.read(read.rates, self.code)
        return [await rate_of(context, row) for row in rows]

    @field(requires(Scope.PROGRAMME_READ, cost=5))
    async def adjustment_limits(self, info: Info) -> list[AdjustmentLimit]:
        """What may be adjusted alone, by kind of actor."""
        rows = await info.context.read(read.adjustment_limits, self.code)
        return [limit_of(row) for row in rows]


def asset_of(row: AssetRow) -> Asset:
    """The row as its GraphQL type."""
    return Asset(
        code=row.code,
        kind=row.kind,
        expiry=row.expiry,
        priority=row.priority,
        shortfall=Shortfall(row.shortfall),
        reversal_days=row.reversal_days,
        reversal_grace_days=row.reversal_grace_days,
        transfers_allowed=row.transfers_allowed,
        transfer_day_max=maybe_points(row.transfer_day_max),
        transfer_month_max=maybe_points(row.transfer_month_max),
        version=row.version,
    )


async def assets(info: Info) -> list[Asset]:
    """The programme's assets by code; 500 at most."""
    return [asset_of(row) for row in await info.context.read(read.assets)]


@input_type
class AssetTermsInput:
    """The terms of an asset; what was granted before keeps its own.

    expiry:              the expiry policy of new lots: `never`, `6 months to month`, `on 2027-12-31`, `inactive 1 years`
    priority:            of new lots; lower is spent first
    shortfall:           what a refund does where the points are gone
    reversal_days:       for how many days a spend can be reversed
    reversal_grace_days: how long reversed points live whose lot has expired
    transfers_allowed:   whether members may send points to each other
    transfer_day_max:    the most that a member may send in a local day; without it, no limit
    transfer_month_max:  the most that a member may send in a local month; without it, no limit
    """

    expiry: str = "never"
    priority: int = 0
    shortfall: Shortfall = Shortfall.WITHIN_BALANCE
    reversal_days: int = 90
    reversal_grace_days: int = 0
    transfers_allowed: bool = False
    transfer_day_max: Points | None = None
    transfer_month_max: Points | None = None


def _terms(given: AssetTermsInput) -> AssetTerms:
    return AssetTerms(
        expiry=given.expiry,
        priority=given.priority,
        shortfall=given.shortfall,
        reversal_days=given.reversal_days,
        reversal_grace_days=given.reversal_grace_days,
        transfers_allowed=given.transfers_allowed,
        transfer_day_max=given.transfer_day_max,
        transfer_month_max=given.transfer_month_max,
    )


@input_type
class CreateAssetInput:
    """An asset to create.

    code:  its code, unique in the programme
    kind:  `points` or `money`
    terms: its terms; the usual ones where they are left out
    """

    code: str
    kind: str = "points"
    terms: AssetTermsInput | None = None


@object_type
class AssetCreated:
    """The asset can be owned.

    asset: the asset
    """

    asset: Asset


async def create_asset(info: Info, asked: Annotated[CreateAssetInput, INPUT]) -> object:
    """Create an asset. Its code makes it unique, so no key is needed."""
    row = await info.context.change(
        setup.create_asset, code=asked.code, kind=asked.kind, terms=None if asked.terms is None else _terms(asked.terms)
    )
    return AssetCreated(asset=asset_of(row))


@input_type
class ChangeAssetInput:
    """New terms for an asset.

    code:  the asset's code
    terms: all of its terms from now on; points that expire by inactivity go on to do so, all others never will
    """

    code: str
    terms: AssetTermsInput


@object_type
class AssetChanged:
    """The asset has new terms.

    asset: the asset
    """

    asset: Asset


async def change_asset(info: Info, asked: Annotated[ChangeAssetInput, INPUT]) -> object:
    """Change an asset's terms; lots that were granted keep theirs."""
    row = await info.context.change(setup.change_asset, code=asked.code, terms=_terms(asked.terms))
    return AssetChanged(asset=asset_of(row))


_CODE = RefusalCode
_MANAGE = requires(Scope.PROGRAMME_MANAGE, cost=10)

ASSETS = query(assets, any_caller(cost=5, page_max=ASSETS_USUAL), callers=EVERYBODY)
CREATE_ASSET = mutation(
    create_asset, _MANAGE, succeeds=AssetCreated, refusals=(*EVERY_REQUEST, _CODE.PROGRAMME_NOT_FOUND, _CODE.CODE_TAKEN)
)
CHANGE_ASSET = mutation(change_asset, _MANAGE, succeeds=AssetChanged, refusals=(*EVERY_REQUEST, _CODE.ASSET_NOT_FOUND))
