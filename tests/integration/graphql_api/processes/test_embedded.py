"""The embedded PostgreSQL: who starts it, who stops it, and what it says where it cannot."""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from graphql_api.processes.embedded import joined_server, own_server, revive_server
from graphql_api.processes.embedded_files import DataDirectory, EmbeddedError
from tests.databases import FAST


def pid_of(var: Path) -> int | None:
    """Return the running server's process id."""
    return DataDirectory.below(var).server_pid()


def await_end(pid: int) -> None:
    """Wait until a process has ended or is only waiting to be reaped."""
    deadline = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_the_server_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """Durable settings are the default, and what was written is there at the next start."""
    with own_server(tmp_path) as server:
        connection = await asyncpg.connect(server.url)
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SHOW listen_addresses") == ""
        await connection.close()
    assert pid_of(tmp_path) is None

    with own_server(tmp_path) as server:
        connection = await asyncpg.connect(server.url)
        assert await connection.fetchval("SELECT one FROM kept") == 1
        await connection.close()


def test_who_joins_does_not_stop_the_owners_server(tmp_path: Path) -> None:
    """`scrip check` beside `scrip run` leaves the server alone; the owner stops it."""
    with own_server(tmp_path, settings=FAST):
        running = pid_of(tmp_path)
        with joined_server(tmp_path, settings=FAST):
            assert pid_of(tmp_path) == running
        assert pid_of(tmp_path) == running
    assert pid_of(tmp_path) is None


def test_the_last_one_that_leaves_stops_a_shared_server(tmp_path: Path) -> None:
    """Without an owner, users share it."""
    with joined_server(tmp_path, settings=FAST):
        with joined_server(tmp_path, settings=FAST):
            pass
        assert pid_of(tmp_path) is not None
    assert pid_of(tmp_path) is None


def test_a_server_that_was_killed_is_started_again(tmp_path: Path) -> None:
    """A stale postmaster.pid and stale sockets are no obstacle, nor is the number being another program's."""
    with own_server(tmp_path, settings=FAST) as server:
        pid = pid_of(tmp_path)
        assert pid is not None
        family = [pid, *(child.pid for child in psutil.Process(pid).children())]
        for each in family:
            os.kill(each, signal.SIGKILL)
        for each in family:
            await_end(each)
        stale = server.files.data / "postmaster.pid"
        lines = stale.read_text().splitlines()
        stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

        assert pid_of(tmp_path) is None
        with joined_server(tmp_path, settings=FAST):
            assert pid_of(tmp_path) not in {None, pid}


async def test_a_long_query_keeps_no_killed_server_from_starting_again(tmp_path: Path) -> None:
    """Its session does not notice that the first process is gone, and holds the shared memory."""
    with own_server(tmp_path, settings=FAST) as server:
        connection = await asyncpg.connect(server.url)
        busy = asyncio.create_task(connection.execute("DO 'BEGIN LOOP PERFORM 1; END LOOP; END'"))
        await _begun(server.url)
        pid = pid_of(tmp_path)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await_end(pid)

        assert revive_server(tmp_path, settings=FAST)

        assert pid_of(tmp_path) not in {None, pid}
        with pytest.raises(asyncpg.PostgresConnectionError):
            await busy
        assert not revive_server(tmp_path, settings=FAST)


async def _begun(url: str) -> None:
    asking = await asyncpg.connect(url)
    while not await asking.fetchval("SELECT count(*) FROM pg_stat_activity, pg_sleep(0.02) WHERE query LIKE 'DO %'"):
        continue
    await asking.close()


def test_a_cluster_that_was_removed_under_its_server_is_not_made_anew(tmp_path: Path) -> None:
    """An empty one would be another book under the same processes; the server of the removed one ends."""
    with own_server(tmp_path, settings=FAST):
        pid = pid_of(tmp_path)
        assert pid is not None
        shutil.rmtree(tmp_path)

        with pytest.raises(EmbeddedError, match="was removed while it was in use"):
            revive_server(tmp_path, settings=FAST)

        await_end(pid)
        assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("place", [f"{'d' * 60}/{'e' * 60}", "O'Brien, 2027"])
def test_a_path_that_can_hold_no_socket_is_no_obstacle(tmp_path: Path, place: str) -> None:
    """Too long, or what a list of folders cannot name: the socket moves to a short folder that only its owner can enter,
    and that is gone when the server stops.
    """
    with own_server(tmp_path / place, settings=FAST) as server:
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        assert len(str(server.socket_folder)) < 60
    assert not server.socket_folder.exists()


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("16", "was made by PostgreSQL 16, Scrip runs 18"), (None, "is not a PostgreSQL data directory")],
)
def test_a_foreign_cluster_is_one_clear_sentence(tmp_path: Path, version: str | None, sentence: str) -> None:
    """It says how to go on."""
    data = tmp_path / "postgres"
    data.mkdir()
    if version:
        (data / "PG_VERSION").write_text(f"{version}\n")

    with pytest.raises(EmbeddedError, match=sentence) as caught, own_server(tmp_path):
        pass

    assert "SCRIP_VAR" in str(caught.value)


def test_a_path_that_a_shell_would_read_otherwise_is_one_clear_sentence(tmp_path: Path) -> None:
    """PostgreSQL is started through one."""
    for place in ('a"b', "a$HOME", "a`id`", "a\\b", "a\nb"):
        with pytest.raises(EmbeddedError, match="set SCRIP_VAR to another folder"), own_server(tmp_path / place):
            pass


def test_a_broken_cluster_is_one_clear_sentence(tmp_path: Path) -> None:
    """It names the server's complaint and its log."""
    with own_server(tmp_path, settings=FAST) as server:
        data = server.files.data
    (data / "global" / "pg_control").unlink()

    with pytest.raises(EmbeddedError, match=r"did not start \(.*pg_control.*rm -rf"), own_server(tmp_path):
        pass
