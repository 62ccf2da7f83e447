"""A load generator for HTTP/1.1: as many requests as the server answers over n kept-alive connections.

A closed loop: each connection sends its next request when the answer to the last one is complete. It runs
in a process of its own on raw asyncio protocols over uvloop and reads of an answer only its status, its
length and whether it holds an expected text, so that it costs a fraction of what it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from typing import Final, cast

from benchmarks.measurement import Measurement, summarise

END_OF_HEAD: Final = b"\r\n\r\n"
LENGTH_HEADER: Final = b"content-length:"
OK: Final = b"200"
ANSWER_SECONDS_MAX: Final = 30.0
"""How long the last answers may take once nothing more is asked."""

RequestSource = Callable[[int], bytes]
"""The body of the n-th request, n from 0 and never twice in one run; sent to the process, so picklable."""


class BadAnswers(Exception):
    """Some answers were not what they should be, so the rate means nothing; the first one is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent to whom: POST of JSON bodies on `connections` connections for `seconds`.

    refusal:      what an answer that refuses holds, where that is right too; the note `refused` counts them
    requests_max: it ends earlier once so many are answered
    tokens:       bearer tokens, dealt out to the connections in turn; none where there are none
    """

    host: str
    port: int
    path: str
    bodies: RequestSource
    expect: bytes
    connections: int
    seconds: float
    refusal: bytes | None = None
    requests_max: int | None = None
    tokens: tuple[str, ...] = ()

    def head_of(self, connection: int) -> bytes:
        """What the n-th connection sends before the value of Content-Length."""
        tokens = self.tokens
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            "Content-Type: application/json",
            "Accept: application/json",
            *([f"Authorization: Bearer {tokens[connection % len(tokens)]}"] if tokens else []),
            "Content-Length: ",
        ]
        return "\r\n".join(lines).encode()


@dataclass(eq=False, slots=True, kw_only=True)
class _Run:
    """What all connections of a run share."""

    load: Load
    ends_at: float
    open_connections: int
    number: int = 0
    refused: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    latencies_ms: list[float] = field(default_factory=list)
    bad_answers: list[bytes] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether there is more to ask, and time for it."""
        is_last = self.number == self.load.requests_max
        return not is_last and not self.bad_answers and time.perf_counter() < self.ends_at

    def is_right(self, answer: bytes) -> bool:
        """Whether the answer is one of those expected; counts the refusals."""
        if answer[9:12] != OK:
            return False
        if self.load.expect in answer:
            return True
        is_refusal = self.load.refusal is not None and self.load.refusal in answer
        self.refused += is_refusal
        return is_refusal

    def next_body(self) -> bytes:
        body = self.load.bodies(self.number)
        self.number += 1
        return body

    def leave(self) -> None:
        self.open_connections -= 1
        if self.open_connections == 0:
            self.finished.set()


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, run: _Run, number: int) -> None:
        self.run = run
        self.head = run.load.head_of(number)
        self.received = b""
        self.sent_at = 0.0
        self.is_done = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send_or_leave()

    def send_or_leave(self) -> None:
        assert self.transport is not None
        if not self.run.goes_on:
            self.is_done = True
            self.transport.close()
            return
        body = self.run.next_body()
        request = b"%b%d%b%b" % (self.head, len(body), END_OF_HEAD, body)
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received = self.received + data if self.received else data
        if not _is_complete(self.received):
            return
        now = time.perf_counter()
        run = self.run
        if run.is_right(self.received):
            run.latencies_ms.append((now - self.sent_at) * 1_000)
        else:
            run.bad_answers.append(self.received)
        self.received = b""
        self.send_or_leave()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.is_done and not self.run.bad_answers:
            self.run.bad_answers.append(b"The server closed a connection.")
        self.run.leave()


async def drive(load: Load) -> Measurement:
    """Put the load on the server from a process of its own; raises BadAnswers at the first wrong answer."""
    return await asyncio.get_running_loop().run_in_executor(_generator(), _drive_here, load)


@cache
def _generator() -> ProcessPoolExecutor:
    """The one process that generates load, kept between rounds; it ends with ours."""
    return ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))


def _drive_here(load: Load) -> Measurement:
    import uvloop

    return uvloop.run(_drive(load))


async def _drive(load: Load) -> Measurement:
    loop = asyncio.get_running_loop()
    began_at, cpu_began = time.perf_counter(), time.process_time()
    run = _Run(load=load, ends_at=began_at + load.seconds, open_connections=load.connections)
    for number in range(load.connections):
        await loop.create_connection(partial(_Connection, run, number), load.host, load.port)
    try:
        async with asyncio.timeout(load.seconds + ANSWER_SECONDS_MAX):
            await run.finished.wait()
    except TimeoutError:
        run.bad_answers.append(b"The server left %d connections without an answer." % run.open_connections)
    if run.bad_answers:
        raise BadAnswers(run.bad_answers[0].decode(errors="replace"))
    seconds = time.perf_counter() - began_at
    cores = (time.process_time() - cpu_began) / seconds
    notes = {"generator_cores": cores} if load.refusal is None else {"generator_cores": cores, "refused": run.refused}
    return summarise(run.latencies_ms, seconds=seconds, notes=notes)


def _is_complete(received: bytes) -> bool:
    """Whether a whole answer has come; servers here always state Content-Length."""
    head_ends = received.find(END_OF_HEAD)
    if head_ends < 0:
        return False
    head = received[:head_ends].lower()
    value_begins = head.index(LENGTH_HEADER) + len(LENGTH_HEADER)
    value_ends = head.find(b"\r", value_begins)
    length = int(head[value_begins : value_ends if value_ends > 0 else None])
    return len(received) >= head_ends + len(END_OF_HEAD) + length
