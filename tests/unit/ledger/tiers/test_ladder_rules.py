"""Ladders: what their metric names must be there, and must have what is counted."""

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.programme.activity_type import SHIPPED, ActivityType, FieldType
from ledger.tiers.ladder_body import LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.ladder_rules import require_body

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
