"""What a template must look like. Pure; every breach is INVALID_INPUT with its field, as the caller knows it."""

from datetime import date
from typing import Final, assert_never

from ledger.book.refusal import refuse_input
from ledger.book.units import is_amount
from ledger.programme.calendar import LAST_START
from ledger.programme.expiry import last_good_day, parse_expiry
from ledger.programme.input_rules import require_different, require_text
from ledger.vouchers.template_body import (
    Benefit,
    Exchange,
    FixedDiscount,
    Funding,
    Gives,
    Limits,
    Multiplier,
    Percentage,
    SpendSave,
    Stacking,
    StoredValue,
    TemplateBody,
    Validity,
)

WHOLE: Final = 10_000
"""Basis points of the whole."""
USES_MAX: Final = 1000
LIST_MAX: Final = 500
TEXT_LENGTH_MAX: Final = 200
ORDER_MAX: Final = 1000
PERCENT_MAX: Final = 10_000
_FIRST_DAY: Final = date(2000, 1, 1)
_FAR_END: Final = date(2400, 1, 1)
"""A policy that outlives these two centuries would leave the calendar one day, in the middle of an issue."""


def require_body(body: TemplateBody) -> None:
    """Every part within its range, and none that contradicts another."""
    _require_gives(body.gives)
    _require_validity(body.validity)
    _require_uses(body)
    _require_money(body)
    _require_limits("issueLimits", body.issue_limits)
    _require_limits("useLimits", body.use_limits)
    for field, listed in (("merchants", body.merchants), ("partners", body.partners)):
        require_different(field, listed, most=LIST_MAX)
    for field, texts in (("scenes", body.scenes), ("tiers", body.tiers), ("segments", body.segments)):
        require_different(field, texts, most=LIST_MAX)
        for text in texts:
            require_text(field, text, length_max=TEXT_LENGTH_MAX)
    if body.price is not None and not is_amount(body.price.points):
        refuse_input("price.points")
    _require_funding(body.funding)
    _require_stacking(body.stacking)


def _require_gives(gives: Gives) -> None:
    match gives:
        case FixedDiscount():
            _require_amount("gives.amountMinor", gives.amount_minor)
        case Percentage():
            _require_basis_points("gives.basisPoints", gives.basis_points)
            if gives.cap_minor is not None:
                _require_amount("gives.capMinor", gives.cap_minor)
        case SpendSave():
            _require_amount("gives.thresholdMinor", gives.threshold_minor)
            _require_amount("gives.amountMinor", gives.amount_minor)
            if gives.amount_minor > gives.threshold_minor:
                refuse_input("gives.amountMinor")
        case StoredValue():
            _require_amount("gives.valueMinor", gives.value_minor)
        case Exchange():
            require_text("gives.item", gives.item, length_max=TEXT_LENGTH_MAX)
        case Benefit():
            require_text("gives.product", gives.product, length_max=TEXT_LENGTH_MAX)
            _require_basis_points("gives.basisPoints", gives.basis_points)
        case Multiplier():
            if not 100 < gives.percent <= PERCENT_MAX:
                refuse_input("gives.percent")
        case _:
            assert_never(gives)


def _require_validity(validity: Validity) -> None:
    try:
        policy = parse_expiry(validity.expiry)
        day = last_good_day(policy, LAST_START)
    except (ValueError, OverflowError):
        refuse_input("validity.expiry")
    if policy.by_inactivity or (day is not None and day > _FAR_END):
        refuse_input("validity.expiry")
    if validity.starts_on is None:
        return
    if not _FIRST_DAY <= validity.starts_on < LAST_START:
        refuse_input("validity.startsOn")
    if policy.fixed is not None and policy.fixed < validity.starts_on:
        refuse_input("validity.startsOn")


def _require_uses(body: TemplateBody) -> None:
    if not 1 <= body.uses <= USES_MAX or (isinstance(body.gives, StoredValue) and body.uses != 1):
        refuse_input("uses")


def _require_money(body: TemplateBody) -> None:
    """Minor units are those of a named money."""
    counts_money = isinstance(body.gives, FixedDiscount | Percentage | SpendSave | StoredValue)
    if (counts_money or body.minimum_spend_minor is not None) and body.money_asset is None:
        refuse_input("moneyAsset")
    if body.minimum_spend_minor is not None:
        _require_amount("minimumSpendMinor", body.minimum_spend_minor)


def _require_limits(field: str, limits: Limits) -> None:
    named = (("total", limits.total), ("day", limits.day), ("week", limits.week), ("month", limits.month))
    for period, limit in named:
        if limit is not None and not is_amount(limit):
            refuse_input(f"{field}.{period}")


def _require_funding(funding: Funding) -> None:
    parts = (funding.bank, funding.partner, funding.merchant)
    if any(part < 0 for part in parts) or sum(parts) != WHOLE:
        refuse_input("funding")


def _require_stacking(stacking: Stacking) -> None:
    if stacking.category:
        require_text("stacking.category", stacking.category, length_max=TEXT_LENGTH_MAX)
    if abs(stacking.order) > ORDER_MAX:
        refuse_input("stacking.order")
    if stacking.basket_max is not None and not 1 <= stacking.basket_max <= ORDER_MAX:
        refuse_input("stacking.basketMax")


def _require_amount(field: str, amount: int) -> None:
    if not is_amount(amount):
        refuse_input(field)


def _require_basis_points(field: str, points: int) -> None:
    if not 1 <= points <= WHOLE:
        refuse_input(field)
