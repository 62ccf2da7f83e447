"""`/healthz`, `/readyz` and `/metrics`: for machines on the inside; keep them off the public listener.

They need no credential and tell nothing about members, but metrics show how busy the system is.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.types import Receive, Scope, Send

from graphql_api.errors import describe_exception
from graphql_api.http.answers import encode, send_answer
from graphql_api.http.metrics import CONTENT_TYPE, HttpMetrics
from graphql_api.http.request_log import RECORD

Ping = Callable[[], Awaitable[None]]
"""Returns when the database answers; raises otherwise."""

_JSON = [(b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store")]
_PING_SECONDS = 2.0


class Liveness:
    """`/healthz`: the process runs and its event loop turns."""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer 200."""
        scope[RECORD].route = "/healthz"
        await send_answer(send, 200, encode({"status": "ok"}), _JSON)


class Readiness:
    """`/readyz`: requests can be served, because the database answers within two seconds."""

    def __init__(self, ping: Ping) -> None:
        self._ping = ping

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer 200, or 503 when the database does not answer."""
        scope[RECORD].route = "/readyz"
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._ping()
        except Exception as error:  # noqa: BLE001  whatever keeps the database from answering: we are not ready
            structlog.get_logger("scrip.http").warning("not_ready", **describe_exception(error))
            await send_answer(send, 503, encode({"status": "unavailable", "database": "unreachable"}), _JSON)
            return
        await send_answer(send, 200, encode({"status": "ok", "database": "ok"}), _JSON)


class MetricsPage:
    """`/metrics` in Prometheus' text form, of figures some of which `sample` takes as it is asked."""

    def __init__(self, metrics: HttpMetrics, sample: Callable[[], None]) -> None:
        self._metrics = metrics
        self._sample = sample

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer the page."""
        scope[RECORD].route = "/metrics"
        self._sample()
        await send_answer(send, 200, self._metrics.page(), [(b"content-type", CONTENT_TYPE)])
