"""The load generator against a real server: counts, keys used once, wrong answers noticed."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from benchmarks.http_load import BadAnswers, Load, drive

PIECES = 3


@dataclass(frozen=True, slots=True)
class Numbers:
    """Each body is its number."""

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        return b"%09d" % number


@asynccontextmanager
async def answering(status: str = "200 OK") -> AsyncIterator[tuple[int, list[str]]]:
    """A bare server that sends each body back in pieces; its port, and the bodies it got."""
    bodies: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(65_536):
            text = head.decode()
            body = text.partition("\r\n\r\n")[2]
            assert re.search(r"^Content-Length: 9\r$", text, re.MULTILINE)
            bodies.append(body)
            reply = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
            for begin in range(0, len(reply), len(reply) // PIECES + 1):
                writer.write(reply[begin : begin + len(reply) // PIECES + 1])
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    async with server:
        yield server.sockets[0].getsockname()[1], bodies


def load_on(port: int, *, expect: bytes = b"0", refusal: bytes | None = None, requests_max: int | None = None) -> Load:
    """A short load on eight connections."""
    return Load(
        host="127.0.0.1",
        port=port,
        path="/",
        bodies=Numbers(),
        expect=expect,
        refusal=refusal,
        requests_max=requests_max,
        connections=8,
        seconds=0.2 if requests_max is None else 10.0,
    )


async def test_every_answer_is_counted_and_no_body_sent_twice() -> None:
    """As many operations as the server saw requests, each with a body of its own, pieces put together."""
    async with answering() as (port, bodies):
        measurement = await drive(load_on(port))

    assert measurement.operations == len(bodies) == len(set(bodies))
    assert measurement.operations > 8
    assert 0 < measurement.p50_ms <= measurement.p99_ms


@pytest.mark.parametrize(("status", "expect"), [("503 Busy", b"0"), ("200 OK", b"spent")])
async def test_a_wrong_answer_is_no_throughput(status: str, expect: bytes) -> None:
    """A refusal, or an answer without the expected text, ends the run with that answer."""
    async with answering(status) as (port, _):
        with pytest.raises(BadAnswers, match=status):
            await drive(load_on(port, expect=expect))


async def test_a_bounded_load_sends_so_many_and_tells_the_refused_ones() -> None:
    """Of twenty numbers those from ten on are taken for refusals; all are answered, and nothing else is sent."""
    async with answering() as (port, bodies):
        measurement = await drive(load_on(port, expect=b"00000000", refusal=b"0000001", requests_max=20))

    assert sorted(bodies) == [f"{number:09d}" for number in range(20)]
    assert measurement.operations == 20
    assert measurement.notes["refused"] == 10


async def test_fewer_requests_than_connections_end_too() -> None:
    """Connections that find nothing left to ask close without a complaint."""
    async with answering() as (port, bodies):
        measurement = await drive(load_on(port, requests_max=3))

    assert measurement.operations == len(bodies) == 3
