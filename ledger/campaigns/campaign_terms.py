"""A campaign's terms: its body, and what every activity asks of it, worked out once per version. Pure."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.campaigns.campaign_body import AWARDS, CampaignBody, Period, ProgressCounter, Rule
from ledger.campaigns.campaign_text import parse_body
from ledger.campaigns.expression import (
    ATTRIBUTE,
    ENROLLED_DAYS,
    ON_FILE,
    QUALIFYING,
    Variables,
    counter_fields,
    progress_variable,
)

_NAME: Final = r"\.([A-Za-z_][A-Za-z0-9_]*)"
_QUALIFYING: Final = re.compile(rf"\b{QUALIFYING}{_NAME}")
_ATTRIBUTE: Final = re.compile(rf"\b{ATTRIBUTE}{_NAME}")


class Counted(NamedTuple):
    """What is counted per period: awards, an asset's units, `progress:` a counter, `rule:` a rule's awards.

    periods: how many of them are asked for, the activity's own and those before it
    """

    name: str
    period: Period
    periods: int = 1


class Terms(NamedTuple):
    """A body with what every activity asks of it, worked out once per version.

    activities:  the types that its rules look at
    rules:       by phase and type, those that look at it
    whens:       by type, the conditions of those rules
    counts:      whether a rule counts, whatever others award
    is_plain:    whether its conditions name nothing that is asked for this campaign alone
    periods:     whose awards its conditions name
    progress:    the counters that its conditions name; `progress_fields`: as they name them
    attributes:  what they name of what the programme keeps of members
    knows_member: whether a condition or the segment names what the bank says of the member
    knows_enrolment: whether one names since when it is a member
    qualifying:  the ladders whose metric they name
    counters:    what it counts: for its caps, its conditions, its streaks and combinations, and its own counters
    late:        how long after it occurred an activity is looked at
    """

    body: CampaignBody
    activities: frozenset[str]
    rules: Mapping[tuple[str, str], tuple[Rule, ...]]
    whens: Mapping[str, tuple[str, ...]]
    counts: bool
    is_plain: bool
    periods: tuple[Period, ...]
    progress: tuple[ProgressCounter, ...]
    progress_fields: Variables
    attributes: frozenset[str]
    knows_member: bool
    knows_enrolment: bool
    qualifying: tuple[str, ...]
    counters: tuple[Counted, ...]
    late: timedelta


@lru_cache(maxsize=4096)
def terms_of(text: str) -> Terms:
    """The terms of a stored body."""
    body = parse_body(text)
    conditions = " ".join([body.segment, *(rule.when for rule in body.rules)])
    periods = tuple(period for period in Period if variable_of(period) in conditions)
    progress = tuple(counter for counter in body.counters if progress_variable(counter.code) in conditions)
    attributes = frozenset(_ATTRIBUTE.findall(conditions))
    knows_member = bool(attributes) or any(field.name in conditions for field in ON_FILE)
    activities = frozenset(rule.activity for rule in body.rules)
    return Terms(
        body=body,
        activities=activities,
        rules={
            (phase.code, activity): tuple(rule for rule in phase.rules if rule.activity == activity)
            for phase in body.phases
            for activity in activities
        },
        whens={
            activity: tuple(dict.fromkeys(r.when for r in body.rules if r.activity == activity and r.when))
            for activity in activities
        },
        counts=not all(rule.action.is_award for rule in body.rules),
        is_plain=not (periods or progress or knows_member),
        periods=periods,
        progress=progress,
        progress_fields=counter_fields(counter.code for counter in progress),
        attributes=attributes,
        knows_member=knows_member,
        knows_enrolment=ENROLLED_DAYS.name in conditions,
        qualifying=tuple(sorted(set(_QUALIFYING.findall(conditions)))),
        counters=_counters(body, periods),
        late=timedelta(hours=body.late_hours),
    )


def _counters(body: CampaignBody, periods: tuple[Period, ...]) -> tuple[Counted, ...]:
    """Each name and period once, with as many periods as anybody asks for."""
    found = [Counted(AWARDS, period) for period in periods]
    found += [Counted(cap.counter, cap.period) for cap in body.caps]
    found += [Counted(progress_name(counter.code), counter.period) for counter in body.counters]
    for rule in body.rules:
        for counter, length in runs_of(rule):
            period = body.period_of(counter)
            found += [Counted(progress_name(counter), period, length), Counted(rule_name(rule.code), period, length)]
    longest: dict[tuple[str, Period], int] = {}
    for name, period, count in found:
        longest[name, period] = max(count, longest.get((name, period), 1))
    return tuple(Counted(*key, count) for key, count in sorted(longest.items()))


def runs_of(rule: Rule) -> list[tuple[str, int]]:
    """The counters that a rule looks back on, and over how many periods."""
    streak, combination = rule.streak, rule.combination
    found = [] if streak is None else [(streak.counter, streak.length)]
    return found if combination is None else [*found, *((code, combination.days) for code in combination.counters)]


def variable_of(period: Period) -> str:
    """How a condition names the awards of a period."""
    return f"{AWARDS}.{period.lower()}"


def progress_name(counter: str) -> str:
    """How the rows of a counter name what they count."""
    return f"progress:{counter}"


def rule_name(rule: str) -> str:
    """How the rows that count a rule's awards name what they count."""
    return f"rule:{rule}"
