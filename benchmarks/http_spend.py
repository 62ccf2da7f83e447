"""`spendPoints` over HTTP at 64 connections and two API processes, beside a bare JSON echo in as many."""

from __future__ import annotations

from benchmarks.harness import Bench
from benchmarks.http_bodies import SpendBodies
from benchmarks.http_product import Asked, measure_beside_echo
from benchmarks.measurement import Goal, Result


async def measure(bench: Bench) -> list[Result]:
    """One result: requests a second beside the echo's."""
    return await measure_beside_echo(
        bench, name="http_spend", bodies=_bodies, expect=b'"replayed":false', goal=Goal(at_least=0.12)
    )


def _bodies(asked: Asked, round_number: int) -> SpendBodies:
    return SpendBodies(members=asked.members, merchants=asked.merchants, round_number=round_number)
