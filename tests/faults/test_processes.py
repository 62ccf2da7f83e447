"""Killing children and PostgreSQL the hard way, and that they are really gone."""

import sys

import asyncpg
import psutil
import pytest

from graphql_api.processes.embedded import EmbeddedServer, joined_server
from tests.faults.processes import child, kill_server
from tests.faults.proxy import Fault, Moment, Side, fault_proxy

PARENT = """
import subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("started", other.pid)
time.sleep(600)
"""


def test_a_killed_child_takes_its_group_along() -> None:
    """SIGKILL to a child also ends the processes it started."""
    with child([sys.executable, "-c", PARENT]) as running:
        other = psutil.Process(int(running.wait_for("started").split()[1]))

        running.kill()

        psutil.wait_procs([other], timeout=30)
        assert not other.is_running() or other.status() == psutil.STATUS_ZOMBIE
        assert running.process.returncode == -9


def test_waiting_for_a_child_that_ended_shows_its_output() -> None:
    """A child that fails does not make the test wait, and its last words are in the failure."""
    with (
        child([sys.executable, "-c", "raise SystemExit('no such setting')"]) as running,
        pytest.raises(AssertionError, match="no such setting"),
    ):
        running.wait_for("ready")


async def test_what_was_committed_survives_a_kill_of_the_server(durable_server: EmbeddedServer) -> None:
    """PostgreSQL killed after the commit and before its answer: the row is there after recovery."""
    async with fault_proxy(durable_server.url) as proxy:
        connection = await asyncpg.connect(proxy.url)
        await connection.execute("DROP TABLE IF EXISTS survives; CREATE TABLE survives (number int)")
        proxy.arm(
            Fault(
                side=Side.BACKEND,
                message=1,
                moment=Moment.BEFORE,
                every_connection=True,
                strike=lambda: kill_server(durable_server),
            )
        )

        with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError)):
            await connection.execute("INSERT INTO survives VALUES (7)")

        assert durable_server.files.server_pid() is None
        with pytest.raises(OSError):
            await asyncpg.connect(durable_server.url)

    with joined_server(durable_server.files.var) as again:
        connection = await asyncpg.connect(again.url)
        assert await connection.fetchval("SELECT number FROM survives") == 7
        await connection.close()
