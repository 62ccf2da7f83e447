"""A campaign's body as canonical JSON and back: what is stored, and what every award's version names."""

from dataclasses import asdict, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ledger.campaigns.campaign_body import AWARDS, CampaignBody, CapMode, Period
from ledger.engine.outcome import thaw_value


def body_text(body: CampaignBody) -> str:
    """Canonical JSON: sorted names, no blanks; equal bodies have equal texts."""
    return orjson.dumps(asdict(body), default=str, option=orjson.OPT_SORT_KEYS).decode()


@lru_cache(maxsize=4096)
def parse_body(text: str) -> CampaignBody:
    """The body that `body_text` wrote."""
    parts: dict[str, Any] = orjson.loads(text)
    body = thaw_value(CampaignBody, parts)
    caps = tuple(replace(cap, period=Period(cap.period), mode=CapMode(cap.mode)) for cap in body.caps)
    return replace(body, caps=caps)


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
