"""How rounds become one result."""

import pytest

from benchmarks.measurement import Goal, Measurement, best_of, compare, note, p50_ms, percentile, summarise


def measured(rate: float, *, p50: float = 1.0, p99: float = 2.0, **notes: float) -> Measurement:
    """A round with that rate."""
    return Measurement(operations=100, rate=rate, p50_ms=p50, p99_ms=p99, notes=notes)


def test_the_ratio_is_the_median_of_the_rounds_ratios() -> None:
    """A round in which the whole machine was slow counts no more than the others."""
    ours = [measured(200), measured(20), measured(300)]
    baseline = [measured(100), measured(10), measured(200)]

    result = compare(name="x", unit="1/s", ours=ours, baseline=baseline)

    assert (result.ours, result.baseline, result.ratio) == (200, 100, 2)


def test_another_figure_may_be_compared() -> None:
    """Latencies and notes are compared like rates."""
    ours, baseline = [measured(1, p50=6.0, cpu=50)], [measured(1, p50=2.0, cpu=10)]

    assert compare(name="x", unit="ms", ours=ours, baseline=baseline, figure=p50_ms).ratio == 3
    assert compare(name="x", unit="us", ours=ours, baseline=baseline, figure=note("cpu")).ratio == 5


def test_rounds_must_be_pairs() -> None:
    """A round of ours without one of the baseline beside it is an error."""
    with pytest.raises(ValueError, match="shorter"):
        compare(name="x", unit="1/s", ours=[measured(1), measured(1)], baseline=[measured(1)])


def test_a_file_has_exactly_the_promised_fields() -> None:
    """Goal, notes and rounds are settings; nothing else is added to the file."""
    goal = Goal(at_least=1.5)
    result = compare(
        name="x",
        unit="1/s",
        ours=[measured(3, cpu=1.23456)],
        baseline=[measured(2)],
        goal=goal,
        settings={"a": 1},
    )

    assert result.to_json() == {
        "name": "x",
        "unit": "1/s",
        "ours": 3,
        "baseline": 2,
        "ratio": 1.5,
        "p50_ms": 1,
        "p99_ms": 2,
        "settings": {"rounds": 1, "cpu": 1.235, "goal": "at least 1.5", "goal_met": True, "a": 1},
    }


@pytest.mark.parametrize(
    ("goal", "ratio", "met"),
    [
        (Goal(at_least=2), 1.99, False),
        (Goal(at_least=2), 2, True),
        (Goal(at_most=4), 4, True),
        (Goal(at_most=4), 4.01, False),
        (Goal(at_least=1, at_most=2), 3, False),
    ],
)
def test_a_goal_includes_its_bounds(goal: Goal, ratio: float, *, met: bool) -> None:
    """A goal of at least 2 is met at 2."""
    assert goal.is_met(ratio) is met


def test_the_best_is_chosen_round_by_round() -> None:
    """The best baseline of a round may be another one in the next."""
    best = best_of([measured(1), measured(4)], [measured(2), measured(3)])

    assert [each.rate for each in best] == [2, 4]


def test_percentiles_are_values_that_occurred() -> None:
    """Of 1…100 half stay within 50 and 99 within 99."""
    ordered = [float(number) for number in range(1, 101)]

    assert percentile(ordered, 0.50) == 50
    assert percentile(ordered, 0.99) == 99
    assert percentile([7.0], 0.99) == 7


def test_latencies_become_a_measurement() -> None:
    """The rate is operations over the seconds they took; order does not matter."""
    measurement = summarise([3.0, 1.0, 2.0, 2.0], seconds=2.0)

    assert (measurement.operations, measurement.rate, measurement.p50_ms, measurement.p99_ms) == (4, 2, 2, 3)


def test_nothing_measured_is_an_error() -> None:
    """A round without any operation has no latency to report."""
    with pytest.raises(ValueError, match="Nothing was measured"):
        summarise([], seconds=1.0)
