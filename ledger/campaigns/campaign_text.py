"""A campaign's body as canonical JSON and back: what is stored, and what every award's version names."""

from dataclasses import asdict, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ledger.campaigns.campaign_body import (
    ACTIONS,
    AWARDS,
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
            text["action"]["kind"] = rule.kind
    return orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def parse_body(text: str) -> CampaignBody:
    """The body that `body_text` wrote."""
    parts: dict[str, Any] = orjson.loads(text)
    body = thaw_value(CampaignBody, {**parts, "phases": []})
    phases = tuple(_phase(phase) for phase in parts["phases"])
    caps = tuple(replace(cap, period=Period(cap.period), mode=CapMode(cap.mode)) for cap in body.caps)
    return replace(body, phases=phases, caps=caps)


def _phase(parts: dict[str, Any]) -> Phase:
    plain = thaw_value(Phase, {**parts, "rules": []})
    return replace(plain, rules=tuple(_rule(rule) for rule in parts["rules"]))


def _rule(parts: dict[str, Any]) -> Rule:
    return replace(thaw_value(Rule, {**parts, "action": None}), action=_action(parts["action"]))


def _action(parts: dict[str, Any]) -> Action:
    return thaw_value(ACTIONS[ActionKind(parts["kind"])], parts)


class Terms(NamedTuple):
    """A body with what every activity asks of it, worked out once per version.

    activities: the types that its rules look at
    periods:    whose awards its conditions name
    knows_member: whether a condition or the segment names what the bank says of the member
    conditions: all of them in one text, by which `is_named` finds what they name
    late:       how long after it occurred an activity is looked at
    counters:   what an award moves: those of its caps, and the periods above
    """

    body: CampaignBody
    activities: frozenset[str]
    periods: tuple[Period, ...]
    knows_member: bool
    counters: tuple[tuple[str, Period], ...]
    conditions: str
    late: timedelta


@lru_cache(maxsize=4096)
def terms_of(text: str) -> Terms:
    """The terms of a stored body."""
    body = parse_body(text)
    rules = [rule for phase in body.phases for rule in phase.rules]
    conditions = " ".join([body.segment, *(rule.when for rule in rules)])
    periods = tuple(period for period in Period if variable_of(period) in conditions)
    counters = {(AWARDS, period) for period in periods} | {(cap.counter, cap.period) for cap in body.caps}
    return Terms(
        body=body,
        activities=frozenset(rule.activity for rule in rules),
        periods=periods,
        knows_member="member." in conditions,
        counters=tuple(sorted(counters)),
        conditions=conditions,
        late=timedelta(hours=body.late_hours),
    )


def variable_of(period: Period) -> str:
    """How a condition names the awards of a period."""
    return f"{AWARDS}.{period.lower()}"
