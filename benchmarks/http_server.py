"""Start an ASGI app under uvicorn as the product does, in n processes, and wait until it answers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 30.0


class ServerNotUp(Exception):
    """The server ended or did not answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServer:
    """A listening server; `pid` is the parent of its workers."""

    port: int
    pid: int


@asynccontextmanager
async def serve(
    factory: Callable[[], Starlette], *, workers: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[HttpServer]:
    """Serve what a module's function makes on a free port until the block ends, with the settings of `scrip serve`.

    What the app logs is written, at its cost, but to nowhere.
    """
    port = _free_port()
    command = [
        *(
            sys.executable,
            "-m",
            "uvicorn",
            f"{factory.__module__}:{factory.__name__}",
            "--factory",
            "--host",
            HOST,
            "--port",
            str(port),
        ),
        *("--workers", str(workers), "--loop", "uvloop", "--http", "httptools"),
        *("--ws", "websockets-sansio", "--no-access-log", "--log-level", "warning"),
        *("--no-server-header", "--no-date-header"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await _await_answer(process, port)
        yield HttpServer(port=port, pid=process.pid)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _await_answer(process: asyncio.subprocess.Process, port: int) -> None:
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            while not await _answers(port):
                if process.returncode is not None:
                    raise ServerNotUp(f"The server ended with {process.returncode}.")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise ServerNotUp(f"Nothing answers on port {port}.") from None


async def _answers(port: int) -> bool:
    """Whether some worker answers: the parent listens long before."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    line = await reader.readline()
    writer.close()
    return line.startswith(b"HTTP/1.1")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
        return number
