"""Templates: every kind and requirement survives its text, and everything malformed is refused with its field."""

import uuid
from dataclasses import replace
from datetime import date

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.programme.input_rules import require_terms_text
from ledger.vouchers.template_body import (
    KINDS,
    Benefit,
    BenefitKind,
    Exchange,
    FixedDiscount,
    Funding,
    Gives,
    Limits,
    Multiplier,
    Percentage,
    Price,
    SpendSave,
    Stacking,
    StackMode,
    Stock,
    StoredValue,
    TemplateBody,
    Validity,
)
from ledger.vouchers.template_rules import require_body
from ledger.vouchers.template_text import body_text, parse_body

PLAIN = TemplateBody(gives=Exchange(item="cake"), validity=Validity(expiry="30 days"))
MONEY = replace(PLAIN, gives=FixedDiscount(amount_minor=500), money_asset="CNY")
GIVES: tuple[Gives, ...] = (
    FixedDiscount(amount_minor=1),
    Percentage(basis_points=1500, cap_minor=2000),
    Percentage(basis_points=10_000),
    SpendSave(threshold_minor=10_000, amount_minor=10_000),
    StoredValue(value_minor=5000),
    Exchange(item="cake"),
    Benefit(changes=BenefitKind.FEE, product="transfer", basis_points=10_000),
    Multiplier(percent=150),
)
FULL = replace(
    MONEY,
    uses=3,
    validity=Validity(expiry="6 months to month", starts_on=date(2026, 3, 1)),
    stock=Stock.IMPORTED,
    issue_limits=Limits(total=17, day=1, week=2, month=3),
    use_limits=Limits(total=17),
    merchants=(uuid.UUID(int=1), uuid.UUID(int=2)),
    partners=(uuid.UUID(int=3),),
    scenes=("in store", "delivery"),
    minimum_spend_minor=1000,
    tiers=("gold",),
    segments=("families",),
    price=Price(asset="POINTS", points=70),
    is_claimable=True,
    is_giftable=True,
    needs_dynamic_code=True,
    funding=Funding(bank=5000, partner=3000, merchant=2000),
    stacking=Stacking(mode=StackMode.PER_CATEGORY, category="food", order=-3, basket_max=2),
)


def test_every_kind_is_tried() -> None:
    """None is left out of these tests."""
    assert {type(gives) for gives in GIVES} == set(KINDS.values())


@pytest.mark.parametrize("gives", GIVES)
def test_every_kind_is_accepted_and_survives_its_text(gives: Gives) -> None:
    """What is stored reads back as it was, types included."""
    body = replace(MONEY, gives=gives)

    require_body(body)

    assert parse_body(body_text(body)) == body
    assert parse_body(body_text(body)).kind == body.kind


def test_every_requirement_survives_its_text() -> None:
    """And equal bodies have equal texts."""
    require_body(FULL)

    back = parse_body(body_text(FULL))

    assert back == FULL
    assert (type(back.stock), type(back.stacking.mode)) == (Stock, StackMode)
    assert body_text(back) == body_text(FULL)


REFUSED: tuple[tuple[TemplateBody, str], ...] = (
    (replace(MONEY, gives=FixedDiscount(amount_minor=0)), "gives.amountMinor"),
    (replace(MONEY, gives=FixedDiscount(amount_minor=10**15 + 1)), "gives.amountMinor"),
    (replace(MONEY, gives=Percentage(basis_points=0)), "gives.basisPoints"),
    (replace(MONEY, gives=Percentage(basis_points=10_001)), "gives.basisPoints"),
    (replace(MONEY, gives=Percentage(basis_points=1, cap_minor=0)), "gives.capMinor"),
    (replace(MONEY, gives=SpendSave(threshold_minor=5, amount_minor=6)), "gives.amountMinor"),
    (replace(MONEY, gives=SpendSave(threshold_minor=0, amount_minor=1)), "gives.thresholdMinor"),
    (replace(MONEY, gives=StoredValue(value_minor=-1)), "gives.valueMinor"),
    (replace(MONEY, gives=StoredValue(value_minor=10), uses=2), "uses"),
    (replace(PLAIN, gives=Exchange(item=" ")), "gives.item"),
    (replace(PLAIN, gives=Exchange(item="a\nb")), "gives.item"),
    (replace(PLAIN, gives=Exchange(item="x" * 201)), "gives.item"),
    (replace(PLAIN, gives=Benefit(changes=BenefitKind.RATE, product="", basis_points=1)), "gives.product"),
    (replace(PLAIN, gives=Benefit(changes=BenefitKind.RATE, product="loan", basis_points=0)), "gives.basisPoints"),
    (replace(PLAIN, gives=Multiplier(percent=100)), "gives.percent"),
    (replace(PLAIN, gives=Multiplier(percent=10_001)), "gives.percent"),
    (replace(MONEY, money_asset=None), "moneyAsset"),
    (replace(PLAIN, minimum_spend_minor=5), "moneyAsset"),
    (replace(MONEY, minimum_spend_minor=0), "minimumSpendMinor"),
    (replace(PLAIN, validity=Validity(expiry="soon")), "validity.expiry"),
    (replace(PLAIN, validity=Validity(expiry="inactive 3 months")), "validity.expiry"),
    (replace(PLAIN, validity=Validity(expiry="9999 years")), "validity.expiry"),
    (replace(PLAIN, validity=Validity(expiry="on 2026-01-01", starts_on=date(2026, 1, 2))), "validity.startsOn"),
    (replace(PLAIN, validity=Validity(expiry="1 days", starts_on=date(1999, 12, 31))), "validity.startsOn"),
    (replace(PLAIN, uses=0), "uses"),
    (replace(PLAIN, uses=1001), "uses"),
    (replace(PLAIN, issue_limits=Limits(day=0)), "issueLimits.day"),
    (replace(PLAIN, use_limits=Limits(week=-1)), "useLimits.week"),
    (replace(PLAIN, merchants=(uuid.UUID(int=1), uuid.UUID(int=1))), "merchants"),
    (replace(PLAIN, partners=tuple(uuid.UUID(int=n) for n in range(501))), "partners"),
    (replace(PLAIN, scenes=("",)), "scenes"),
    (replace(PLAIN, tiers=("gold", "gold")), "tiers"),
    (replace(PLAIN, segments=("\x00",)), "segments"),
    (replace(PLAIN, price=Price(asset="POINTS", points=0)), "price.points"),
    (replace(PLAIN, funding=Funding(bank=9999)), "funding"),
    (replace(PLAIN, funding=Funding(bank=10_001, partner=-1)), "funding"),
    (replace(PLAIN, stacking=Stacking(category=" ")), "stacking.category"),
    (replace(PLAIN, stacking=Stacking(order=1001)), "stacking.order"),
    (replace(PLAIN, stacking=Stacking(basket_max=0)), "stacking.basketMax"),
)


@pytest.mark.parametrize(("body", "field"), REFUSED)
def test_what_is_malformed_is_refused_with_its_field(body: TemplateBody, field: str) -> None:
    """The field as the caller knows it."""
    with pytest.raises(Refusal) as refused:
        require_body(body)

    assert (refused.value.code, refused.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})


@pytest.mark.parametrize("terms", ["\x00", "a\x1b[31m", "x" * 20_001])
def test_terms_are_printable_text(terms: str) -> None:
    """Line breaks and tabs are, escapes are not."""
    require_terms_text("One.\n\tTwo: 条款。")

    with pytest.raises(Refusal) as refused:
        require_terms_text(terms)

    assert refused.value.facts == {"field": "termsText"}
