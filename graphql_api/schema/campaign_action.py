"""What a rule of a campaign does, by its kind: one input of which exactly one field is given, and a union on the way out."""

from typing import Annotated, TypedDict, assert_never

import strawberry

from graphql_api.schema.amounts import maybe_points
from graphql_api.schema.descriptions import input_type, interface_type, object_type, one_of_type
from graphql_api.schema.kinds import MERCHANT, id_of, uuid_of
from ledger.book.units import Points
from ledger.campaigns import campaign_body as ledger


@input_type
class MeasureInput:
    """How much: an amount, or a rate by a field of the payload; rounded down once.

    amount: so many, whatever the payload says
    field:  a whole number of the payload by which the rate is paid, instead of an amount
    rate:   how many for every `per` units of the field
    per:    for how many units of the field
    """

    amount: Points | None = None
    field: str | None = None
    rate: Points = Points(1)
    per: Points = Points(1)


@input_type
class PointsActionInput(MeasureInput):
    """Points for the member.

    asset:             the code of the points asset
    multiplier:        by how much they are multiplied, in percent
    cards:             codes of templates; a live multiplier card of one of them multiplies the points once more and is
                       used
    multiplier_ladder: the code of a ladder of tiers; the member's level there multiplies the points once more
    """

    asset: str = "POINTS"
    multiplier: int = 100
    cards: list[str] | None = None
    multiplier_ladder: str | None = None


@input_type
class VoucherActionInput:
    """A voucher for the member, under the stock and the limits of its template.

    template: the code of the template
    """

    template: str


@input_type
class DonationActionInput(MeasureInput):
    """So much of the campaign's budget goes to a merchant that collects donations; the member gets nothing.

    merchant_id: the merchant
    asset:       the code of the points asset, of which the campaign has a budget
    """

    merchant_id: strawberry.ID
    asset: str = "POINTS"


@input_type
class ProgressActionInput(MeasureInput):
    """A counter of the member moves on; it is no award, and the rules after this one see it moved.

    counter: the code of the counter
    """

    counter: str


@input_type
class TierCreditActionInput(MeasureInput):
    """So much counts on a ladder of tiers, beside what its own metric counts; it is no award.

    ladder: the code of the ladder; one of snapshots takes none
    """

    ladder: str


class _Measured(TypedDict):
    """The fields that every measure has, in and out."""

    amount: Points | None
    field: str | None
    rate: Points
    per: Points


def _given(measure: MeasureInput) -> _Measured:
    return {"amount": measure.amount, "field": measure.field, "rate": measure.rate, "per": measure.per}


def _shown(measure: ledger.Measure) -> _Measured:
    return {
        "amount": maybe_points(measure.amount),
        "field": measure.field,
        "rate": Points(measure.rate),
        "per": Points(measure.per),
    }


@one_of_type
class RuleActionInput:
    """What a rule does: exactly one of these.

    points:      award points
    voucher:     award a voucher
    donation:    donate
    progress:    count
    tier_credit: credit a ladder of tiers
    """

    points: PointsActionInput | None = strawberry.UNSET
    voucher: VoucherActionInput | None = strawberry.UNSET
    donation: DonationActionInput | None = strawberry.UNSET
    progress: ProgressActionInput | None = strawberry.UNSET
    tier_credit: TierCreditActionInput | None = strawberry.UNSET


def action_from(given: RuleActionInput) -> ledger.Action:
    """What is given as the ledger's value."""
    if given.points:
        return _points_from(given.points)
    if given.voucher:
        return ledger.VoucherAward(template=given.voucher.template)
    if given.donation:
        merchant = uuid_of(MERCHANT, given.donation.merchant_id)
        return ledger.Donation(asset=given.donation.asset, merchant=merchant, **_given(given.donation))
    if given.progress:
        return ledger.ProgressStep(counter=given.progress.counter, **_given(given.progress))
    # Of a one-of input exactly one field is given: graphql-core has made sure of it.
    assert given.tier_credit
    return ledger.TierCredit(ladder=given.tier_credit.ladder, **_given(given.tier_credit))


def _points_from(given: PointsActionInput) -> ledger.PointsAward:
    return ledger.PointsAward(
        asset=given.asset,
        multiplier=given.multiplier,
        cards=tuple(given.cards or ()),
        ladder=given.multiplier_ladder,
        **_given(given),
    )


# -- on the way out ----------------------------------------------------------------------------------------------------


@interface_type
class Measure:
    """How much: an amount, or a rate by a field of the payload; rounded down once.

    amount: so many, whatever the payload says
    field:  a whole number of the payload by which the rate is paid, instead of an amount
    rate:   how many for every `per` units of the field
    per:    for how many units of the field
    """

    amount: Points | None
    field: str | None
    rate: Points
    per: Points


@object_type
class PointsAction(Measure):
    """Points for the member.

    asset:             the code of the points asset
    multiplier:        by how much they are multiplied, in percent
    cards:             codes of templates; a live multiplier card of one of them multiplies the points once more and is
                       used
    multiplier_ladder: the code of a ladder of tiers; the member's level there multiplies the points once more
    """

    asset: str
    multiplier: int
    cards: list[str]
    multiplier_ladder: str | None


@object_type
class VoucherAction:
    """A voucher for the member, under the stock and the limits of its template.

    template: the code of the template
    """

    template: str


@object_type
class DonationAction(Measure):
    """So much of the campaign's budget goes to a merchant that collects donations; the member gets nothing.

    asset:       the code of the points asset, of which the campaign has a budget
    merchant_id: the merchant
    """

    asset: str
    merchant_id: strawberry.ID


@object_type
class ProgressAction(Measure):
    """A counter of the member moves on; it is no award, and the rules after this one see it moved.

    counter: the code of the counter
    """

    counter: str


@object_type
class TierCreditAction(Measure):
    """So much counts on a ladder of tiers, beside what its own metric counts; it is no award.

    ladder: the code of the ladder
    """

    ladder: str


RuleAction = Annotated[
    PointsAction | VoucherAction | DonationAction | ProgressAction | TierCreditAction,
    strawberry.union("RuleAction", description="What a rule does."),
]


def action_of(action: ledger.Action) -> RuleAction:
    """What a rule does as its GraphQL type."""
    match action:
        case ledger.PointsAward():
            return PointsAction(
                asset=action.asset,
                multiplier=action.multiplier,
                cards=list(action.cards),
                multiplier_ladder=action.ladder,
                **_shown(action),
            )
        case ledger.VoucherAward():
            return VoucherAction(template=action.template)
        case ledger.Donation():
            merchant_id = id_of(MERCHANT, action.merchant)
            return DonationAction(asset=action.asset, merchant_id=merchant_id, **_shown(action))
        case ledger.ProgressStep():
            return ProgressAction(counter=action.counter, **_shown(action))
        case ledger.TierCredit():
            return TierCreditAction(ladder=action.ladder, **_shown(action))
        case _:
            assert_never(action)
