"""What a voucher gives, by its kind: one input of which exactly one field is given, and a union on the way out."""

from typing import Annotated

import strawberry

from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.descriptions import input_type, object_type, one_of_type
from graphql_api.schema.voucher_enums import BenefitKind
from ledger.book.units import MinorUnits
from ledger.vouchers import template_body as ledger


@input_type
class FixedDiscountInput:
    """So much money off the basket, at most the basket.

    amount_minor: how much, in minor units
    """

    amount_minor: MinorUnits


@input_type
class PercentageInput:
    """A part of the basket off, rounded down.

    basis_points: the part, in 1/10,000
    cap_minor:    the most, in minor units; without it, no cap
    """

    basis_points: int
    cap_minor: MinorUnits | None = None


@input_type
class SpendSaveInput:
    """Spend so much, save so much.

    threshold_minor: the least basket, in minor units
    amount_minor:    what is saved, in minor units
    """

    threshold_minor: MinorUnits
    amount_minor: MinorUnits


@input_type
class StoredValueInput:
    """Money to spend in parts.

    value_minor: how much, in minor units
    """

    value_minor: MinorUnits


@input_type
class ExchangeInput:
    """Goods or a service.

    item: the merchant's own name of it
    """

    item: str


@input_type
class BenefitInput:
    """A better rate or a lower fee of a product of the bank.

    changes:      what it changes
    product:      the bank's name of the product
    basis_points: by how much, in 1/10,000
    """

    changes: BenefitKind
    product: str
    basis_points: int


@input_type
class MultiplierInput:
    """More points for what is bought.

    percent: the points in percent of the usual ones, 101 to 10,000
    """

    percent: int


@one_of_type
class GivesInput:
    """What a voucher gives: exactly one of these.

    fixed_discount: so much money off
    percentage:     a part off
    spend_save:     spend so much, save so much
    stored_value:   money to spend in parts
    exchange:       goods or a service
    benefit:        a better rate or a lower fee
    multiplier:     more points
    """

    fixed_discount: FixedDiscountInput | None = strawberry.UNSET
    percentage: PercentageInput | None = strawberry.UNSET
    spend_save: SpendSaveInput | None = strawberry.UNSET
    stored_value: StoredValueInput | None = strawberry.UNSET
    exchange: ExchangeInput | None = strawberry.UNSET
    benefit: BenefitInput | None = strawberry.UNSET
    multiplier: MultiplierInput | None = strawberry.UNSET


def gives_from(given: GivesInput) -> ledger.Gives:
    """What is given as the ledger's value."""
    if given.fixed_discount:
        return ledger.FixedDiscount(amount_minor=given.fixed_discount.amount_minor)
    if given.percentage:
        return ledger.Percentage(basis_points=given.percentage.basis_points, cap_minor=given.percentage.cap_minor)
    if given.spend_save:
        threshold, amount = given.spend_save.threshold_minor, given.spend_save.amount_minor
        return ledger.SpendSave(threshold_minor=threshold, amount_minor=amount)
    if given.stored_value:
        return ledger.StoredValue(value_minor=given.stored_value.value_minor)
    if given.exchange:
        return ledger.Exchange(item=given.exchange.item)
    if given.benefit:
        changes, product = given.benefit.changes, given.benefit.product
        return ledger.Benefit(changes=changes, product=product, basis_points=given.benefit.basis_points)
    # Of a one-of input exactly one field is given: graphql-core has made sure of it.
    assert given.multiplier
    return ledger.Multiplier(percent=given.multiplier.percent)


# -- on the way out ----------------------------------------------------------------------------------------------------


@object_type
class FixedDiscount:
    """So much money off the basket, at most the basket.

    amount_minor: how much, in minor units
    """

    amount_minor: MinorUnits


@object_type
class Percentage:
    """A part of the basket off, rounded down.

    basis_points: the part, in 1/10,000
    cap_minor:    the most, in minor units; null = no cap
    """

    basis_points: int
    cap_minor: MinorUnits | None


@object_type
class SpendSave:
    """Spend so much, save so much.

    threshold_minor: the least basket, in minor units
    amount_minor:    what is saved, in minor units
    """

    threshold_minor: MinorUnits
    amount_minor: MinorUnits


@object_type
class StoredValue:
    """Money to spend in parts.

    value_minor: how much, in minor units
    """

    value_minor: MinorUnits


@object_type
class Exchange:
    """Goods or a service.

    item: the merchant's own name of it
    """

    item: str


@object_type
class Benefit:
    """A better rate or a lower fee of a product of the bank.

    changes:      what it changes
    product:      the bank's name of the product
    basis_points: by how much, in 1/10,000
    """

    changes: BenefitKind
    product: str
    basis_points: int


@object_type
class Multiplier:
    """More points for what is bought.

    percent: the points in percent of the usual ones
    """

    percent: int


Gives = Annotated[
    FixedDiscount | Percentage | SpendSave | StoredValue | Exchange | Benefit | Multiplier,
    strawberry.union("VoucherGives", description="What a voucher gives."),
]


def gives_of(gives: ledger.Gives) -> Gives:
    """What is given as its GraphQL type."""
    match gives:
        case ledger.FixedDiscount():
            return FixedDiscount(amount_minor=MinorUnits(gives.amount_minor))
        case ledger.Percentage():
            return Percentage(basis_points=gives.basis_points, cap_minor=maybe_minor(gives.cap_minor))
        case ledger.SpendSave():
            threshold, amount = MinorUnits(gives.threshold_minor), MinorUnits(gives.amount_minor)
            return SpendSave(threshold_minor=threshold, amount_minor=amount)
        case ledger.StoredValue():
            return StoredValue(value_minor=MinorUnits(gives.value_minor))
        case ledger.Exchange():
            return Exchange(item=gives.item)
        case ledger.Benefit():
            return Benefit(changes=gives.changes, product=gives.product, basis_points=gives.basis_points)
        case ledger.Multiplier():
            return Multiplier(percent=gives.percent)
