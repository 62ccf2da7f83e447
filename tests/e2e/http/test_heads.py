"""Heads of requests over a real socket: what never ends is ended by us, with a code."""

import asyncio

import orjson
import pytest

from graphql_api.http import bounded_head
from tests.e2e.http.serving import sample_app, served, token

ENDLESS = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 66_000
MANY = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 8_200
ASKED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


async def _answer(port: int, *parts: bytes) -> tuple[int, object]:
    """Status and code of what the server says before it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    head, _, body = answer.rpartition(b"\r\n\r\n")
    shown = orjson.loads(body)
    return int(head.split(b"\r\n\r\n")[-1].split()[1]), shown.get("errors", [{"extensions": shown}])[0]["extensions"]


async def _answer_after(port: int, asked: bytes, more: bytes) -> tuple[int, object]:
    """The same of what is sent once something else is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    await asyncio.wait_for(reader.readuntil(b'"ok"}'), 10)
    writer.write(more)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return int(answer.split()[1]), orjson.loads(answer.rpartition(b"\r\n\r\n")[2])["errors"][0]["extensions"]


CHUNKED = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    b"Authorization: Bearer " + token().encode() + b"\r\n"
    b"Connection: close\r\nX-Request-Id: of-the-head\r\n\r\n17\r\n"
    + b'{"query":"{__typename}"'
    + b"\r\n1\r\n}\r\n0\r\n"
)


async def test_trailers_are_no_headers_and_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind a body is dropped, and neither it nor a chunk's extensions go on without end."""
    async with served(sample_app()) as url:
        port = int(url.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(CHUNKED + b"X-Request-Id: of-the-trailer\r\nAuthorization: Bearer x\r\n\r\n")
        answer = await reader.read()
        writer.close()
        extensions = await _ended(port, CHUNKED[:-30], *[b"a" * 1_000] * 2_000)
        endless = await _ended(port, CHUNKED, *[b"x-more: " + b"a" * 1_000 + b"\r\n"] * 2_000)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"x-request-id: of-the-head\r\n" in answer
    assert endless
    assert extensions


async def _ended(port: int, *parts: bytes) -> bool:
    """Whether the server ends a connection that goes on and on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.wait_for(writer.drain(), 10)
        # On a busy machine all of it has left before the server looks at any; it ends an idle connection after five.
        await asyncio.wait_for(reader.read(), 4)
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    finally:
        writer.close()
    return True


async def test_a_head_ends_in_bounded_length_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endless fields are 431, a head that dawdles or never begins, also after blank lines, is 408, and what is no HTTP is 400."""
    monkeypatch.setattr(bounded_head, "HEAD_SECONDS_MAX", 0.3)
    async with served(sample_app()) as url:
        port = int(url.rsplit(":", 1)[1])

        endless, many, dawdling, silent, no_http, after_one, blank = await asyncio.gather(
            _answer(port, ENDLESS),
            _answer(port, MANY),
            _answer(port, ASKED[:20]),
            _answer(port),
            _answer(port, b"\x16\x03\x01\x02\x00\x01\x00"),
            _answer(port, ASKED, ASKED[:20]),
            _answer_after(port, ASKED, b"\r\n"),
        )

    assert endless == many == (431, {"code": "HEAD_TOO_LARGE"})
    assert dawdling == silent == after_one == blank == (408, {"code": "HEAD_TOO_SLOW"})
    assert no_http == (400, {"code": "REQUEST_MALFORMED"})
