"""What a ladder must look like. Pure; every breach is INVALID_INPUT with its field, as the caller knows it."""

from collections.abc import Sequence
from typing import Final

from ledger.book.refusal import refuse_input
from ledger.book.units import is_amount
from ledger.programme.activity_type import REFUND, ActivityType, TypeOf
from ledger.programme.input_rules import is_nameable, require_code, require_different, require_text
from ledger.tiers.ladder_body import LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.window import length_days

LEVELS_MAX: Final = 20
ACTIVITIES_MAX: Final = 50
PACK_MAX: Final = 10
DAYS_MIN: Final = 2
DAYS_MAX: Final = 731
PERCENT_MAX: Final = 10_000
LATE_HOURS_MAX: Final = 31 * 24
CODE_LENGTH_MAX: Final = 64
LADDER_CODE_LENGTH_MAX: Final = 32


def require_ladder_code(code: str) -> None:
    """A code of at most 32 characters that conditions can name."""
    require_code(code, length_max=LADDER_CODE_LENGTH_MAX)
    if not is_nameable(code):
        refuse_input("code")


def require_body(body: LadderBody, type_of: TypeOf) -> None:
    """Every part within its range, and none that contradicts another. `type_of` knows the programme's types."""
    _require_metric(body.metric)
    for place, code in enumerate(body.metric.activities):
        _require_measurable(f"metric.activities.{place}", body.metric, type_of(code))
    _require_window(body.window)
    _require_levels(body.levels)
    if not 0 <= body.grace_days < length_days(body.window):
        refuse_input("graceDays")
    if not 0 <= body.late_hours <= LATE_HOURS_MAX:
        refuse_input("lateHours")


def require_successor(body: LadderBody, before: LadderBody) -> None:
    """A later version counts the same things over the same time, and keeps every level in its place among the others."""
    if (body.metric.kind, body.metric.asset) != (before.metric.kind, before.metric.asset):
        refuse_input("metric")
    if body.window != before.window:
        refuse_input("window")
    was = [level.code for level in before.levels]
    if [level.code for level in body.levels if level.code in was] != was or body.levels[0].code != was[0]:
        refuse_input("levels")


def _require_metric(metric: Metric) -> None:
    require_different("metric.activities", metric.activities, most=ACTIVITIES_MAX)
    if (metric.asset is not None) != (metric.kind == MetricKind.POINTS):
        refuse_input("metric.asset")
    if (metric.field is not None) != (metric.kind == MetricKind.SNAPSHOT):
        refuse_input("metric.field")
    if metric.kind == MetricKind.SNAPSHOT and not metric.activities:
        refuse_input("metric.activities")


def _require_measurable(field: str, metric: Metric, type_: ActivityType | None) -> None:
    """The type is there, and has what the metric counts: otherwise nobody would ever climb, and nobody be told."""
    if type_ is None or type_.code == REFUND:
        refuse_input(field)
    if metric.kind == MetricKind.AMOUNT and type_.amount_field is None:
        refuse_input(field)
    if metric.field is not None and metric.field not in type_.numbers:
        refuse_input("metric.field")


def _require_window(window: Window) -> None:
    if (window.days is not None) != (window.kind == WindowKind.ROLLING):
        refuse_input("window.days")
    if window.days is not None and not DAYS_MIN <= window.days <= DAYS_MAX:
        refuse_input("window.days")


def _require_levels(levels: Sequence[Level]) -> None:
    if not 1 <= len(levels) <= LEVELS_MAX or len({level.code for level in levels}) != len(levels):
        refuse_input("levels")
    if levels[0].threshold != 0:
        refuse_input("levels.0.threshold")
    if levels[0].pack:  # nobody is promoted to where everybody begins
        refuse_input("levels.0.pack")
    for number, level in enumerate(levels):
        _require_level(f"levels.{number}", level)
        if number and not (is_amount(level.threshold) and level.threshold > levels[number - 1].threshold):
            refuse_input(f"levels.{number}.threshold")


def _require_level(field: str, level: Level) -> None:
    require_text(f"{field}.code", level.code, length_max=CODE_LENGTH_MAX)
    if not 1 <= level.multiplier <= PERCENT_MAX:
        refuse_input(f"{field}.multiplier")
    require_different(f"{field}.pack", level.pack, most=PACK_MAX)
