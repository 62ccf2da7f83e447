"""Runs: what a rule looks back on, its streak and its combination. Pure functions on the counts that were read.

A run pays once: periods up to the last one in which the rule awarded count for none. What is late fills its own period
and is looked at from there; nothing that came before it is looked at again, and what a later run was paid for pays none.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ledger.campaigns.campaign_body import CampaignBody, Period, Rule
from ledger.campaigns.campaign_terms import progress_name, rule_name
from ledger.campaigns.counts import Counter, counted, last_periods, next_periods
from ledger.campaigns.receipt import Reason
from ledger.engine.state import State


class Run(NamedTuple):
    """What a counter stood at in each of the periods that a rule looks back on, the activity's own first."""

    counter: str
    stood_at: list[int]


class Looking(NamedTuple):
    """Whose counters, and as of which local day; `today`: of the decision."""

    state: State
    body: CampaignBody
    member_id: UUID
    campaign_id: UUID
    day: date
    today: date


def runs_before(looking: Looking, rule: Rule) -> list[Run] | Reason:
    """What the rule looked back on, nothing where it does not; or why it may not award yet."""
    streak, combination = rule.streak, rule.combination
    runs = []
    if streak is not None:
        run = _run(looking, streak.counter, streak.length)
        unpaid = _unpaid(looking, rule, streak.counter, streak.length)
        if unpaid < streak.length or min(run.stood_at) < streak.least:
            return Reason.STREAK_INCOMPLETE
        runs.append(run)
    if combination is not None:
        found = [_run(looking, counter, combination.days) for counter in combination.counters]
        unpaid = _unpaid(looking, rule, combination.counters[0], combination.days)
        if not all(any(run.stood_at[:unpaid]) for run in found):
            return Reason.COMBINATION_INCOMPLETE
        runs += found
    return runs


def _unpaid(looking: Looking, rule: Rule, counter: str, length: int) -> int:
    """How many of the periods, the activity's own first, came after the last one in which the rule awarded: none where it
    awarded in one of as many as follow.
    """
    period, name = looking.body.period_of(counter), rule_name(rule.code)
    if any(_counts_in(looking, name, period, next_periods(period, looking.day, length - 1, looking.today))):
        return 0
    awarded = _stood_at(looking, name, period, length)
    return next((place for place, count in enumerate(awarded) if count), length)


def _run(looking: Looking, counter: str, length: int) -> Run:
    period = looking.body.period_of(counter)
    return Run(counter, _stood_at(looking, progress_name(counter), period, length))


def _stood_at(looking: Looking, name: str, period: Period, length: int) -> list[int]:
    return _counts_in(looking, name, period, last_periods(period, looking.day, length))


def _counts_in(looking: Looking, name: str, period: Period, starts: Sequence[date]) -> list[int]:
    counters = [Counter(looking.member_id, looking.campaign_id, name, period, first) for first in starts]
    return [counted(looking.state, counter) for counter in counters]
