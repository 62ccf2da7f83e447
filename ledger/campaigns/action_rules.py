"""What a rule's action, its streak and its combination must look like. Pure; every breach is INVALID_INPUT with its field."""

from collections.abc import Collection

from ledger.book.refusal import refuse_input
from ledger.book.units import is_amount
from ledger.campaigns.campaign_body import (
    Action,
    CampaignBody,
    Combination,
    Donation,
    Measure,
    Period,
    PointsAward,
    ProgressStep,
    Rule,
    Streak,
    TierCredit,
)
from ledger.programme.activity_type import ActivityType
from ledger.programme.input_rules import is_nameable

PERCENT_MAX = 10_000
CARDS_MAX = 10
PERIODS_MAX = 31
COMBINED_MAX = 5
COUNTERS_MAX = 20


def require_counters(body: CampaignBody) -> None:
    """At most 20, each of a code that a condition can name."""
    codes = [counter.code for counter in body.counters]
    if len(codes) > COUNTERS_MAX or len(set(codes)) != len(codes):
        refuse_input("counters")
    for place, code in enumerate(codes):
        if not is_nameable(code):
            refuse_input(f"counters.{place}.code")


def require_action(field: str, rule: Rule, body: CampaignBody, type_: ActivityType, ladders: Collection[str]) -> None:
    """The action within its ranges; what it counts, pays from and measures is there."""
    action = rule.action
    if isinstance(action, Measure):
        _require_measure(f"{field}.action", action, type_)
    if isinstance(action, PointsAward):
        _require_points(f"{field}.action", action, ladders)
    if isinstance(action, Donation) and action.asset not in body.budgets:
        refuse_input(f"{field}.action.asset")
    if isinstance(action, ProgressStep):
        _require_counter(f"{field}.action.counter", action.counter, body)
    if isinstance(action, TierCredit) and action.ladder not in ladders:
        refuse_input(f"{field}.action.ladder")
    if rule.streak is not None:
        _require_streak(f"{field}.streak", rule.streak, action, body)
    if rule.combination is not None:
        _require_combination(f"{field}.combination", rule.combination, action, body)


def _require_measure(field: str, measure: Measure, type_: ActivityType) -> None:
    if (measure.amount is None) == (measure.field is None):
        refuse_input(f"{field}.amount")
    if measure.amount is not None and not is_amount(measure.amount):
        refuse_input(f"{field}.amount")
    if measure.field is not None and measure.field not in type_.numbers:
        refuse_input(f"{field}.field")
    for name, part in (("rate", measure.rate), ("per", measure.per)):
        if not is_amount(part):
            refuse_input(f"{field}.{name}")


def _require_points(field: str, points: PointsAward, ladders: Collection[str]) -> None:
    if not 1 <= points.multiplier <= PERCENT_MAX:
        refuse_input(f"{field}.multiplier")
    if len(points.cards) > CARDS_MAX or len(set(points.cards)) != len(points.cards):
        refuse_input(f"{field}.cards")
    if points.ladder is not None and points.ladder not in ladders:
        refuse_input(f"{field}.multiplierLadder")


def _require_streak(field: str, streak: Streak, action: Action, body: CampaignBody) -> None:
    _require_award(field, action)
    _require_counter(f"{field}.counter", streak.counter, body)
    if body.period_of(streak.counter) == Period.TOTAL:
        refuse_input(f"{field}.counter")
    if not 2 <= streak.length <= PERIODS_MAX:
        refuse_input(f"{field}.length")
    if not is_amount(streak.least):
        refuse_input(f"{field}.least")


def _require_combination(field: str, combination: Combination, action: Action, body: CampaignBody) -> None:
    _require_award(field, action)
    codes = combination.counters
    if not 2 <= len(codes) <= COMBINED_MAX or len(set(codes)) != len(codes):
        refuse_input(f"{field}.counters")
    for code in codes:
        _require_counter(f"{field}.counters", code, body)
        if body.period_of(code) != Period.DAY:
            refuse_input(f"{field}.counters")
    if not 1 <= combination.days <= PERIODS_MAX:
        refuse_input(f"{field}.days")


def _require_award(field: str, action: Action) -> None:
    """What counts has no run: progress is what runs are made of."""
    if not action.is_award:
        refuse_input(field)


def _require_counter(field: str, code: str, body: CampaignBody) -> None:
    if code not in {counter.code for counter in body.counters}:
        refuse_input(field)
