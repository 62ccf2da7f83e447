"""A TCP proxy before PostgreSQL that counts messages and breaks the connection at the n-th.

A test first lets an operation run through and reads how many messages it took, then repeats it for
every n with a fault armed. What passes, in either direction: every message read before the n-th
one, whole, and of the n-th one the part that the fault says; afterwards nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from struct import pack
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.faults.wire import Message, read_message, read_start

HOST: Final = "127.0.0.1"


class Side(StrEnum):
    """Whose messages are meant: the client's or the server's."""

    FRONTEND = "frontend"
    BACKEND = "backend"


class Moment(StrEnum):
    """How much of the n-th message still passes: nothing, its first half, or all of it."""

    BEFORE = "before"
    WITHIN = "within"
    AFTER = "after"


class Way(StrEnum):
    """How the client learns of it: an orderly end of stream, a reset, or not at all."""

    CLOSE = "close"
    RESET = "reset"
    SILENCE = "silence"


def _do_nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Break at the `message`-th message of `side`, counted from 1 since it was armed.

    `every_connection` breaks the others too, as when a server dies. `strike` is called at that
    moment, before anything is closed: the place to kill a process.
    """

    side: Side
    message: int
    moment: Moment = Moment.BEFORE
    way: Way = Way.CLOSE
    every_connection: bool = False
    strike: Callable[[], None] = _do_nothing

    def part_of(self, message: Message) -> bytes:
        """The bytes of the n-th message that pass."""
        match self.moment:
            case Moment.BEFORE:
                return b""
            case Moment.WITHIN:
                return message.raw[: len(message.raw) // 2]
            case Moment.AFTER:
                return message.raw


@dataclass(eq=False, slots=True, kw_only=True)
class _Link:
    """One client's connection and the server's behind it; once broken, it carries nothing more."""

    from_client: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    from_server: asyncio.StreamReader
    to_server: asyncio.StreamWriter
    broken: bool = False

    def ends(self, side: Side) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Where that side's messages come from and go to."""
        match side:
            case Side.FRONTEND:
                return self.from_client, self.to_server
            case Side.BACKEND:
                return self.from_server, self.to_client

    def close(self, way: Way) -> None:
        """Close towards the server in good order, so that what it was sent arrives; towards the client by `way`."""
        self.broken = True
        self.to_server.close()
        if way is Way.SILENCE:
            return
        if way is Way.RESET:
            connection = self.to_client.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
        self.to_client.close()


@dataclass(eq=False, slots=True, kw_only=True)
class FaultProxy:
    """What a test holds: an address to connect to, counts of messages, and the armed fault."""

    upstream: str
    port: int = 0
    _fault: Fault | None = None
    _struck: bool = False
    _kinds: dict[Side, list[str]] = field(default_factory=lambda: {side: [] for side in Side})
    _links: set[_Link] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The upstream URL with the proxy for its host."""
        parts = urlsplit(self.upstream)
        login, _, _ = parts.netloc.rpartition("@")
        return f"{parts.scheme}://{login or 'postgres'}@{HOST}:{self.port}{parts.path}"

    @property
    def struck(self) -> bool:
        """Whether the armed fault has happened."""
        return self._struck

    def arm(self, fault: Fault | None = None) -> None:
        """Count from zero and break at the fault's message, once; without a fault only count."""
        self._fault = fault
        self._struck = False
        for kinds in self._kinds.values():
            kinds.clear()

    def kinds(self, side: Side) -> str:
        """The kinds of that side's messages since arming, in order of arrival, such as `PDSBES`.

        The untyped ones that open a connection (start, request for encryption, cancel) do not count.
        """
        return "".join(self._kinds[side])

    def break_all(self, way: Way = Way.CLOSE) -> None:
        """Break every connection now; new ones are served."""
        for link in self._links:
            link.close(way)

    async def accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Carry one connection until an end of it, or a fault, closes it."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(client, to_client)
        finally:
            self._tasks.discard(task)

    async def shut(self) -> None:
        """Break what is left, silent connections too, and wait until nothing runs."""
        self.break_all()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        start = await read_start(from_client, to_client)
        if start is None:
            to_client.close()
            return
        try:
            from_server, to_server = await _connect(self.upstream)
        except OSError:
            to_client.close()
            return
        link = _Link(from_client=from_client, to_client=to_client, from_server=from_server, to_server=to_server)
        for writer in (to_client, to_server):
            # So that drain() returns only when all is with the kernel.
            writer.transport.set_write_buffer_limits(high=0)
        self._links.add(link)
        to_server.write(start)
        await asyncio.gather(self._pump(link, Side.FRONTEND), self._pump(link, Side.BACKEND))
        self._links.discard(link)
        # A silent link is closed by its client only; then this end is over too.
        link.close(Way.CLOSE)

    async def _pump(self, link: _Link, side: Side) -> None:
        reader, writer = link.ends(side)
        while (message := await read_message(reader)) is not None:
            if link.broken:
                continue
            fault = self._count(side, message)
            try:
                if fault is not None:
                    await self._break(fault, link, writer, fault.part_of(message))
                    continue
                writer.write(message.raw)
                await writer.drain()
            except ConnectionError:
                break
        if not link.broken:
            link.close(Way.CLOSE)

    def _count(self, side: Side, message: Message) -> Fault | None:
        """Take note of a message; the fault, if this is the one it waits for."""
        kinds = self._kinds[side]
        kinds.append(message.kind)
        fault = self._fault
        if fault is None or self._struck or fault.side is not side or fault.message != len(kinds):
            return None
        self._struck = True
        return fault

    async def _break(self, fault: Fault, link: _Link, writer: asyncio.StreamWriter, part: bytes) -> None:
        links = list(self._links) if fault.every_connection else [link]
        for each in links:
            each.broken = True
        writer.write(part)
        await writer.drain()
        fault.strike()
        for each in links:
            each.close(fault.way)


@asynccontextmanager
async def fault_proxy(upstream: str) -> AsyncIterator[FaultProxy]:
    """A proxy on a free port of this machine before the server of `upstream`, a URL of a socket or a host."""
    proxy = FaultProxy(upstream=upstream)
    server = await asyncio.start_server(proxy.accept, HOST)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.shut()


async def _connect(upstream: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(upstream)
    port = parts.port or 5432
    folder = parse_qs(parts.query).get("host")
    if folder:
        return await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.{port}")
    return await asyncio.open_connection(parts.hostname, port)
