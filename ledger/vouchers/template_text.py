"""A template's body as canonical JSON and back: what is stored, and what each voucher's version names."""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import orjson

from ledger.engine.outcome import thaw_value
from ledger.vouchers.template_body import KINDS, Benefit, BenefitKind, Gives, Kind, StackMode, Stock, TemplateBody


def body_text(body: TemplateBody) -> str:
    """Canonical JSON: sorted names, no blanks; equal bodies have equal texts."""
    parts: dict[str, Any] = asdict(body)
    parts["gives"] = {**parts["gives"], "kind": body.kind}
    return orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def parse_body(text: str) -> TemplateBody:
    """The body that `body_text` wrote."""
    parts: dict[str, Any] = orjson.loads(text)
    plain = thaw_value(TemplateBody, {**parts, "gives": None})
    return replace(
        plain,
        gives=_gives(parts["gives"]),
        stock=Stock(plain.stock),
        stacking=replace(plain.stacking, mode=StackMode(plain.stacking.mode)),
    )


def _gives(parts: dict[str, Any]) -> Gives:
    gives: Gives = thaw_value(KINDS[Kind(parts["kind"])], parts)
    return replace(gives, changes=BenefitKind(gives.changes)) if isinstance(gives, Benefit) else gives
