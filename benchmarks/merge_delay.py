"""The merge delay: from an event's making to its committed, signed place in the log, while spends come over HTTP.

Read from the worker's own metrics page, in which a bucket is a tenth of a second: the figure is the upper bound of the
bucket that 50, or 99, in 100 events stayed within. The baseline is the promise of one second.
"""

from __future__ import annotations

import asyncio
import urllib.request
from dataclasses import replace
from functools import partial
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.book_under_test import PROGRAMME, Population, open_book
from benchmarks.harness import Bench
from benchmarks.http_bodies import SpendBodies
from benchmarks.http_contender import CONNECTIONS, HttpContender, sign_till_tokens
from benchmarks.http_load import RequestSource
from benchmarks.http_product import Asked, asked_of
from benchmarks.http_server import HttpServer, run_worker, serve_product
from benchmarks.measurement import Goal, Measurement, Result, compare, p99_ms
from benchmarks.served_app import HOST

PROMISE_MS: Final = 1_000.0
SETTLE_SECONDS: Final = 2.0
_METRIC: Final = "scrip_log_merge_delay_seconds"

Buckets = dict[float, int]
"""How many events stayed within so many seconds."""


async def measure(bench: Bench) -> list[Result]:
    """One result: the 99th percentile in milliseconds, with the requests a second among its settings."""
    tokens = sign_till_tokens(bench.folder, programme=PROGRAMME)
    async with (
        open_book(bench, Population(members=min(bench.scale.members, 10_000))) as book,
        run_worker(environment=book.environment) as worker,
        serve_product(workers=bench.scale.workers, environment=book.environment) as product,
    ):
        load = HttpContender(
            server=product,
            bodies=partial(_requests, asked_of(book)),
            expect=b'"replayed":false',
            tokens=tokens,
            seconds=bench.scale.seconds,
        )
        await until_idle(worker)
        rounds = [await _delays_under(load, worker) for _ in range(bench.scale.rounds)]
    await bench.check_book(book.url)
    promise = Measurement(operations=0, rate=0.0, p50_ms=PROMISE_MS, p99_ms=PROMISE_MS)
    return [
        compare(
            name="merge_delay",
            unit="ms",
            ours=rounds,
            baseline=[promise] * len(rounds),
            figure=p99_ms,
            goal=Goal(at_most=1),
            settings={"baseline_is": "the promise", "connections": CONNECTIONS, "workers": bench.scale.workers},
        )
    ]


def _requests(asked: Asked, round_number: int) -> RequestSource:
    return SpendBodies(members=asked.members, merchants=asked.merchants, round_number=round_number)


async def _delays_under(load: HttpContender, worker: HttpServer) -> Measurement:
    before = await _read_buckets(worker)
    asked = await load()
    await asyncio.sleep(SETTLE_SECONDS)
    after = await _read_buckets(worker)
    within = {bound: count - before.get(bound, 0) for bound, count in after.items()}
    return replace(
        asked, p50_ms=_bound_of(within, 0.50), p99_ms=_bound_of(within, 0.99), notes={"requests_per_second": asked.rate}
    )


async def until_idle(worker: HttpServer) -> None:
    """Wait until what filling the book, or an earlier load, left has its places in the log."""
    seen = await _read_buckets(worker)
    while True:
        await asyncio.sleep(SETTLE_SECONDS)
        now = await _read_buckets(worker)
        if now == seen and now:
            return
        seen = now


async def _read_buckets(worker: HttpServer) -> Buckets:
    page = await asyncio.to_thread(_fetch, f"http://{HOST}:{worker.port}/metrics")
    return {
        float(sample.labels["le"]): int(sample.value)
        for family in text_string_to_metric_families(page)
        if family.name == _METRIC
        for sample in family.samples
        if sample.name == f"{_METRIC}_bucket"
    }


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body.decode()


def _bound_of(within: Buckets, share: float) -> float:
    """The bound in milliseconds of the first bucket that so large a share stayed within."""
    total = within[float("inf")]
    return next(bound for bound, count in sorted(within.items()) if count >= share * total) * 1000
