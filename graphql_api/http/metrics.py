"""Prometheus metrics of the HTTP face, and the page that shows all metrics of the product.

With several worker processes, set PROMETHEUS_MULTIPROC_DIR to an empty directory before this module is
imported: prometheus_client then keeps values in files there and the page sums them over all processes.
"""

import os
from functools import cache

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
        requests = Counter("scrip_http_requests", "Requests answered.", ["route", "kind", "status"], registry=registry)
        seconds = Histogram(
            "scrip_http_request_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ["route", "kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._cost = Counter("scrip_graphql_cost", "Static cost of documents that were run.", registry=registry)
        refusals = Counter("scrip_refusals", "Refusals by code.", ["code"], registry=registry)
        # Finding a counter by its labels costs more than counting.
        self._requests = cache(requests.labels)
        self._seconds = cache(seconds.labels)
        self._refusals = cache(refusals.labels)

    def observe(self, record: RequestRecord, seconds: float) -> None:
        """Count one finished request."""
        kind = record.kind or "none"
        self._requests(record.route, kind, record.status).inc()
        self._seconds(record.route, kind).observe(seconds)
        if record.cost:
            self._cost.inc(record.cost)
        for code, times in record.refusals.items():
            self._refusals(code).inc(times)

    def page(self) -> bytes:
        """The metrics page: of all processes when they share a directory, else of this one."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
