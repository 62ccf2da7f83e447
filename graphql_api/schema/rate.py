"""Rates from points to money, and what may be adjusted alone."""

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import RATE, id_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits, Points
from ledger.programme import rates
from ledger.programme.rows import AdjustmentLimit as LimitRow
from ledger.programme.rows import Rate as RateRow


@object_type
class Rate:
    """What points are worth in money, from an instant on. Amounts are rounded down.

    id:          its id; entries name the version that they were made at
    money_asset: the code of the money asset
    points:      so many points are worth `minor`
    minor:       so many minor units of money are what `points` are worth
    valid_from:  from when on
    """

    id: strawberry.ID
    money_asset: str
    points: Points
    minor: MinorUnits
    valid_from: datetime


async def rate_of(context: Context, row: RateRow) -> Rate:
    """The row as its GraphQL type."""
    return Rate(
        id=id_of(RATE, row.id),
        money_asset=await context.ledger.directory.asset_code(await context.programme_id(), row.money_asset_id),
        points=Points(row.points),
        minor=MinorUnits(row.minor),
        valid_from=row.valid_from,
    )


@object_type
class AdjustmentLimit:
    """What a kind of actor may adjust alone.

    actor_kind: the kind, such as `operator`
    amount:     above it, an adjustment waits for a second person
    """

    actor_kind: str
    amount: Points


def limit_of(row: LimitRow) -> AdjustmentLimit:
    """The row as its GraphQL type."""
    return AdjustmentLimit(actor_kind=row.actor_kind, amount=Points(row.amount))


@input_type
class SetRateInput:
    """What points are worth in money.

    asset:       the code of the points asset
    money_asset: the code of the money asset
    points:      so many points are worth `minor`
    minor:       so many minor units of money are what `points` are worth
    valid_from:  from when on; default: now
    """

    asset: str
    money_asset: str
    points: Points
    minor: MinorUnits
    valid_from: datetime | None = None


@object_type
class RateSet:
    """The rate holds from its instant on; entries made before keep theirs.

    rate: the rate
    """

    rate: Rate


async def set_rate(info: Info, asked: Annotated[SetRateInput, INPUT]) -> object:
    """Set what points are worth in money from an instant on."""
    context = info.context
    row = await context.change(
        rates.set_rate,
        asset=asked.asset,
        money_asset=asked.money_asset,
        points=asked.points,
        minor=asked.minor,
        valid_from=asked.valid_from,
    )
    return RateSet(rate=await rate_of(context, row))


@input_type
class SetAdjustmentLimitInput:
    """What a kind of actor may adjust alone.

    actor_kind: the kind, such as `operator`
    amount:     above it, an adjustment waits for a second person; 0 = always
    asset:      the code of the points asset
    """

    actor_kind: str
    amount: Points
    asset: str = "POINTS"


@object_type
class AdjustmentLimitSet:
    """The limit holds from now on.

    limit: the limit
    """

    limit: AdjustmentLimit


async def set_adjustment_limit(info: Info, asked: Annotated[SetAdjustmentLimitInput, INPUT]) -> object:
    """Set above which amount an adjustment waits for a second person."""
    row = await info.context.change(
        rates.set_adjustment_limit, asset=asked.asset, actor_kind=asked.actor_kind, amount=asked.amount
    )
    return AdjustmentLimitSet(limit=limit_of(row))


_MANAGE = requires(Scope.PROGRAMME_MANAGE, cost=10)
_CHANGE = (*EVERY_REQUEST, RefusalCode.ASSET_NOT_FOUND)

SET_RATE = mutation(set_rate, _MANAGE, succeeds=RateSet, refusals=_CHANGE)
SET_ADJUSTMENT_LIMIT = mutation(set_adjustment_limit, _MANAGE, succeeds=AdjustmentLimitSet, refusals=_CHANGE)
