"""The options of `vouchers.txt`, as `voucher_script` tells them: what they make of templates and baskets."""

from datetime import date

from ledger.vouchers.basket import BasketItem
from ledger.vouchers.template_body import (
    Benefit,
    BenefitKind,
    Exchange,
    FixedDiscount,
    Gives,
    Limits,
    Multiplier,
    Percentage,
    SpendSave,
    Stacking,
    StackMode,
    StoredValue,
    TemplateBody,
    Validity,
)
from tests.property.world import merchant_id, named


def read_template(options: dict[str, str]) -> TemplateBody:
    """What a template's words say."""
    limits = {name: int(options[name]) for name in ("total", "day", "week", "month") if name in options}
    stacking = Stacking(
        mode=StackMode(options.get("stack", "EXCLUSIVE")),
        category=options.get("cat", ""),
        order=int(options.get("order", 0)),
        basket_max=int(options["most"]) if "most" in options else None,
    )
    return TemplateBody(
        gives=_gives(options),
        validity=Validity(
            expiry=options.get("good", "never"),
            starts_on=date.fromisoformat(options["from"]) if "from" in options else None,
        ),
        uses=int(options.get("uses", 1)),
        money_asset=options.get("money", "CNY") or None,
        use_limits=Limits(**limits),
        merchants=tuple(merchant_id(name) for name in options.get("only", "").split(",") if name),
        partners=tuple(named("partner", name) for name in options.get("partners", "").split(",") if name),
        scenes=tuple(name for name in options.get("scenes", "").split(",") if name),
        minimum_spend_minor=int(options["min"]) if "min" in options else None,
        needs_dynamic_code="dynamic" in options,
        stacking=stacking,
    )


def _gives(options: dict[str, str]) -> Gives:
    if "fixed" in options:
        return FixedDiscount(amount_minor=int(options["fixed"]))
    if "percent" in options:
        cap = int(options["cap"]) if "cap" in options else None
        return Percentage(basis_points=int(options["percent"]), cap_minor=cap)
    if "save" in options:
        threshold, amount = options["save"].split("/")
        return SpendSave(threshold_minor=int(threshold), amount_minor=int(amount))
    if "value" in options:
        return StoredValue(value_minor=int(options["value"]))
    if "fee" in options:
        return Benefit(changes=BenefitKind.FEE, product="loan", basis_points=int(options["fee"]))
    if "multiplier" in options:
        return Multiplier(percent=int(options["multiplier"]))
    return Exchange(item=options["item"])


def read_item(text: str) -> BasketItem:
    """`latte:300x2`."""
    name, _, rest = text.partition(":")
    price, _, count = rest.partition("x")
    return BasketItem(item=name, price_minor=int(price), quantity=int(count or 1))
