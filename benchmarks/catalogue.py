"""The benchmarks by name, each a module with `async def measure(bench) -> list[Result]`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from typing import Final, cast

from benchmarks.harness import Bench
from benchmarks.measurement import Result

Measure = Callable[[Bench], Coroutine[None, None, list[Result]]]

BENCHMARKS: Final[Mapping[str, str]] = {
    "spend": "spends through the engine, singly at 64 callers and in lists, beside a plain PL/pgSQL transfer",
    "lone": "latency of a lone spend through the engine, beside the plain transfer's",
    "hot_merchant": "spends at one merchant, beside spends at a thousand",
    "growth": "latency of a lone spend with more members, and with more open lots, beside the smallest",
    "endpoint_cpu": "CPU of the GraphQL endpoint without a database, beside a bare JSON echo",
}
"""Name, which is the module's too, and what it measures."""


def load(name: str) -> Measure:
    """The benchmark of that name, imported only now."""
    return cast("Measure", import_module(f"benchmarks.{name}").measure)
