"""Requests that are answered before they are whole, over a real socket: the answer is read, and the connection ends."""

import asyncio

import pytest

from graphql_api.http import lingering
from graphql_api.http.app import HttpOptions
from tests.e2e.http.serving import sample_app, served, token

HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
KNOWN = HEAD + b"Authorization: Bearer " + token().encode() + b"\r\n"
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"
UNFINISHED = {
    "too long by its own word": (413, KNOWN + b"Content-Length: 2000000\r\n\r\n" + SMUGGLED),
    "too long as it comes": (413, KNOWN + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 17),
    "too slow": (408, KNOWN + b"Content-Length: 20\r\n\r\n{"),
    "of nobody": (401, HEAD + b"Content-Length: 90\r\n\r\n" + SMUGGLED),
    "of another method": (405, KNOWN.replace(b"POST", b"PUT") + b"Content-Length: 90\r\n\r\n" + SMUGGLED),
    "without a route": (404, KNOWN.replace(b"/graphql", b"/x") + b"Content-Length: 90\r\n\r\n" + SMUGGLED),
    "no HTTP any more": (400, KNOWN + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nno chunk\r\n" + SMUGGLED),
    "of an unknown encoding": (400, KNOWN + b"Transfer-Encoding: identity\r\n\r\n{}"),
    "waiting to be asked for": (413, KNOWN + b"Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"),
}


@pytest.mark.parametrize("case", UNFINISHED)
async def test_an_answer_that_comes_early_is_the_last(case: str) -> None:
    """It says that the connection ends, and nothing that follows is read as another request."""
    status, sent = UNFINISHED[case]
    async with served(sample_app(HttpOptions(deadline_seconds=0.3))) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 4)
        writer.write(SMUGGLED)
        after = await asyncio.wait_for(reader.read(), 4)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"\r\nconnection: close\r\n") == answer.count(b"HTTP/1.1") == 1
    assert after == b""


async def test_an_answer_is_read_by_who_is_still_sending() -> None:
    """A connection that was closed at once would be reset, and the answer lost with it."""
    async with served(sample_app()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(KNOWN + b"Content-Length: 2000000\r\n\r\n")
        for _ in range(20):
            writer.write(b" " * 50_000)
            await writer.drain()
            await asyncio.sleep(0.01)
        answer = await asyncio.wait_for(reader.read(), 4)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("pause", "piece"), [(0.0, b" " * 50_000), (0.05, b" ")])
async def test_what_follows_an_early_answer_is_dropped_within_bounds(
    monkeypatch: pytest.MonkeyPatch, pause: float, piece: bytes
) -> None:
    """Neither a fast nor a slow client keeps a connection by a body that nobody reads."""
    monkeypatch.setattr(lingering, "LINGER_SECONDS_MAX", 0.3)
    async with served(sample_app()) as url:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(KNOWN + b"Content-Length: 200000000\r\n\r\n")
        with pytest.raises(ConnectionError):
            await _send_for_long(writer, piece, pause)


async def _send_for_long(writer: asyncio.StreamWriter, piece: bytes, pause: float) -> None:
    for _ in range(400):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


async def test_a_request_that_is_whole_leaves_its_connection_open() -> None:
    """The counterpart: also where it is refused."""
    refused = HEAD + b"Content-Length: 2\r\n\r\n{}"
    async with served(sample_app()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(refused + SMUGGLED)
        first = await asyncio.wait_for(reader.readuntil(b"}}]}"), 4)
        second = await asyncio.wait_for(reader.readuntil(b"}"), 4)
        writer.close()

    assert first.startswith(b"HTTP/1.1 401 ")
    assert second.startswith(b"HTTP/1.1 200 ")
