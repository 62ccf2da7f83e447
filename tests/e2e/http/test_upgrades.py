"""Upgrades over a real socket: a WebSocket, or nothing."""

import asyncio

import pytest

from tests.e2e.http.serving import sample_app, served, token

BODY = b'{"query":"{__typename}"}'
WISH = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
POST = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer " + token().encode() + b"\r\n"
)
SOCKET = (
    b" /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
)


async def _heard(url: str, *parts: bytes, until_closed: bool = True) -> bytes:
    """Everything that the server says, until it closes or has been silent for half a second."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    heard = b""
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.1)
        while more := await asyncio.wait_for(reader.read(65_536), 10 if until_closed or not heard else 0.5):
            heard += more
    except TimeoutError:
        assert not until_closed, heard
    finally:
        writer.close()
    return heard


@pytest.mark.parametrize(
    "length", [b"Content-Length: 24\r\n\r\n" + BODY, b"Transfer-Encoding: chunked\r\n\r\n18\r\n" + BODY]
)
@pytest.mark.parametrize("at", [0, 40, 24])
async def test_another_protocol_is_not_heard_of(length: bytes, at: int) -> None:
    """As `curl --http2` and others ask for it: the request is answered as if they had not, in however many pieces."""
    asked = POST + WISH + length + (b"\r\n0\r\n\r\n" if b"chunked" in length else b"")
    async with served(sample_app()) as url:
        heard = await _heard(url, asked[: len(asked) - at], asked[len(asked) - at :], until_closed=False)

    assert heard.startswith(b"HTTP/1.1 200 ")
    assert heard.count(b"HTTP/1.1") == 1
    assert b'{"data":{"__typename":"Query"}' in heard


async def test_a_body_is_never_the_next_request() -> None:
    """It belongs to the request before it, whatever that wished for."""
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    head = POST + b"Connection: Upgrade\r\nUpgrade: any\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    async with served(sample_app()) as url:
        heard = await _heard(url, head, hidden, until_closed=False)

    assert heard.count(b"HTTP/1.1") == 1
    assert heard.startswith(b"HTTP/1.1 400 ")


async def test_connections_stay_as_wished_without_the_upgrade() -> None:
    """`close` is heard beside it."""
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n"
    async with served(sample_app()) as url:
        heard = await _heard(url, head)

    assert heard.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "asked",
    [
        b"GET" + SOCKET + b"Content-Length: 1\r\n\r\na",
        b"GET" + SOCKET + b"Transfer-Encoding: chunked\r\n\r\n",
        b"POST" + SOCKET + b"\r\n",
        b"GET" + SOCKET.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n",
        b"GET" + SOCKET + b"X-A: b\r\n" * 200 + b"\r\n",
        b"GET" + SOCKET + b"X-Long: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET" + SOCKET + b"\r\nmore",
        b"GET /graphql HTTP/1.1\r\nHost: x\r\n\r\nGET" + SOCKET + b"\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_no_handshake_is_refused_and_ended(asked: bytes) -> None:
    """It would hold its connection for ever, and break the end of the process."""
    async with served(sample_app()) as url:
        heard = await _heard(url, asked)

    assert heard.startswith(b"HTTP/1.1 4") or not heard
    assert b"HTTP/1.1 101" not in heard


async def _send_on(writer: asyncio.StreamWriter, data: bytes) -> None:
    for _ in range(500):
        writer.write(data)
        await writer.drain()


async def test_who_reads_no_answers_to_pings_is_not_read() -> None:
    """Answers to the protocol's own pings do not pile up in our memory."""
    async with served(sample_app()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]), limit=1_024)
        writer.write(b"GET" + SOCKET + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        ping = b"\x89\xfd\0\0\0\0" + b"a" * 125

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_send_on(writer, ping * 1_000), 3)
        writer.transport.abort()
