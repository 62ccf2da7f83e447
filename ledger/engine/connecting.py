"""Reaching PostgreSQL: the URL's hosts one after the other, and no host waited for in silence for ever.

A host that loses its power or its network closes nothing. The driver alone would wait for it as long as for all hosts
together, and so never come to the next; and on a connection that stood, until the kernel gives up: after a quarter of an
hour, or never where nothing was sent.
"""

import asyncio
import re
import socket
from typing import Any

import asyncpg

HOST_SECONDS_MAX = 5.0
"""How long a host may take to let us in, before the next one is tried."""
ANSWER_SECONDS_MAX = 40.0
"""How long a statement may take where the server's own limit is thirty seconds; who takes longer is not there."""

_NEXT_HOST = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.TargetServerAttributeNotMatched,
)
_HOSTS = re.compile(r"[^:/?#]*://(?:[^/?#]*@)?([^/?#]+)")
"""Where a URL names its hosts, behind a login if there is one."""
_KEEPALIVE = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 10),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 2),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 20_000),
)
"""A peer that acknowledges nothing for twenty seconds is gone, whether we wait for it or it for us (tcp(7))."""


async def connect(
    url: str,
    *,
    host_s: float = HOST_SECONDS_MAX,
    **options: Any,  # noqa: ANN401 - the driver's own
) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection to the first of the URL's hosts that lets us in and is what `target_session_attrs` asks for.

    Raises what the driver raises of the last host; TimeoutError, which is an OSError, where that one kept silent.
    """
    *others, last = hosts_of(url)
    for each in others:
        try:
            return await _connect(each, host_s, options)
        except _NEXT_HOST:
            continue
    return await _connect(last, host_s, options)


def hosts_of(url: str) -> list[str]:
    """The URL for each of its hosts alone, in their order.

    Not by `urlsplit`, whose newer versions refuse a second host of the form [::1].
    """
    named = _HOSTS.match(url)
    if named is None:
        return [url]
    before, after = url[: named.start(1)], url[named.end(1) :]
    return [f"{before}{host}{after}" for host in named[1].split(",")]


async def _connect(url: str, host_s: float, options: dict[str, Any]) -> "asyncpg.Connection[asyncpg.Record]":
    async with asyncio.timeout(host_s):
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(url, **options)
    _keep_alive(connection)
    return connection


def _keep_alive(connection: Any) -> None:  # noqa: ANN401 - the driver shows its transport to nobody
    own = connection._transport.get_extra_info("socket")  # noqa: SLF001
    if own.family == socket.AF_UNIX:
        return
    for level, name, value in _KEEPALIVE:
        if hasattr(socket, name):  # not every system has all of them
            own.setsockopt(level, getattr(socket, name), value)
