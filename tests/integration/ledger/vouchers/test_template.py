"""Templates: drafts, versions, live and stopped; what they name must be the programme's own (semantics 5.1)."""

from dataclasses import replace
from uuid import UUID

import pytest

from ledger.book.refusal import Refusal
from ledger.engine.command import Actor
from ledger.programme.setup import create_programme
from ledger.vouchers.template import TemplateRecord, change_template, create_template, publish_template, stop_template
from ledger.vouchers.template_body import Percentage, Price, Stock, StoredValue, TemplateBody
from ledger.vouchers.template_text import parse_body
from tests.bank import Bank
from tests.voucher_desk import COFFEE

STRANGER = UUID(int=77)


def _operator(bank: Bank) -> Actor:
    return bank.actor("operator", "olga")


async def _create(bank: Bank, code: str = "COFFEE", body: TemplateBody = COFFEE) -> TemplateRecord:
    return await create_template(bank.application.units, _operator(bank), code=code, body=body, terms="One a day.")


async def _code_of_creating(bank: Bank, code: str = "COFFEE", body: TemplateBody = COFFEE) -> str:
    with pytest.raises(Refusal) as refused:
        await _create(bank, code, body)
    return refused.value.code


async def test_a_template_is_a_draft_with_an_asset_and_an_empty_stock(bank: Bank) -> None:
    """Its first version says what it promises."""
    made = await _create(bank)

    assert (made.template.state, made.template.kind, made.template.current_number) == ("draft", "FIXED_DISCOUNT", 1)
    assert parse_body(made.current.body) == COFFEE
    assert made.current.terms == "One a day."
    asset = (await bank.fetch("SELECT code, kind FROM registry.assets WHERE id = $1", made.template.asset_id))[0]
    assert (asset["code"], asset["kind"]) == ("voucher:COFFEE", "voucher")


async def test_a_template_is_published_stopped_and_published_again(bank: Bank) -> None:
    """Each step once, each with its event and the next version of the row."""
    units, operator = bank.application.units, _operator(bank)
    made = await _create(bank)

    states = [
        (await publish_template(units, operator, code="COFFEE")).template,
        (await stop_template(units, operator, code="COFFEE")).template,
        (await publish_template(units, operator, code="COFFEE")).template,
    ]

    assert [(template.state, template.version) for template in states] == [("live", 2), ("stopped", 3), ("live", 4)]
    told = await bank.fetch("SELECT count(*) FROM audit.events WHERE resource_id = $1", made.template.id)
    assert told[0][0] == 4


async def test_steps_out_of_order_are_refused(bank: Bank) -> None:
    """A draft is not stopped, a live one not published, an unknown one neither; another programme's is unknown."""
    units, operator = bank.application.units, _operator(bank)
    other = await create_programme(units, operator, code="OTHER", name="Other", time_zone="UTC")
    stranger = Actor(kind="operator", id="otto", programme_id=other.id)
    await _create(bank)

    codes = []
    for step, actor, code in (
        (stop_template, operator, "COFFEE"),
        (publish_template, operator, "NONE"),
        (publish_template, stranger, "COFFEE"),
        (stop_template, stranger, "COFFEE"),
    ):
        with pytest.raises(Refusal) as refused:
            await step(units, actor, code=code)
        codes.append(refused.value.code)
    await publish_template(units, operator, code="COFFEE")
    with pytest.raises(Refusal) as again:
        await publish_template(units, operator, code="COFFEE")

    assert codes == ["TEMPLATE_NOT_LIVE", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_FOUND"]
    assert again.value.code == "TEMPLATE_LIVE"


async def test_what_a_template_names_must_be_the_programmes_own(bank: Bank) -> None:
    """Money is money, a price is in points, merchants and partners are known; nothing is left of a refused one."""
    asked: list[tuple[str, TemplateBody]] = [
        ("A", replace(COFFEE, money_asset="POINTS")),
        ("B", replace(COFFEE, money_asset="EUR")),
        ("C", replace(COFFEE, price=Price(asset="CNY", points=1))),
        ("D", replace(COFFEE, merchants=(bank.merchant_id, STRANGER))),
        ("E", replace(COFFEE, partners=(STRANGER,))),
        ("bad code", COFFEE),
        ("x" * 57, COFFEE),
        ("F", replace(COFFEE, gives=Percentage(basis_points=0))),
    ]

    codes = [await _code_of_creating(bank, code, body) for code, body in asked]

    assert codes == [
        "ASSET_NOT_FOUND", "ASSET_NOT_FOUND", "ASSET_NOT_FOUND", "MERCHANT_NOT_FOUND", "PARTNER_NOT_FOUND",
        "INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT",
    ]  # fmt: skip
    assert await bank.count("registry.voucher_templates") == 0
    fine = await _create(bank, "G", replace(COFFEE, merchants=(bank.merchant_id,), partners=(bank.partner_id,)))
    assert fine.template.code == "G"
    assert await _code_of_creating(bank, "G") == "CODE_TAKEN"


async def test_a_version_cannot_change_what_the_stock_means(bank: Bank) -> None:
    """Kind, money and stock are for ever, and so is a piece's worth while it lies in a stock; all else is a new version.
    What is malformed is told before what is unknown.
    """
    units, operator = bank.application.units, _operator(bank)
    limited = replace(COFFEE, stock=Stock.LIMITED)
    card = replace(limited, gives=StoredValue(value_minor=5))
    wrong: list[tuple[TemplateBody, TemplateBody, str]] = [
        (COFFEE, replace(COFFEE, gives=Percentage(basis_points=5), merchants=(STRANGER,)), "gives.kind"),
        (COFFEE, replace(COFFEE, money_asset="EUR"), "moneyAsset"),
        (COFFEE, limited, "stock"),
        (limited, replace(limited, uses=2), "uses"),
        (card, replace(card, gives=StoredValue(value_minor=6)), "uses"),
    ]

    for number, (before, after, field) in enumerate(wrong):
        await _create(bank, f"T{number}", before)
        with pytest.raises(Refusal) as refused:
            await change_template(units, operator, code=f"T{number}", body=after)
        assert (refused.value.code, refused.value.facts) == ("INVALID_INPUT", {"field": field})
    assert await bank.count("registry.voucher_template_versions") == len(wrong)
    twice = replace(COFFEE, uses=2)
    changed = await change_template(units, operator, code="T0", body=twice, terms="New words.")
    assert (changed.template.current_number, parse_body(changed.current.body)) == (2, twice)
