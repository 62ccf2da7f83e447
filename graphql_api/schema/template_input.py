"""What a voucher requires and where it comes from: the terms of a template as they are given."""

from datetime import date

import strawberry

from graphql_api.schema.descriptions import input_type
from graphql_api.schema.kinds import MERCHANT, PARTNER, uuid_of
from graphql_api.schema.template_gives import GivesInput, gives_from
from graphql_api.schema.voucher_enums import StackMode, Stock
from ledger.book.units import MinorUnits, Points
from ledger.vouchers import template_body as ledger
from ledger.vouchers.template_body import TemplateBody


@input_type
class LimitsInput:
    """The most per member; what is left out is not limited.

    total: in all
    day:   in a local day
    week:  in a local week, from Monday
    month: in a local month
    """

    total: Points | None = None
    day: Points | None = None
    week: Points | None = None
    month: Points | None = None


@input_type
class ValidityInput:
    """From when to when a voucher is good.

    expiry:    from the local day of issue on: `30 days`, `6 months to month`, `on 2027-12-31`, `never`
    starts_on: good from the first instant of this local day, where that is later than the issue
    """

    expiry: str
    starts_on: date | None = None


@input_type
class PriceInput:
    """What a claim costs the member.

    points: how many points
    asset:  the code of the points asset
    """

    points: Points
    asset: str = "POINTS"


@input_type
class FundingInput:
    """Who pays for the discount, in 1/10,000 that add up to the whole.

    bank:     the bank's share
    partner:  the partner's
    merchant: the merchant's
    """

    bank: int = 10_000
    partner: int = 0
    merchant: int = 0


@input_type
class StackingInput:
    """How a voucher stacks on a basket.

    mode:       what it may be combined with
    category:   its category
    order:      lower is applied first
    basket_max: at most so many of this template on one basket
    """

    mode: StackMode = StackMode.EXCLUSIVE
    category: str = ""
    order: int = 0
    basket_max: int | None = None


@input_type
class TemplateTermsInput:
    """What a voucher promises. An empty list of merchants, partners or scenes accepts all; of tiers or segments, everybody.

    gives:               what it gives
    validity:            from when to when it is good
    uses:                how often one voucher can be used
    money_asset:         the code of the money in which its amounts are counted; needed where it takes money off or has
                         a least basket
    stock:               where vouchers come from
    issue_limits:        how many a member may be issued or claim; gifts do not count
    use_limits:          how many uses a member may make of all its vouchers of this template
    merchant_ids:        the merchants that accept it
    partner_ids:         the partners whose merchants accept it
    scenes:              where it is accepted, in the words of the bank
    minimum_spend_minor: the least basket, in minor units
    tiers:               who may have it, by tier: one that the bank says of the member, or a level held on any ladder
    segments:            who may have it, by segment
    price:               what a claim costs; without it, nothing
    is_claimable:        whether members may claim it themselves
    is_giftable:         whether a member may give it to another, whom `issueLimits`, tiers and segments do not bind
    needs_dynamic_code:  whether a till must present the suffix that the app shows
    funding:             who pays
    stacking:            how it stacks; by default alone
    """

    gives: GivesInput
    validity: ValidityInput
    uses: int = 1
    money_asset: str | None = None
    stock: Stock = Stock.UNLIMITED
    issue_limits: LimitsInput | None = None
    use_limits: LimitsInput | None = None
    merchant_ids: list[strawberry.ID] | None = None
    partner_ids: list[strawberry.ID] | None = None
    scenes: list[str] | None = None
    minimum_spend_minor: MinorUnits | None = None
    tiers: list[str] | None = None
    segments: list[str] | None = None
    price: PriceInput | None = None
    is_claimable: bool = False
    is_giftable: bool = False
    needs_dynamic_code: bool = False
    funding: FundingInput | None = None
    stacking: StackingInput | None = None


def body_from(given: TemplateTermsInput) -> TemplateBody:
    """The terms as the ledger's value."""
    validity, price = given.validity, given.price
    funding, stacking = given.funding or FundingInput(), given.stacking or StackingInput()
    return TemplateBody(
        gives=gives_from(given.gives),
        validity=ledger.Validity(expiry=validity.expiry, starts_on=validity.starts_on),
        uses=given.uses,
        money_asset=given.money_asset,
        stock=given.stock,
        issue_limits=_limits_from(given.issue_limits),
        use_limits=_limits_from(given.use_limits),
        merchants=tuple(uuid_of(MERCHANT, each) for each in given.merchant_ids or ()),
        partners=tuple(uuid_of(PARTNER, each) for each in given.partner_ids or ()),
        scenes=tuple(given.scenes or ()),
        minimum_spend_minor=given.minimum_spend_minor,
        tiers=tuple(given.tiers or ()),
        segments=tuple(given.segments or ()),
        price=None if price is None else ledger.Price(asset=price.asset, points=price.points),
        is_claimable=given.is_claimable,
        is_giftable=given.is_giftable,
        needs_dynamic_code=given.needs_dynamic_code,
        funding=ledger.Funding(bank=funding.bank, partner=funding.partner, merchant=funding.merchant),
        stacking=ledger.Stacking(
            mode=stacking.mode, category=stacking.category, order=stacking.order, basket_max=stacking.basket_max
        ),
    )


def _limits_from(given: LimitsInput | None) -> ledger.Limits:
    if given is None:
        return ledger.Limits()
    return ledger.Limits(total=given.total, day=given.day, week=given.week, month=given.month)
