"""A campaign's body as canonical JSON and back: what is stored, and what every award's version names."""

from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import orjson

from ledger.campaigns.campaign_body import (
    ACTIONS,
    Action,
    ActionKind,
    CampaignBody,
    CapMode,
    Period,
    Phase,
    Rule,
)
from ledger.engine.outcome import thaw_value


def body_text(body: CampaignBody) -> str:
    """Canonical JSON: sorted names, no blanks; equal bodies have equal texts."""
    parts: dict[str, Any] = asdict(body)
    for phase, kept in zip(body.phases, parts["phases"], strict=True):
        for rule, text in zip(phase.rules, kept["rules"], strict=True):
            text["action"]["kind"] = rule.action.kind
    return orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def parse_body(text: str) -> CampaignBody:
    """The body that `body_text` wrote."""
    parts: dict[str, Any] = orjson.loads(text)
    body = thaw_value(CampaignBody, {**parts, "phases": []})
    phases = tuple(_phase(phase) for phase in parts["phases"])
    caps = tuple(replace(cap, period=Period(cap.period), mode=CapMode(cap.mode)) for cap in body.caps)
    counters = tuple(replace(counter, period=Period(counter.period)) for counter in body.counters)
    return replace(body, phases=phases, caps=caps, counters=counters)


def _phase(parts: dict[str, Any]) -> Phase:
    plain = thaw_value(Phase, {**parts, "rules": []})
    return replace(plain, rules=tuple(_rule(rule) for rule in parts["rules"]))


def _rule(parts: dict[str, Any]) -> Rule:
    return replace(thaw_value(Rule, {**parts, "action": None}), action=_action(parts["action"]))


def _action(parts: dict[str, Any]) -> Action:
    return thaw_value(ACTIONS[ActionKind(parts["kind"])], parts)
