"""Start an ASGI app under uvicorn as the product does, in n processes, and wait until it answers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 30.0


class ServerNotUp(Exception):
    """The server ended or did not listen in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServer:
    """A listening server; `pid` is the parent of its workers."""

    port: int
    pid: int


@asynccontextmanager
async def serve(
    factory: str, *, workers: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[HttpServer]:
    """Serve `module:factory` on a free port until the block ends; the settings are those of `scrip serve`."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", factory, "--factory", "--host", HOST, "--port", str(port)),
        *("--workers", str(workers), "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--log-level", "warning", "--no-server-header"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **(environment or {})}, start_new_session=True
    )
    try:
        await _await_listening(process, port)
        yield HttpServer(port=port, pid=process.pid)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _await_listening(process: asyncio.subprocess.Process, port: int) -> None:
    try:
        async with asyncio.timeout(START_SECONDS_MAX):
            while not await _listens(port):
                if process.returncode is not None:
                    raise ServerNotUp(f"The server ended with {process.returncode}.")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise ServerNotUp(f"Nothing listens on port {port}.") from None


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
        return number
