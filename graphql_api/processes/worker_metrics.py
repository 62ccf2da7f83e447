"""The worker's metrics page: its rounds, the audit log's sequencer, and the engine that the sweeps use."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from audit.sequencer import Sequenced
from graphql_api.processes.cli.failure import CommandError

_DELAY_SECONDS = (*(tenths / 10 for tenths in range(1, 11)), 1.5, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0)
"""Finely up to the promise of one second, which ninety-nine of a hundred events keep."""
_ROUND_SECONDS = (0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class RoundMetrics:
    """How each kind of due work is doing; labels are the rounds' names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._done = Counter("scrip_worker_done", "Units of due work that were done.", ["round"], registry=registry)
        self._failures = Counter("scrip_worker_failures", "Rounds that failed.", ["round"], registry=registry)
        self._seconds = Histogram(
            "scrip_worker_round_seconds", "Time a round took.", ["round"], buckets=_ROUND_SECONDS, registry=registry
        )
        self._succeeded_at = Gauge(
            "scrip_worker_succeeded_at_seconds",
            "When a round last succeeded, since 1970.",
            ["round"],
            registry=registry,
        )

    def succeeded(self, name: str, done: int, seconds: float) -> None:
        """Count a round that ended well."""
        self._done.labels(name).inc(done)
        self._seconds.labels(name).observe(seconds)
        self._succeeded_at.labels(name).set_to_current_time()

    def failed(self, name: str) -> None:
        """Count a round that raised."""
        self._failures.labels(name).inc()


class LogMetrics:
    """The audit log as the active sequencer sees it; a worker that stands by shows zeros."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._size = Gauge("scrip_log_size", "Entries in the audit log.", registry=registry)
        self._signed_at = Gauge(
            "scrip_log_signed_at_seconds", "When the newest checkpoint was signed, since 1970.", registry=registry
        )
        self._delay = Histogram(
            "scrip_log_merge_delay_seconds",
            "Time from the making of an event to its place in a signed log.",
            buckets=_DELAY_SECONDS,
            registry=registry,
        )

    def sequenced(self, done: Sequenced) -> None:
        """Count one round."""
        self._size.set(done.size)
        if done.is_signed:
            self._signed_at.set_to_current_time()
        for delay_ms in done.delays_ms:
            self._delay.observe(delay_ms / 1000)


@contextmanager
def metrics_page(registry: CollectorRegistry, *, host: str, port: int | None) -> Iterator[None]:
    """Show the registry at every path of that port while the block runs; without a port, show nothing.

    Raises CommandError where the port is taken.
    """
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise CommandError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another with SCRIP_WORKER_PORT."
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
