"""`scrip worker` as a process: it sequences what was recorded, shows its metrics, and refuses a log that was set back."""

import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from graphql_api.audit_log.log_key import load_log_key
from graphql_api.settings import Settings
from tests.databases import run
from tests.e2e.processes.test_run import free_port
from tests.faults.processes import Child, child
from tests.sequenced_log import forget_log, record_events
from tests.shell import SCRIP

WAIT_SECONDS_MAX = 60
EVENTS = 400


@contextmanager
def worker(url: str, var: Path, port: int) -> Iterator[Child]:
    """A worker with static files and a metrics page."""
    environment = {
        "SCRIP_DATABASE_URL": url,
        "SCRIP_VAR": str(var),
        "SCRIP_LOG_FOLDER": str(var / "log"),
        "SCRIP_WORKER_PORT": str(port),
    }
    with child([*SCRIP, "worker"], environment=environment) as running:
        yield running


def read_page(port: int) -> str:
    """The metrics page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        body: bytes = answer.read()
        return body.decode()


def await_file(path: Path, running: Child) -> None:
    """Wait until the worker has written it."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not path.exists():
        assert time.monotonic() < deadline, "\n".join(running.lines)
        time.sleep(0.1)


async def _record(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    await record_events(connection, count)
    await connection.close()


async def _state(url: str) -> tuple[int, int]:
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow("SELECT size, (SELECT count(*) FROM audit.pending) FROM audit.tree")
    await connection.close()
    assert row is not None
    return row[0], row[1]


async def _forget_log(url: str) -> None:
    connection = await asyncpg.connect(url)
    await forget_log(connection)
    await connection.close()


def test_a_worker_sequences_shows_its_metrics_and_refuses_a_log_that_was_set_back(
    database_url: str, tmp_path: Path
) -> None:
    """What waits is in the signed log within a second or two; after the database has lost it, no worker starts."""
    port = free_port()
    load_log_key(Settings(var=tmp_path))
    run(_record(database_url, EVENTS))
    with worker(database_url, tmp_path, port) as running:
        await_file(tmp_path / "log" / "checkpoint", running)
        size, waiting = run(_state(database_url))
        page = read_page(port)

    assert size >= EVENTS
    assert waiting <= 1
    shown = re.search(r"^scrip_log_size (\d+)", page, re.MULTILINE)
    assert shown is not None
    assert int(shown[1]) >= EVENTS
    for name in ("scrip_log_merge_delay_seconds_bucket", "scrip_log_signed_at_seconds", "scrip_batch_commands"):
        assert f"\n{name}" in page
    run(_forget_log(database_url))
    refused = subprocess.run(
        [*SCRIP, "worker"],
        env={"PATH": "", "SCRIP_DATABASE_URL": database_url, "SCRIP_VAR": str(tmp_path)}
        | {"SCRIP_LOG_FOLDER": str(tmp_path / "log")},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS_MAX,
        check=False,
    )
    assert refused.returncode == 2
    assert "the audit log may not be continued" in refused.stderr
    assert "the database has 0" in refused.stderr
