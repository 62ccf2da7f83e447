"""Prometheus metrics of the HTTP face, and the page that shows all metrics of the product.

With several worker processes, set PROMETHEUS_MULTIPROC_DIR to an empty directory before this module is
imported: prometheus_client then keeps values in files there and the page sums them over all processes.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from graphql_api.request_record import RequestRecord

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class HttpMetrics:
    """Counts and times requests in `registry`; the engine adds its own metrics to the same registry.

    Labels are routes, statuses, operation kinds and codes: never names that callers choose.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._requests = Counter(
            "scrip_http_requests", "Requests answered.", ["route", "kind", "status"], registry=registry
        )
        self._seconds = Histogram(
            "scrip_http_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ["route", "kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._cost = Counter("scrip_graphql_cost", "Static cost of documents that were run.", registry=registry)
        self._refusals = Counter("scrip_refusals", "Refusals by code.", ["code"], registry=registry)
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[tuple[str, str], Histogram] = {}

    def observe(self, record: RequestRecord, seconds: float) -> None:
        """Count one finished request."""
        kind = record.kind or "none"
        counted = (record.route, kind, record.status)
        counter = self._counters.get(counted)
        if counter is None:
            counter = self._counters[counted] = self._requests.labels(record.route, kind, str(record.status))
        counter.inc()
        timer = self._timers.get(counted[:2])
        if timer is None:
            timer = self._timers[counted[:2]] = self._seconds.labels(record.route, kind)
        timer.observe(seconds)
        if record.cost:
            self._cost.inc(record.cost)
        for code in record.refusals:
            self._refusals.labels(code).inc()

    def page(self) -> bytes:
        """The metrics page: of all processes when they share a directory, else of this one."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
