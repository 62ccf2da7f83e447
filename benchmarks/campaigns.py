"""Activities through the engine at 64 callers with 1, 10 and 100 running rules, beside plain earns, and what a rule costs.

An earn and an activity leave the same lot and entry; the activity is also kept with its payload, its award and why the
other campaigns awarded nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from benchmarks.book_under_test import Population, open_book
from benchmarks.campaigns_under_test import ask_purchase, lay_campaigns
from benchmarks.engine_load import EngineLoad, ask_earn
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Measurement, Result, compare

CALLERS: Final = 64
RULES: Final = (1, 10, 100)
RULES_SHORT: Final = (1, 2, 4)
GOALS: Final = {10: Goal(at_least=0.5)}
MEMBERS_SHARE: Final = 5
"""A fifth of the scale's members in each of the four programmes."""


async def measure(bench: Bench) -> list[Result]:
    """A result for each number of rules beside earns, and the microseconds of one rule beside those of an earn."""
    numbers = RULES_SHORT if bench.scale.short else RULES
    members, seconds = bench.scale.members // MEMBERS_SHARE, bench.scale.seconds / 2
    async with open_book(bench, Population(members=members, lots_per_member=1)) as book:
        loads = {"earn": EngineLoad(book, ask=ask_earn)}
        for rules in numbers:
            laid = await lay_campaigns(book, rules=rules, members=members)
            loads[f"rules_{rules}"] = EngineLoad(laid, ask=ask_purchase, seed=rules)
        await bench.checkpoint()
        rounds = await bench.interleave(
            {name: partial(load.run_singly, callers=CALLERS, seconds=seconds) for name, load in loads.items()}
        )
    await bench.check_book(book.url)
    settings = {"members": members, "callers": CALLERS}
    results = [
        compare(
            name=f"campaigns_{rules}",
            unit="activities/s",
            ours=rounds[f"rules_{rules}"],
            baseline=rounds["earn"],
            goal=GOALS.get(rules),
            settings={**settings, "rules": rules, "awards_per_activity": 1},
        )
        for rules in numbers
    ]
    _, few, many = numbers
    return [*results, _rule(rounds[f"rules_{few}"], rounds[f"rules_{many}"], rounds["earn"], more=many - few)]


def _rule(
    few: Sequence[Measurement], many: Sequence[Measurement], earns: Sequence[Measurement], *, more: int
) -> Result:
    """What so many rules more cost an activity, by the rule."""
    costs = [_costing((_us(slow) - _us(fast)) / more) for fast, slow in zip(few, many, strict=True)]
    return compare(
        name="campaigns_rule",
        unit="us/rule",
        ours=costs,
        baseline=[_costing(_us(earn)) for earn in earns],
        settings={"baseline_is": "us/earn", "rule_is": "a campaign that looks, and awards nothing"},
    )


def _us(measured: Measurement) -> float:
    return 1e6 / measured.rate


def _costing(us: float) -> Measurement:
    return Measurement(operations=1, rate=us, p50_ms=0.0, p99_ms=0.0)
