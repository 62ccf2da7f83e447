"""Peers that read nothing, and messages of nothing, over a real socket: neither stays with us."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from graphql_api.http import unread
from tests.e2e.http.serving import sample_app, served, token

PART = "__schema { types { name description fields { name description type { name kind } } } }"
QUERY, PIECE = (
    orjson.dumps({"query": f"{{ {' '.join(f'a{number}: {PART}' for number in range(parts))} }}"}) for parts in (50, 10)
)
TIMES = 11
"""Each answer has half a megabyte; a kernel keeps four at most."""
ASKED = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %b\r\n"
    b"%bContent-Length: %d\r\n\r\n%b"
)
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


@asynccontextmanager
async def _deaf(url: str) -> AsyncIterator[socket.socket]:
    """A connection whose kernel keeps little of what it is sent."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", int(url.rsplit(":", 1)[1])))
        yield connection


async def _is_reset(connection: socket.socket) -> bool:
    """Whether the server gives the connection up while nothing is read of it."""
    try:
        async with asyncio.timeout(60):
            while True:
                await asyncio.get_running_loop().sock_sendall(connection, b"\r\n")
                await asyncio.sleep(0.05)
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def _frame(opcode: int, payload: bytes) -> bytes:
    """A masked frame whose mask changes nothing."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([opcode]) + size + bytes(4) + payload


def _asked(more: bytes = b"", query: bytes = QUERY) -> bytes:
    return ASKED % (token().encode(), more, len(query), query)


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
async def test_an_answer_that_nobody_reads_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: bytes
) -> None:
    """Whether more was asked on the connection, or it was to end; and that is no bug."""
    monkeypatch.setattr(unread, "UNREAD_SECONDS_MAX", 0.3)
    async with served(sample_app()) as url, _deaf(url) as connection:
        await asyncio.get_running_loop().sock_sendall(connection, _asked() * (TIMES - 1) + _asked(more))

        assert await _is_reset(connection)
    assert "bug" not in capsys.readouterr().out


async def test_an_answer_that_is_read_slowly_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counterpart: who reads goes on reading, for more than twice as long. No single answer holds up the reader, who
    shares the server's loop, for a noticeable part of that.
    """
    monkeypatch.setattr(unread, "UNREAD_SECONDS_MAX", 2.0)
    times = 5 * TIMES
    async with served(sample_app()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(_asked(query=PIECE) * (times - 1) + _asked(b"Connection: close\r\n", PIECE))
        heard = bytearray()
        while piece := await reader.read(50_000):
            heard += piece
            await asyncio.sleep(0.05)
        writer.close()

    assert heard.count(b"HTTP/1.1 200 OK") == times
    assert heard.endswith(b"}}}")


async def test_a_socket_that_nobody_reads_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its subscriptions and its place are free again, and that is no bug."""
    monkeypatch.setattr(unread, "UNREAD_SECONDS_MAX", 0.3)
    opened = {"type": "connection_init", "payload": {"Authorization": f"Bearer {token()}"}}
    async with served(sample_app()) as url, _deaf(url) as connection:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, HANDSHAKE)
        assert (await loop.sock_recv(connection, 1_000)).startswith(b"HTTP/1.1 101 ")
        await loop.sock_sendall(connection, _frame(0x81, orjson.dumps(opened)))
        for number in range(TIMES):
            asked = b'{"type": "subscribe", "id": "%d", "payload": %b}' % (number, QUERY)
            await loop.sock_sendall(connection, _frame(0x81, asked))
        async with asyncio.timeout(60):
            while "_serve" not in _tasks():  # noqa: ASYNC110 - the server begins, nobody tells
                await asyncio.sleep(0.01)
            while "_serve" in _tasks() or "run_asgi" in _tasks():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert "bug" not in capsys.readouterr().out


def _tasks() -> str:
    return " ".join(repr(task.get_coro()) for task in asyncio.all_tasks())


@pytest.mark.parametrize(
    ("frames", "code", "reason"),
    [
        (_frame(0x01, b"{") + _frame(0x00, b"") * 2_000, 1009, b"Too many fragments"),
        (_frame(0x81, b"\xff"), 1007, b"A message must be UTF-8"),
        (_frame(0x01, b"\xc3") + _frame(0x80, b"\xc3"), 1007, b"A message must be UTF-8"),
    ],
)
async def test_a_message_that_is_none_ends_the_connection(
    caplog: pytest.LogCaptureFixture, frames: bytes, code: int, reason: bytes
) -> None:
    """Fragments of nothing add nothing to its length, and each would be kept; none of it is reported as a fault of ours."""
    async with served(sample_app()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frames)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert answer == b"\x88" + bytes([2 + len(reason)]) + code.to_bytes(2, "big") + reason
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_character_may_be_cut_by_fragments() -> None:
    """It is whole with its message."""
    async with served(sample_app()) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_frame(0x01, b'{"type": "ping", "payload": {"a": "\xc3') + _frame(0x80, b'\xa4"}}'))

        assert await asyncio.wait_for(reader.readexactly(17), 5) == b'\x81\x0f{"type":"pong"}'
        writer.close()
