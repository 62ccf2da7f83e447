"""What a rule of a campaign does, by its kind: one input of which exactly one field is given, and a union on the way out."""

from typing import Annotated

import strawberry

from graphql_api.schema.descriptions import input_type, object_type, one_of_type
from ledger.book.units import Points
from ledger.campaigns import campaign_body as ledger


@input_type
class PointsActionInput:
    """Points: an `amount`, or `rate` points for every `per` units of a `field` of the payload; rounded down once.

    asset:      the code of the points asset
    amount:     so many, whatever the payload says
    field:      or by this whole number of the payload
    rate:       how many points
    per:        for how many units of the field
    multiplier: by how much they are multiplied, in percent
    """

    asset: str = "POINTS"
    amount: Points | None = None
    field: str | None = None
    rate: Points = Points(1)
    per: Points = Points(1)
    multiplier: int = 100


@one_of_type
class RuleActionInput:
    """What a rule does: exactly one of these.

    points: award points
    """

    points: PointsActionInput | None = strawberry.UNSET


def action_from(given: RuleActionInput) -> ledger.Action:
    """What is given as the ledger's value."""
    # Of a one-of input exactly one field is given: graphql-core has made sure of it.
    assert given.points
    points = given.points
    return ledger.PointsAward(
        asset=points.asset,
        amount=points.amount,
        field=points.field,
        rate=points.rate,
        per=points.per,
        multiplier=points.multiplier,
    )


# -- on the way out ----------------------------------------------------------------------------------------------------


@object_type
class PointsAction:
    """Points: an `amount`, or `rate` points for every `per` units of a `field` of the payload; rounded down once.

    asset:      the code of the points asset
    amount:     so many, whatever the payload says
    field:      or by this whole number of the payload
    rate:       how many points
    per:        for how many units of the field
    multiplier: by how much they are multiplied, in percent
    """

    asset: str
    amount: Points | None
    field: str | None
    rate: Points
    per: Points
    multiplier: int


RuleAction = Annotated[PointsAction, strawberry.union("RuleAction", description="What a rule does.")]


def action_of(action: ledger.Action) -> RuleAction:
    """What a rule does as its GraphQL type."""
    return PointsAction(
        asset=action.asset,
        amount=None if action.amount is None else Points(action.amount),
        field=action.field,
        rate=Points(action.rate),
        per=Points(action.per),
        multiplier=action.multiplier,
    )
