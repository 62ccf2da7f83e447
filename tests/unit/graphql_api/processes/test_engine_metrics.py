"""What the write path's observer counts and tells."""

import pytest
import structlog
from asyncpg.exceptions import DeadlockDetectedError, DiskFullError
from prometheus_client import CollectorRegistry

from graphql_api.processes.engine_metrics import EngineMetrics


@pytest.mark.parametrize(("error", "logged"), [(DiskFullError("x"), ["53100"]), (DeadlockDetectedError("x"), [])])
def test_only_a_lost_database_is_logged_and_every_retry_is_counted(error: Exception, logged: list[str]) -> None:
    """Commands alone may meet a full disk, and the operator finds its code in the log; a deadlock is nothing to do about."""
    registry = CollectorRegistry()

    with structlog.testing.capture_logs() as lines:
        EngineMetrics(registry).retried(error)

    assert [line["sqlstate"] for line in lines] == logged
    assert registry.get_sample_value("scrip_engine_retries_total", {"why": type(error).__name__}) == 1
