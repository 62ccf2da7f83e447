"""Baskets: what is to be paid at the counter, and what earlier vouchers have left of it. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from ledger.book.refusal import refuse_input
from ledger.book.units import AMOUNT_MAX

ITEMS_MAX = 500
QUANTITY_MAX = 10_000
NAME_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketItem:
    """A line of the basket: the merchant's own name of the item, the price of one piece, and how many there are."""

    item: str
    price_minor: int
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """So much is to be paid, 0 where goods are only handed out. The items are optional and may be a part of it."""

    amount_minor: int
    items: tuple[BasketItem, ...] = ()

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is out of range, an item is malformed, or the items exceed the amount."""
        if not 0 <= self.amount_minor <= AMOUNT_MAX:
            refuse_input("basketMinor")
        if not self.items:
            return
        if len(self.items) > ITEMS_MAX or not all(map(_is_item, self.items)):
            refuse_input("items")
        if sum(item.price_minor * item.quantity for item in self.items) > self.amount_minor:
            refuse_input("items")


def _is_item(item: BasketItem) -> bool:
    named = 0 < len(item.item) <= NAME_LENGTH_MAX and item.item.isprintable()
    return named and 0 <= item.price_minor <= AMOUNT_MAX and 1 <= item.quantity <= QUANTITY_MAX


class Bill(NamedTuple):
    """What vouchers have left of a basket: the money still due, and the items already exchanged, one per piece."""

    basket: Basket
    left_minor: int
    exchanged: tuple[str, ...] = ()

    def less(self, discount_minor: int, item: str | None) -> "Bill":
        """The bill after one more voucher, which exchanged a piece of `item` where it is named."""
        exchanged = self.exchanged if item is None else (*self.exchanged, item)
        return Bill(self.basket, self.left_minor - discount_minor, exchanged)

    def price_of_piece(self, item: str) -> int | None:
        """The price of the next piece of the item that is not exchanged yet; None where the basket has no more."""
        skip = self.exchanged.count(item)
        for line in self.basket.items:
            if line.item != item:
                continue
            if skip < line.quantity:
                return line.price_minor
            skip -= line.quantity
        return None


def bill_of(basket: Basket) -> Bill:
    """The bill before any voucher."""
    return Bill(basket, basket.amount_minor)
