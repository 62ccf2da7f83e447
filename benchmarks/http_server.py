"""Start API processes that share a port, the product's own or an app's, and wait until all of them listen."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Final

import psutil
from starlette.applications import Starlette

from benchmarks import served_app
from benchmarks.cpu import with_descendants
from benchmarks.served_app import HOST
from graphql_api.processes.serve import METRICS_FOLDER

START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 30.0


class ServerNotUp(Exception):
    """The server ended or did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServer:
    """A listening server; `pids` are its processes or their parents."""

    port: int
    pids: Sequence[int]


@asynccontextmanager
async def serve_app(
    factory: Callable[[], Starlette], *, workers: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[HttpServer]:
    """Serve what a module's function makes, in processes set up like those of `scrip serve --workers`.

    What the app logs is written, at its cost, but to nowhere; metrics are kept in files that the processes share.
    """
    port = _free_port()
    command = ("-m", served_app.__name__, f"{factory.__module__}:{factory.__name__}", str(port))
    with TemporaryDirectory() as metrics:
        given = {**(environment or {}), METRICS_FOLDER: metrics}
        async with _running([command] * workers, given) as pids:
            yield await _up(HttpServer(port=port, pids=pids), workers)


@asynccontextmanager
async def serve_product(*, workers: int, environment: Mapping[str, str]) -> AsyncIterator[HttpServer]:
    """`scrip serve --workers`; the environment names its database and its folder."""
    port = _free_port()
    command = ("-m", "graphql_api.processes.cli", "serve", "--workers", str(workers))
    given = {**environment, "SCRIP_HOST": HOST, "SCRIP_PORT": str(port), "SCRIP_LOG_FORMAT": "json"}
    async with _running([command], given) as pids:
        yield await _up(HttpServer(port=port, pids=pids), workers)


@asynccontextmanager
async def run_worker(*, environment: Mapping[str, str]) -> AsyncIterator[HttpServer]:
    """`scrip worker`, with its metrics page on the port."""
    port = _free_port()
    given = {**environment, "SCRIP_HOST": HOST, "SCRIP_WORKER_PORT": str(port), "SCRIP_LOG_FORMAT": "json"}
    async with _running([("-m", "graphql_api.processes.cli", "worker")], given) as pids:
        yield await _up(HttpServer(port=port, pids=pids), 1)


@asynccontextmanager
async def _running(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> AsyncIterator[list[int]]:
    """Run Python processes until the block ends; none of their children is left then."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_one_running(command, environment)) for command in commands]


@asynccontextmanager
async def _one_running(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        family = with_descendants([process.pid])
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, STOP_SECONDS_MAX)
        for each in alive:
            each.kill()


async def _up(server: HttpServer, workers: int) -> HttpServer:
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            while _listeners(server) < workers:
                if not all(psutil.pid_exists(pid) for pid in server.pids):
                    raise ServerNotUp("A server process ended.")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise ServerNotUp(f"Fewer than {workers} processes listen on port {server.port}.") from None
    return server


def _listeners(server: HttpServer) -> int:
    """How many processes listen: connections are dealt out to those only."""
    return sum(
        connection.status == psutil.CONN_LISTEN and connection.laddr[1] == server.port
        for process in with_descendants(server.pids)
        for connection in process.net_connections("tcp4")
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
        return number
