"""Just enough of PostgreSQL's protocol 3 to cut a stream into messages (manual, chapter 54.7)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from struct import Struct
from typing import Final

LENGTH: Final = Struct("!I")
CODE: Final = Struct("!I")

SSL_REQUEST: Final = 80_877_103
GSS_REQUEST: Final = 80_877_104
ENCRYPTION_REQUESTS: Final = (SSL_REQUEST, GSS_REQUEST)
ENCRYPTION_REFUSED: Final = b"N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it came: its kind (`Q`, `P`, `B`, `E`, `S`, `Z` …) and all its bytes."""

    kind: str
    raw: bytes


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """The next typed message; None where the stream ends, also inside a message."""
    try:
        head = await reader.readexactly(1 + LENGTH.size)
        [length] = LENGTH.unpack(head[1:])
        body = await reader.readexactly(length - LENGTH.size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Message(kind=chr(head[0]), raw=head + body)


async def read_start(client: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    """The client's first, untyped message; requests for encryption before it are answered with no."""
    try:
        while True:
            head = await client.readexactly(LENGTH.size)
            [length] = LENGTH.unpack(head)
            body = await client.readexactly(length - LENGTH.size)
            if CODE.unpack_from(body)[0] not in ENCRYPTION_REQUESTS:
                return head + body
            writer.write(ENCRYPTION_REFUSED)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
