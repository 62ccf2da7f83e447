"""The engine's and the pool's figures on the metrics page."""

from collections.abc import Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from graphql_api.errors import log_lost
from ledger.engine.writer import LOST

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class EngineMetrics:
    """An observer of the engine that counts in `registry` and logs a lost database; labels are codes, never what callers choose."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._size = Histogram("scrip_batch_commands", "Commands in a batch.", buckets=SIZES, registry=registry)
        self._wait = _timer(
            "scrip_queue_wait_seconds",
            "Time from arrival to the start of the batch; once for each list in it.",
            registry,
        )
        self._decide = _timer("scrip_batch_decide_seconds", "Time a batch took to decide.", registry)
        self._commit = _timer("scrip_batch_commit_seconds", "Time a batch took to write its rows and commit.", registry)
        refusals = Counter("scrip_engine_refusals", "Commands refused by code.", ["code"], registry=registry)
        self._refusals = cache(refusals.labels)
        self._retries = Counter("scrip_engine_retries", "Batches tried again by cause.", ["why"], registry=registry)

    def batch_done(self, commands: int, waits_s: Sequence[float], decide_s: float, commit_s: float) -> None:
        """Count one committed batch, and one wait for each submission that it is of."""
        self._size.observe(commands)
        for wait in waits_s:
            self._wait.observe(wait)
        self._decide.observe(decide_s)
        self._commit.observe(commit_s)

    def refused(self, code: str) -> None:
        """Count one refused command."""
        self._refusals(code).inc()

    def retried(self, why: Exception) -> None:
        """Count one batch that was tried again, and log where the database kept it from being written."""
        self._retries.labels(type(why).__name__).inc()
        if isinstance(why, LOST):
            log_lost(why, "batch")


class PoolMetrics:
    """The readers' connections, as they are when the page is read: of this process, of others as they were last."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._connections = Gauge(
            "scrip_pool_connections",
            "Connections of the readers' pool.",
            ["state"],
            registry=registry,
            multiprocess_mode="livesum",
        )

    def sample(self, *, size: int, idle: int) -> None:
        """Note how many connections are open and how many of them wait for work."""
        self._connections.labels("idle").set(idle)
        self._connections.labels("busy").set(size - idle)


def _timer(name: str, about: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, about, buckets=SECONDS, registry=registry)
