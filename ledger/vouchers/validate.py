"""Validate: what vouchers would give on a basket, or every reason why not (semantics 5.4). A read; nothing changes.

Decided on a snapshot by the functions by which redeeming decides, so the two cannot differ.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.preview import Preview
from ledger.engine.reader import Reader
from ledger.engine.state import State
from ledger.points.receipt import or_none
from ledger.vouchers.discount import Offer
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.stacking import stack
from ledger.vouchers.validity import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """One voucher: what it would give, or why it would not. Of a voucher that is unknown or not accepted here, nothing
    else is told.

    reasons:        every one, in the order of precedence; none = it applies
    discount_minor: what it takes off what the vouchers before it leave
    units, units_left: what that would cost it, and what it has now
    valid_until:    None = for ever
    """

    place: int
    reasons: tuple[Refusal, ...]
    voucher_id: UUID | None = None
    template_id: UUID | None = None
    kind: str | None = None
    discount_minor: int = 0
    units: int = 0
    units_left: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketValidated:
    """The vouchers in the order presented, and what they would leave to be paid."""

    basket_minor: int
    discount_minor: int
    due_minor: int
    validated_at: datetime
    vouchers: tuple[Validated, ...]


async def validate_vouchers(reader: Reader, redeem: RedeemVouchers) -> BasketValidated:
    """What redeeming so would come to now. INVALID_INPUT, MERCHANT_NOT_FOUND, TERMINAL_NOT_FOUND."""
    redeem.require_input()
    found = await redeem.find(reader)
    async with reader.snapshot() as snapshot:
        preview = Preview(snapshot)
        now = await snapshot.now()
        await preview.load([*found.footprint(), *found.terms()], lambda state: found.further(state, now))
        return await preview.decide(lambda state: _validate(state, found, now))


def _validate(state: State, redeem: RedeemVouchers, now: datetime) -> BasketValidated:
    till = redeem.till(state)
    stacked = stack(redeem.shown(state, till, now), redeem.basket, till, now)
    told = {each.shown.place: _told(each.shown, each.offer, ()) for each in stacked.applied}
    told |= {each.shown.place: _told(each.shown, None, each.reasons) for each in stacked.skipped}
    return BasketValidated(
        basket_minor=redeem.basket.amount_minor,
        discount_minor=redeem.basket.amount_minor - stacked.bill.left_minor,
        due_minor=stacked.bill.left_minor,
        validated_at=now,
        vouchers=tuple(told.get(place) or _unknown(place) for place in range(len(redeem.vouchers))),
    )


def _told(shown: Shown, offer: Offer | None, reasons: tuple[Refusal, ...]) -> Validated:
    voucher = shown.voucher
    return Validated(
        place=shown.place,
        reasons=reasons,
        voucher_id=voucher.id,
        template_id=voucher.template_id,
        kind=shown.body.kind,
        discount_minor=0 if offer is None else offer.discount_minor,
        units=0 if offer is None else offer.units,
        units_left=voucher.units_left,
        valid_from=voucher.valid_from,
        valid_until=or_none(voucher.valid_until),
        item=None if offer is None else offer.item,
    )


def _unknown(place: int) -> Validated:
    return Validated(place=place, reasons=(Refusal(RefusalCode.VOUCHER_NOT_FOUND),))
