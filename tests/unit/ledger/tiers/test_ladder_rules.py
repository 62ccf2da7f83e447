"""Ladders: every part within its range, what their metric names there, and what a later version may change."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AMOUNT_MAX
from ledger.programme.activity_type import SHIPPED, ActivityType, FieldType
from ledger.tiers.ladder_body import LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.ladder_rules import require_body, require_successor

AMOUNT, COUNT, POINTS, SNAPSHOT = MetricKind.AMOUNT, MetricKind.COUNT, MetricKind.POINTS, MetricKind.SNAPSHOT
SCORED = ActivityType(
    "scored", "{}", None, (FieldType("by", "string"), FieldType("score", "integer"), FieldType("top", "boolean"))
)
TYPES = {**SHIPPED, "scored": SCORED}
GOOD = [
    Metric(kind=COUNT),
    Metric(kind=COUNT, activities=("login", "scored", "purchase")),
    Metric(kind=POINTS, asset="POINTS", activities=("scored",)),
    Metric(kind=AMOUNT, activities=("purchase", "deposit")),
    Metric(kind=SNAPSHOT, activities=("scored",), field="score"),
    Metric(kind=SNAPSHOT, activities=("assets_snapshot", "deposit"), field="amount"),
]
BAD = [
    (Metric(kind=COUNT, activities=("login", "logni")), "metric.activities.1"),
    (Metric(kind=COUNT, activities=("Login",)), "metric.activities.0"),
    (Metric(kind=COUNT, activities=("purchase", "refund")), "metric.activities.1"),
    (Metric(kind=COUNT, activities=("login", "login")), "metric.activities"),
    (Metric(kind=POINTS, asset="POINTS", activities=("",)), "metric.activities.0"),
    (Metric(kind=AMOUNT, activities=("purchase", "assets_snapshot")), "metric.activities.1"),
    (Metric(kind=AMOUNT, activities=("login",)), "metric.activities.0"),
    (Metric(kind=SNAPSHOT, activities=("assets_snapshot", "scored"), field="amount"), "metric.field"),
    (Metric(kind=SNAPSHOT, activities=("scored",), field="scores"), "metric.field"),
    (Metric(kind=SNAPSHOT, activities=("scored",), field="by"), "metric.field"),
    (Metric(kind=SNAPSHOT, activities=("scored",), field="top"), "metric.field"),
    (Metric(kind=SNAPSHOT, activities=("scored",), field="\x00"), "metric.field"),
    (Metric(kind=SNAPSHOT, activities=("scores",), field="score"), "metric.activities.0"),
    (Metric(kind=SNAPSHOT, field="score"), "metric.activities"),
]
BASE, SILVER, GOLD = (Level(code=code, threshold=at) for code, at in (("base", 0), ("silver", 5), ("gold", 9)))
ROLLING = WindowKind.ROLLING
PARTS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"metric": Metric(kind=POINTS)}, "metric.asset"),
    ({"metric": Metric(kind=COUNT, asset="POINTS")}, "metric.asset"),
    ({"metric": Metric(kind=COUNT, field="amount")}, "metric.field"),
    ({"metric": Metric(kind=SNAPSHOT, activities=("deposit",))}, "metric.field"),
    ({"window": Window(kind=ROLLING)}, "window.days"),
    ({"window": Window(kind=ROLLING, days=1)}, "window.days"),
    ({"window": Window(kind=ROLLING, days=2)}, None),
    ({"window": Window(kind=ROLLING, days=731)}, None),
    ({"window": Window(kind=ROLLING, days=732)}, "window.days"),
    ({"window": Window(kind=WindowKind.MONTH, days=30)}, "window.days"),
    ({"levels": ()}, "levels"),
    ({"levels": tuple(Level(code=f"l{at}", threshold=at) for at in range(20))}, None),
    ({"levels": tuple(Level(code=f"l{at}", threshold=at) for at in range(21))}, "levels"),
    ({"levels": (BASE, replace(SILVER, code="base"))}, "levels"),
    ({"levels": (SILVER, GOLD)}, "levels.0.threshold"),
    ({"levels": (BASE, GOLD, SILVER)}, "levels.2.threshold"),
    ({"levels": (BASE, SILVER, replace(GOLD, threshold=5))}, "levels.2.threshold"),
    ({"levels": (BASE, replace(SILVER, threshold=AMOUNT_MAX))}, None),
    ({"levels": (BASE, replace(SILVER, threshold=AMOUNT_MAX + 1))}, "levels.1.threshold"),
    ({"levels": (replace(BASE, code=""),)}, "levels.0.code"),
    ({"levels": (replace(BASE, code="c" * 65),)}, "levels.0.code"),
    ({"levels": (replace(BASE, multiplier=0),)}, "levels.0.multiplier"),
    ({"levels": (replace(BASE, multiplier=1), replace(SILVER, multiplier=10_000))}, None),
    ({"levels": (BASE, replace(SILVER, multiplier=10_001))}, "levels.1.multiplier"),
    ({"levels": (replace(BASE, pack=("a",)), SILVER)}, "levels.0.pack"),
    ({"levels": (BASE, replace(SILVER, pack=tuple("abcdefghij")))}, None),
    ({"levels": (BASE, replace(SILVER, pack=("a", "a")))}, "levels.1.pack"),
    ({"levels": (BASE, replace(SILVER, pack=tuple("abcdefghijk")))}, "levels.1.pack"),
    ({"grace_days": -1}, "graceDays"),
    ({"grace_days": 27}, None),
    ({"grace_days": 28}, "graceDays"),
    ({"window": Window(kind=ROLLING, days=9), "grace_days": 9}, "graceDays"),
    ({"window": Window(kind=WindowKind.QUARTER), "grace_days": 89}, None),
    ({"window": Window(kind=WindowKind.QUARTER), "grace_days": 90}, "graceDays"),
    ({"window": Window(kind=WindowKind.YEAR), "grace_days": 364}, None),
    ({"window": Window(kind=WindowKind.YEAR), "grace_days": 365}, "graceDays"),
    ({"late_hours": -1}, "lateHours"),
    ({"late_hours": 0}, None),
    ({"late_hours": 744}, None),
    ({"late_hours": 745}, "lateHours"),
]
"""What is changed of a good ladder by month, and the field that is told of then."""
SUCCESSORS: list[tuple[dict[str, Any], str | None]] = [
    ({"grace_days": 3}, None),
    ({"metric": Metric(kind=COUNT, activities=("login",))}, None),
    ({"metric": Metric(kind=AMOUNT)}, "metric"),
    ({"metric": Metric(kind=POINTS, asset="POINTS")}, "metric"),
    ({"window": Window(kind=WindowKind.YEAR)}, "window"),
    ({"levels": (BASE, replace(GOLD, threshold=7), Level(code="top", threshold=8))}, "levels"),
    ({"levels": (BASE, replace(GOLD, threshold=4), SILVER)}, "levels"),
    ({"levels": (Level(code="new", threshold=0), replace(BASE, threshold=1), SILVER, GOLD)}, "levels"),
    ({"levels": (BASE, Level(code="new", threshold=1), SILVER, GOLD)}, None),
]
"""What a later version changes of the same ladder with three levels."""


def _refused(rule: Any, *arguments: object) -> str | None:
    try:
        rule(*arguments)
    except Refusal as refusal:
        return str(refusal.facts["field"]) if refusal.code == RefusalCode.INVALID_INPUT else refusal.code
    return None


def _by_month() -> LadderBody:
    return replace(_body(Metric(kind=COUNT)), window=Window(kind=WindowKind.MONTH), levels=(BASE, SILVER, GOLD))


@pytest.mark.parametrize(("changes", "field"), PARTS)
def test_every_part_has_its_range(changes: dict[str, Any], field: str | None) -> None:
    """At each end of it the last good value is taken and the next one told with its field."""
    assert _refused(require_body, replace(_by_month(), **changes), TYPES.get) == field


@pytest.mark.parametrize(("changes", "field"), SUCCESSORS)
def test_a_later_version_counts_the_same_and_keeps_the_levels(changes: dict[str, Any], field: str | None) -> None:
    """Levels may come between, and none may go, change places or become the first."""
    assert _refused(require_successor, replace(_by_month(), **changes), _by_month()) == field


def _body(metric: Metric) -> LadderBody:
    return LadderBody(metric=metric, window=Window(kind=WindowKind.YEAR), levels=(Level(code="base", threshold=0),))


def test_what_can_count_may_be_named() -> None:
    """Shipped types and the programme's own, with the amounts and whole numbers that they have."""
    for metric in GOOD:
        require_body(_body(metric), TYPES.get)


@pytest.mark.parametrize(("metric", "field"), BAD)
def test_what_could_never_count_is_refused(metric: Metric, field: str) -> None:
    """A type or a field that the programme has not is told with its place, since nobody would climb by it."""
    with pytest.raises(Refusal) as caught:
        require_body(_body(metric), TYPES.get)

    assert (caught.value.code, caught.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})
