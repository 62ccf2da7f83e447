"""The benchmarks by name: what each measures, and the function that does."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks import (
    audit_cost,
    beside_lists,
    campaigns,
    endpoint_cpu,
    flash_sale,
    growth,
    hot_merchant,
    http_redeem,
    http_spend,
    http_wallet,
    lone,
    merge_delay,
    redeem,
    sequence,
    simulate,
    spend,
    storage,
    tiers,
    verify,
    year,
)
from benchmarks.harness import Bench
from benchmarks.measurement import Result


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`measure` runs on a bench of its own and returns one result or several."""

    what: str
    measure: Callable[[Bench], Coroutine[None, None, list[Result]]]


BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "spend": Benchmark(
        "spends through the engine, singly at 64 callers and in lists, beside a plain PL/pgSQL transfer", spend.measure
    ),
    "lone": Benchmark("latency of a lone spend through the engine, beside the plain transfer's", lone.measure),
    "beside_lists": Benchmark(
        "latency of single spends beside lists of 1,000 in the same process, and alone", beside_lists.measure
    ),
    "hot_merchant": Benchmark("spends at one merchant, beside spends at a thousand", hot_merchant.measure),
    "growth": Benchmark(
        "latency of a lone spend with more members, and with more open lots, beside the smallest", growth.measure
    ),
    "storage": Benchmark(
        "bytes that an earn and a spend leave, indexes included, beside the plain transfer's", storage.measure
    ),
    "http_spend": Benchmark("spendPoints over HTTP, two API processes, beside a bare JSON echo", http_spend.measure),
    "http_wallet": Benchmark("wallet over HTTP, two API processes, beside a bare JSON echo", http_wallet.measure),
    "redeem": Benchmark(
        "single-use vouchers redeemed through the engine at 64 callers, beside plain spends", redeem.measure
    ),
    "http_redeem": Benchmark(
        "redeemVoucher over HTTP, two API processes, beside a bare JSON echo", http_redeem.measure
    ),
    "flash_sale": Benchmark(
        "20,000 claims of 1,000 pieces over HTTP from 256 connections, beside the promises", flash_sale.measure
    ),
    "campaigns": Benchmark(
        "activities through the engine with 1, 10 and 100 running rules, beside plain earns", campaigns.measure
    ),
    "simulate": Benchmark(
        "a draft of ten rules simulated over recorded activities, beside reporting them; and over a million",
        simulate.measure,
    ),
    "tiers": Benchmark("all members' tiers evaluated at local midnights, beside plain earns", tiers.measure),
    "endpoint_cpu": Benchmark(
        "CPU of the GraphQL endpoint without a database, beside a bare JSON echo", endpoint_cpu.measure
    ),
    "audit_cost": Benchmark(
        "spends with the audit log, the sequencer paused and running, beside spends of an engine that records nothing",
        audit_cost.measure,
    ),
    "sequence": Benchmark("the audit log's sequencer alone on a backlog, beside the promise", sequence.measure),
    "verify": Benchmark("a whole log verified offline, beside the promise", verify.measure),
    "merge_delay": Benchmark(
        "from an event's making to its signed place, under spendPoints over HTTP, beside the promise",
        merge_delay.measure,
    ),
    "year": Benchmark(
        "the demo's whole year: seconds beside the promise of 45, memory and bytes; and as activities, beside 120",
        year.measure,
    ),
}
