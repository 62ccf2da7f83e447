"""`scrip serve --workers` as processes: they share a port, and end together, as they were asked to."""

import signal
import time
import urllib.request
from pathlib import Path

import psutil

from tests.e2e.processes.test_run import await_gone, free_port
from tests.faults.processes import child
from tests.shell import SCRIP

WORKERS = 2
SECONDS_MAX = 60


def test_several_api_processes_end_well_when_they_are_stopped(database_url: str, tmp_path: Path) -> None:
    """A supervisor that asks them to stop sees no failure, and nothing stays behind, not even where metrics were kept."""
    port, metrics = free_port(), tmp_path / "temporary"
    metrics.mkdir()
    environment = {
        "SCRIP_DATABASE_URL": database_url,
        "SCRIP_VAR": str(tmp_path),
        "SCRIP_PORT": str(port),
        "TMPDIR": str(metrics),
    }
    words = ("serve", "--workers", str(WORKERS))
    with child([*SCRIP, *words], environment=environment) as running:
        _await_up(port)
        family = psutil.Process(running.pid).children(recursive=True)
        kept = list(metrics.iterdir())

        running.process.send_signal(signal.SIGTERM)
        code = running.process.wait(SECONDS_MAX)

        await_gone(family)
    assert (code, len(family), len(kept), list(metrics.iterdir())) == (0, WORKERS, 1, []), running.lines


def _await_up(port: int) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
