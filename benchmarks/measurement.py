"""What a round of load yields, and how rounds of two contenders become one result; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from operator import attrgetter
from statistics import median
from typing import Final

Setting = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One round: how many operations, how many a second, and the latency 50 and 99 in 100 stayed within.

    `notes` are figures worth keeping beside them, such as CPU seconds by process.
    """

    operations: int
    rate: float
    p50_ms: float
    p99_ms: float
    notes: Mapping[str, float] = field(default_factory=dict)


Figure = Callable[[Measurement], float]
"""Which number of a measurement is compared: `rate`, `p50_ms`, or a note."""

rate: Final[Figure] = attrgetter("rate")
p50_ms: Final[Figure] = attrgetter("p50_ms")
p99_ms: Final[Figure] = attrgetter("p99_ms")


def note(name: str) -> Figure:
    """The note of that name."""
    return lambda measurement: measurement.notes[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The ratio of ours to the baseline that is asked for."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, ratio: float) -> bool:
        """Whether that ratio is within the bounds, both inclusive."""
        low = self.at_least is None or ratio >= self.at_least
        return low and (self.at_most is None or ratio <= self.at_most)

    def __str__(self) -> str:
        parts = []
        if self.at_least is not None:
            parts.append(f"at least {self.at_least:g}")
        if self.at_most is not None:
            parts.append(f"at most {self.at_most:g}")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the report and one JSON file: the fields are the file's."""

    name: str
    unit: str
    ours: float
    baseline: float
    ratio: float
    p50_ms: float
    p99_ms: float
    settings: Mapping[str, Setting]

    def to_json(self) -> dict[str, object]:
        """The fields as plain values."""
        return asdict(self)


def compare(
    *,
    name: str,
    unit: str,
    ours: Sequence[Measurement],
    baseline: Sequence[Measurement],
    figure: Figure = rate,
    goal: Goal | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> Result:
    """A result from rounds that were measured side by side: round i of ours beside round i of the baseline.

    `ratio` is the median of the rounds' own ratios (not the ratio of medians), so that a slow minute
    of the machine, which hits both of a pair, does not count. Latencies are medians of ours.
    """
    pairs = list(zip(ours, baseline, strict=True))
    ratio = median(figure(mine) / figure(theirs) for mine, theirs in pairs)
    verdict: dict[str, Setting] = {} if goal is None else {"goal": str(goal), "goal_met": goal.is_met(ratio)}
    return Result(
        name=name,
        unit=unit,
        ours=_rounded(median(figure(mine) for mine in ours)),
        baseline=_rounded(median(figure(theirs) for theirs in baseline)),
        ratio=_rounded(ratio),
        p50_ms=_rounded(median(mine.p50_ms for mine in ours)),
        p99_ms=_rounded(median(mine.p99_ms for mine in ours)),
        settings={"rounds": len(pairs), **_median_notes(ours), **verdict, **(settings or {})},
    )


def best_of(*contenders: Sequence[Measurement]) -> list[Measurement]:
    """Round by round the measurement with the highest rate."""
    return [max(round_, key=lambda each: each.rate) for round_ in zip(*contenders, strict=True)]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least that share of a sorted, non-empty list does not exceed."""
    return ordered[max(0, ceil(len(ordered) * share) - 1)]


def summarise(
    latencies_ms: Sequence[float], *, seconds: float, notes: Mapping[str, float] | None = None
) -> Measurement:
    """A measurement from single latencies of `seconds` of load; raises ValueError where there are none."""
    if not latencies_ms:
        raise ValueError("Nothing was measured: no operation ended in time.")
    ordered = sorted(latencies_ms)
    return Measurement(
        operations=len(ordered),
        rate=len(ordered) / seconds,
        p50_ms=percentile(ordered, 0.50),
        p99_ms=percentile(ordered, 0.99),
        notes=notes or {},
    )


def _median_notes(measurements: Sequence[Measurement]) -> dict[str, Setting]:
    names = sorted({name for each in measurements for name in each.notes})
    return {name: _rounded(median(each.notes.get(name, 0.0) for each in measurements)) for name in names}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
