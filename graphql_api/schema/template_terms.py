"""What a voucher requires and where it comes from: the terms of a template as they are shown."""

from datetime import date

import strawberry

from graphql_api.schema.amounts import maybe_minor, maybe_points
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import MERCHANT, PARTNER, id_of
from graphql_api.schema.template_gives import Gives, gives_of
from graphql_api.schema.voucher_enums import StackMode, Stock
from ledger.book.units import MinorUnits, Points
from ledger.vouchers import template_body as ledger
from ledger.vouchers.template_body import TemplateBody


@object_type
class Limits:
    """The most per member; null = not limited.

    total: in all
    day:   in a local day
    week:  in a local week, from Monday
    month: in a local month
    """

    total: Points | None
    day: Points | None
    week: Points | None
    month: Points | None


@object_type
class TemplatePrice:
    """What a claim costs the member.

    points: how many points
    asset:  the code of the points asset
    """

    points: Points
    asset: str


@object_type
class TemplateFunding:
    """Who pays for the discount, in 1/10,000.

    bank:     the bank's share
    partner:  the partner's
    merchant: the merchant's
    """

    bank: int
    partner: int
    merchant: int


@object_type
class TemplateStacking:
    """How a voucher stacks on a basket.

    mode:       what it may be combined with
    category:   its category
    order:      lower is applied first
    basket_max: at most so many of this template on one basket; null = no limit
    """

    mode: StackMode
    category: str
    order: int
    basket_max: int | None


@object_type
class TemplateTerms:
    """What a voucher promises. An empty list of merchants, partners or scenes accepts all; of tiers or segments, everybody.

    gives:               what it gives
    expiry:              until when it is good, counted from the local day of issue
    starts_on:           the local day from which it is good, where that is later than the issue
    uses:                how often one voucher can be used
    money_asset:         the code of the money in which its amounts are counted
    stock:               where vouchers come from
    issue_limits:        how many a member may be issued or claim; gifts do not count
    use_limits:          how many uses a member may make of all its vouchers of this template
    merchant_ids:        the merchants that accept it
    partner_ids:         the partners whose merchants accept it
    scenes:              where it is accepted
    minimum_spend_minor: the least basket, in minor units
    tiers:               who may have it, by tier: one that the bank says of the member, or a level held on any ladder
    segments:            who may have it, by segment
    price:               what a claim costs; null = nothing
    is_claimable:        whether members may claim it themselves
    is_giftable:         whether a member may give it to another, whom `issueLimits`, tiers and segments do not bind
    needs_dynamic_code:  whether a till must present the suffix that the app shows
    stacking:            how it stacks
    """

    gives: Gives
    expiry: str
    starts_on: date | None
    uses: int
    money_asset: str | None
    stock: Stock
    issue_limits: Limits
    use_limits: Limits
    merchant_ids: list[strawberry.ID]
    partner_ids: list[strawberry.ID]
    scenes: list[str]
    minimum_spend_minor: MinorUnits | None
    tiers: list[str]
    segments: list[str]
    price: TemplatePrice | None
    is_claimable: bool
    is_giftable: bool
    needs_dynamic_code: bool
    stacking: TemplateStacking


def terms_of(body: TemplateBody) -> TemplateTerms:
    """The body as its GraphQL type."""
    price, stacking = body.price, body.stacking
    return TemplateTerms(
        gives=gives_of(body.gives),
        expiry=body.validity.expiry,
        starts_on=body.validity.starts_on,
        uses=body.uses,
        money_asset=body.money_asset,
        stock=body.stock,
        issue_limits=_limits_of(body.issue_limits),
        use_limits=_limits_of(body.use_limits),
        merchant_ids=[id_of(MERCHANT, each) for each in body.merchants],
        partner_ids=[id_of(PARTNER, each) for each in body.partners],
        scenes=list(body.scenes),
        minimum_spend_minor=maybe_minor(body.minimum_spend_minor),
        tiers=list(body.tiers),
        segments=list(body.segments),
        price=None if price is None else TemplatePrice(points=Points(price.points), asset=price.asset),
        is_claimable=body.is_claimable,
        is_giftable=body.is_giftable,
        needs_dynamic_code=body.needs_dynamic_code,
        stacking=TemplateStacking(
            mode=stacking.mode, category=stacking.category, order=stacking.order, basket_max=stacking.basket_max
        ),
    )


def _limits_of(limits: ledger.Limits) -> Limits:
    return Limits(
        total=maybe_points(limits.total),
        day=maybe_points(limits.day),
        week=maybe_points(limits.week),
        month=maybe_points(limits.month),
    )


def funding_of(funding: ledger.Funding) -> TemplateFunding:
    """The split as its GraphQL type."""
    return TemplateFunding(bank=funding.bank, partner=funding.partner, merchant=funding.merchant)
