"""`scrip run` as a newcomer meets it: up with one command, down with Ctrl-C, and whole again after a kill."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from graphql_api.processes.embedded_files import DataDirectory
from tests.databases import ROOT
from tests.shell import SCRIP, environment

UP = "Scrip is up: "


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, port: int, *, sandbox: str = "off", host: str = "127.0.0.1") -> subprocess.Popen[str]:
    """Start `scrip run` in a process group of its own, as a terminal does.

    Only a sandbox gets the demo, which takes longer to load than everything else.
    """
    return subprocess.Popen(
        [*SCRIP, "run"],
        env=environment(SCRIP_VAR=str(var), SCRIP_PORT=str(port), SCRIP_SANDBOX=sandbox, SCRIP_HOST=host),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def await_up(run: subprocess.Popen[str]) -> str:
    """Read what it prints until it is up, and return that."""
    assert run.stdout is not None
    printed = []
    for line in run.stdout:
        printed.append(line)
        if line.startswith(UP):
            return "".join(printed)
    raise AssertionError("".join(printed))


def family_of(run: subprocess.Popen[str], var: Path) -> list[psutil.Process]:
    """Return its children and the server of its data directory."""
    server = DataDirectory.below(var).server_pid()
    assert server is not None
    return [*psutil.Process(run.pid).children(recursive=True), psutil.Process(server)]


def await_gone(processes: list[psutil.Process]) -> None:
    """Wait until all have ended."""
    deadline = time.monotonic() + 60
    while any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes):
        assert time.monotonic() < deadline, processes
        time.sleep(0.05)


@contextmanager
def ended_whatever_happens(run: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Leave nothing behind when a test fails half-way."""
    try:
        yield run
    finally:
        if run.poll() is None:
            run.terminate()
        run.communicate(timeout=40)


@pytest.mark.parametrize("sandbox", [pytest.param("on", marks=pytest.mark.bench), "off"])
def test_ctrl_c_stops_everything(tmp_path: Path, sandbox: str) -> None:
    """It reaches the whole group, as from a terminal, and leaves no process; a sandbox has the demo's data by then."""
    with ended_whatever_happens(start(tmp_path, free_port(), sandbox=sandbox)) as run:
        printed = await_up(run)
        assert ("No demo data" in printed) == (sandbox == "off")
        family = family_of(run, tmp_path)

        os.killpg(run.pid, signal.SIGINT)

        assert run.wait(40) == 0
        await_gone(family)
        assert len(family) == 3


def test_a_killed_run_is_recovered_from(tmp_path: Path) -> None:
    """Its children end by themselves; the next run adopts the server that was left, and SIGTERM leaves no process."""
    port = free_port()
    with ended_whatever_happens(start(tmp_path, port)) as killed:
        assert "No demo data" in await_up(killed)
        *children, server = family_of(killed, tmp_path)
        killed.kill()
        await_gone(children)
        assert server.is_running()

    with ended_whatever_happens(start(tmp_path, port)) as run:
        await_up(run)
        family = family_of(run, tmp_path)
        assert said_by_a_second_run(tmp_path) == (
            f"scrip: Scrip already runs in {tmp_path} (process {run.pid}); stop it, "
            "or set SCRIP_VAR and SCRIP_PORT for a second one.\n"
        )

        run.send_signal(signal.SIGTERM)

        assert run.wait(40) == 0
        await_gone(family)
        assert server in family


def test_a_killed_database_is_started_again_under_a_run(tmp_path: Path) -> None:
    """The run says so and stays: API and worker outlast it, and what needs the database is refused meanwhile."""
    port = free_port()
    with ended_whatever_happens(start(tmp_path, port)) as run:
        await_up(run)
        *children, server = family_of(run, tmp_path)
        server.kill()

        await_line(run, "PostgreSQL had ended and was started again; what was acknowledged is there.\n")

        assert is_ready(port)
        assert all(child.is_running() for child in children)
        again = family_of(run, tmp_path)
        assert again[-1] != server
        run.send_signal(signal.SIGTERM)
        assert run.wait(40) == 0
        await_gone(again)


def await_line(run: subprocess.Popen[str], wanted: str) -> None:
    """Read what it prints up to that line, which comes at the latest when it ends."""
    assert run.stdout is not None
    assert wanted in iter(run.stdout.readline, "")


def is_ready(port: int) -> bool:
    """Whether the API answers, with its database, within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(urllib.error.HTTPError):
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200)
        time.sleep(0.1)
    return False


def said_by_a_second_run(var: Path) -> str:
    """What a run in a folder that is in use says before it ends."""
    said, _ = start(var, free_port()).communicate(timeout=40)
    return said


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """It says which port and how to choose another; nothing was started. An address of another machine is no port in use."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start(tmp_path, port)
        printed, _ = run.communicate(timeout=40)

    assert run.returncode == 2
    assert printed == (
        f"scrip: port {port} on 127.0.0.1 is in use by another program; stop that, or choose another port: "
        f"SCRIP_PORT={port + 1} make run\n"
    )
    elsewhere, _ = start(tmp_path, port, host="192.0.2.1").communicate(timeout=40)
    assert elsewhere == "scrip: SCRIP_HOST=192.0.2.1 is no address of this machine.\n"
    assert not (tmp_path / "postgres").exists()
