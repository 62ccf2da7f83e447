"""Discounts: what one voucher gives on what is left of a basket. Pure; everything rounds down to whole minor units."""

from enum import StrEnum
from typing import NamedTuple, assert_never

from ledger.book.refusal import Refusal, RefusalCode
from ledger.vouchers.basket import Bill
from ledger.vouchers.template_body import (
    Benefit,
    Exchange,
    FixedDiscount,
    Gives,
    Multiplier,
    Percentage,
    SpendSave,
    StoredValue,
)
from ledger.vouchers.template_rules import WHOLE


class Exactness(StrEnum):
    """How stored value is taken: exactly what was asked for or nothing; or as much of it as there is."""

    STRICT = "STRICT"
    UP_TO = "UP_TO"


class Wanted(NamedTuple):
    """What the till asks of a voucher's stored value; `amount_minor` None = all that is left to pay."""

    amount_minor: int | None = None
    exactness: Exactness = Exactness.STRICT


ALL_DUE = Wanted()
"""What a till asks for that names nothing."""


class Offer(NamedTuple):
    """What a voucher gives: the units it costs (a use, or minor units of stored value), the money off the bill, and the
    item of which a piece is handed out.
    """

    units: int
    discount_minor: int
    item: str | None = None


def offer_of(gives: Gives, bill: Bill, wanted: Wanted, units_left: int) -> Offer:
    """What a voucher with so many units left gives on the bill.

    MINIMUM_SPEND, INSUFFICIENT_VALUE, AMOUNT_TOO_LARGE; NOTHING_TO_REDEEM where it would be used up for nothing.
    """
    match gives:
        case FixedDiscount():
            return _use(min(gives.amount_minor, bill.left_minor))
        case Percentage():
            share = bill.left_minor * gives.basis_points // WHOLE
            return _use(share if gives.cap_minor is None else min(share, gives.cap_minor))
        case SpendSave():
            require_spend(bill, gives.threshold_minor)
            return _use(min(gives.amount_minor, bill.left_minor))
        case StoredValue():
            return _value(bill, wanted, units_left)
        case Exchange():
            return _piece(gives.item, bill)
        case Benefit() | Multiplier():
            return Offer(1, 0)
        case _:
            assert_never(gives)


def require_spend(bill: Bill, minimum_minor: int) -> None:
    """MINIMUM_SPEND where less is left of the basket: earlier vouchers count against the minimum (semantics 5.8)."""
    if bill.left_minor < minimum_minor:
        raise Refusal(RefusalCode.MINIMUM_SPEND, minimum_minor=minimum_minor)


def _use(discount_minor: int) -> Offer:
    if discount_minor == 0:
        raise Refusal(RefusalCode.NOTHING_TO_REDEEM)
    return Offer(1, discount_minor)


def _value(bill: Bill, wanted: Wanted, units_left: int) -> Offer:
    amount = bill.left_minor if wanted.amount_minor is None else wanted.amount_minor
    if wanted.exactness == Exactness.UP_TO:
        amount = min(amount, bill.left_minor, units_left)
    if amount > bill.left_minor:
        raise Refusal(RefusalCode.AMOUNT_TOO_LARGE, limit=bill.left_minor)
    if amount > units_left:
        raise Refusal(RefusalCode.INSUFFICIENT_VALUE, value_left_minor=units_left)
    if amount == 0:
        raise Refusal(RefusalCode.NOTHING_TO_REDEEM)
    return Offer(amount, amount)


def _piece(item: str, bill: Bill) -> Offer:
    """A till that names no items hands the piece out by itself; where it names some, the item must be among them, and
    something of its price still due.
    """
    if not bill.basket.items:
        return Offer(1, 0, item)
    price = bill.price_of_piece(item)
    if price is None or (price > 0 and bill.left_minor == 0):
        raise Refusal(RefusalCode.NOTHING_TO_REDEEM)
    return Offer(1, min(price, bill.left_minor), item)
