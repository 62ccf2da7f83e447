"""A ladder's body as canonical JSON and back: what is stored, and what a member's level is worked out by."""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import orjson

from ledger.engine.outcome import thaw_value
from ledger.tiers.ladder_body import Demotion, LadderBody, MetricKind, PackPeriod, Promotion, WindowKind


def body_text(body: LadderBody) -> str:
    """Canonical JSON: sorted names, no blanks; equal bodies have equal texts."""
    return orjson.dumps(asdict(body), option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def parse_body(text: str) -> LadderBody:
    """The body that `body_text` wrote."""
    parts: dict[str, Any] = orjson.loads(text)
    body = thaw_value(LadderBody, parts)
    return replace(
        body,
        metric=replace(body.metric, kind=MetricKind(body.metric.kind)),
        window=replace(body.window, kind=WindowKind(body.window.kind)),
        promotion=Promotion(body.promotion),
        demotion=Demotion(body.demotion),
        pack_period=PackPeriod(body.pack_period),
    )
