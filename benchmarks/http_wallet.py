"""`wallet` over HTTP at 64 connections and two API processes, beside a bare JSON echo in as many."""

from __future__ import annotations

from benchmarks.harness import Bench
from benchmarks.http_bodies import WalletBodies
from benchmarks.http_product import Asked, measure_beside_echo
from benchmarks.measurement import Goal, Result


async def measure(bench: Bench) -> list[Result]:
    """One result: requests a second beside the echo's."""
    return await measure_beside_echo(
        bench, name="http_wallet", bodies=_bodies, expect=b'"available"', goal=Goal(at_least=0.25)
    )


def _bodies(asked: Asked, _round_number: int) -> WalletBodies:
    return WalletBodies(members=asked.members)
