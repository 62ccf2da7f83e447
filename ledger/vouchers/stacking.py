"""Stacking: which of the vouchers shown apply to one basket, in which order, and what each gives (semantics 5.8). Pure.

Vouchers are taken by their template's order, then as shown; each applies to what the earlier ones left. Whichever came
first stays: a later one that does not go with it is skipped.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.book.refusal import Refusal, RefusalCode
from ledger.vouchers.basket import Basket, Bill, bill_of
from ledger.vouchers.discount import Offer, offer_of, require_spend
from ledger.vouchers.template_body import Stacking, StackMode
from ledger.vouchers.validity import Shown, Till, in_precedence, units_at_hand, why_not


class Applied(NamedTuple):
    """A voucher that applies, and what it gives."""

    shown: Shown
    offer: Offer


class Skipped(NamedTuple):
    """A voucher that does not apply, with every reason in the order of precedence.

    alone: the reasons that it would have if it lay on the basket alone; none where only the others keep it off
    """

    shown: Shown
    reasons: tuple[Refusal, ...]
    alone: tuple[Refusal, ...]


class Stack(NamedTuple):
    """What becomes of the vouchers on a basket: those that apply, in the order of application; the others; the bill."""

    applied: tuple[Applied, ...]
    skipped: tuple[Skipped, ...]
    bill: Bill


def stack(vouchers: Sequence[Shown], basket: Basket, till: Till, now: datetime) -> Stack:
    """Lays the vouchers, which the merchant accepts, on the basket one by one."""
    bill = bill_of(basket)
    applied: list[Applied] = []
    skipped: list[Skipped] = []
    for shown in vouchers if len(vouchers) == 1 else sorted(vouchers, key=_order):
        beside = [each.shown for each in applied]
        offer, reasons = _lay(shown, beside, bill, till, now)
        if offer is None:
            alone = _lay(shown, [], bill_of(basket), till, now)[1] if beside else reasons
            skipped.append(Skipped(shown, reasons, alone))
        else:
            applied.append(Applied(shown, offer))
            bill = bill.less(offer.discount_minor, offer.item)
    return Stack(tuple(applied), tuple(skipped), bill)


def goes_with(one: Stacking, other: Stacking) -> bool:
    """Whether two vouchers may lie on one basket."""
    modes = {one.mode, other.mode}
    if StackMode.EXCLUSIVE in modes:
        return False
    return one.category != other.category or StackMode.PER_CATEGORY not in modes


def _order(shown: Shown) -> tuple[int, int]:
    return (shown.body.stacking.order, shown.place)


def _lay(
    shown: Shown, beside: Sequence[Shown], bill: Bill, till: Till, now: datetime
) -> tuple[Offer | None, tuple[Refusal, ...]]:
    """What the voucher gives beside the others, or every reason why it gives nothing."""
    of_member = sum([other.voucher.account_id == shown.voucher.account_id for other in beside])
    reasons = why_not(shown, till, now, taken=of_member)
    if beside and not _goes(shown, beside):
        reasons.append(Refusal(RefusalCode.NOT_STACKABLE))
    try:
        if shown.body.minimum_spend_minor is not None:
            require_spend(bill, shown.body.minimum_spend_minor)
        # Whatever is left: that nothing is, the voucher's state has told.
        offer = offer_of(shown.body.gives, bill, shown.wanted, units_at_hand(shown, till, now) or shown.voucher.units)
    except Refusal as refusal:
        reasons.append(refusal)
    else:
        if not reasons:
            return offer, ()
    return None, in_precedence(reasons)


def _goes(shown: Shown, beside: Sequence[Shown]) -> bool:
    most = shown.body.stacking.basket_max
    alike = sum(other.voucher.template_id == shown.voucher.template_id for other in beside)
    goes = all(goes_with(shown.body.stacking, other.body.stacking) for other in beside)
    moneys = {each.body.money_asset for each in (shown, *beside)} - {None}
    return goes and len(moneys) <= 1 and (most is None or alike < most)
