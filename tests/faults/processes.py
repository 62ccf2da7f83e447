"""Start a child process, wait for what it prints, and kill it or PostgreSQL the hard way."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

import psutil

from graphql_api.processes.embedded import EmbeddedServer

WAIT_SECONDS_MAX = 60
POLL_SECONDS = 0.01


@dataclass(eq=False, kw_only=True)
class Child:
    """A running program in a process group of its own; `lines` is what it has printed so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self.process.pid

    def wait_for(self, text: str, *, seconds_max: float = WAIT_SECONDS_MAX) -> str:
        """The first printed line that contains `text`; fails with all output when it ends or none comes."""
        deadline = time.monotonic() + seconds_max
        while True:
            ended = self.process.poll() is not None
            for line in list(self.lines):
                if text in line:
                    return line
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{text!r} was not printed:\n" + "\n".join(self.lines))
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the whole group, and wait until the child is gone."""
        _signal_group(self.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def child(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Iterator[Child]:
    """Run a program with additions to the environment; whatever is left of its group dies at the end."""
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        running = Child(process=process)
        assert process.stdout is not None
        reading = threading.Thread(target=_collect, args=(process.stdout, running.lines), daemon=True)
        reading.start()
        try:
            yield running
        finally:
            running.kill()
            reading.join()


def kill_server(server: EmbeddedServer) -> None:
    """SIGKILL to PostgreSQL, its stopped postmaster last so that it reacts to nothing, and wait until all are gone.

    Entering `joined_server` for the same folder starts it again, with crash recovery.
    """
    pid = server.files.server_pid()
    assert pid is not None, "PostgreSQL does not run"
    postmaster = psutil.Process(pid)
    postmaster.suspend()
    doomed = [*postmaster.children(recursive=True), postmaster]
    for process in doomed:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(doomed, timeout=WAIT_SECONDS_MAX)
    assert not alive, f"still there after SIGKILL: {alive}"


def _collect(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))  # noqa: PERF401 - each line must be seen while the next is awaited


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
