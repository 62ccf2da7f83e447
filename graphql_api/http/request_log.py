"""The outermost layer: gives each request an id and a record, logs it, counts it, and masks what escapes."""

from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphql_api.errors import log_bug, masked_error
from graphql_api.http.answers import encode, send_answer
from graphql_api.http.logs import request_id_from
from graphql_api.http.metrics import HttpMetrics
from graphql_api.request_record import RequestRecord

RECORD = "scrip.record"
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestLog:
    """ASGI middleware; inner layers find their record in `scope[RECORD]`."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.get_logger("scrip.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), None)
        record = RequestRecord(request_id=request_id_from(given))
        scope[RECORD] = record
        headers = ((b"x-request-id", record.request_id.encode("ascii")), _NO_SNIFFING)
        sent = False

        async def send_with_id(message: Message) -> None:
            nonlocal sent
            if message["type"] == "http.response.start":
                sent = True
                record.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        bound = structlog.contextvars.bind_contextvars(request_id=record.request_id)
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001  the last resort: masked, logged, never passed to the server
            reference = log_bug(error, record.route)
            record.refused("INTERNAL")
            if scope["type"] == "http" and not sent:
                body = encode({"errors": [masked_error(reference)]})
                await send_answer(send_with_id, 500, body, [(b"content-type", b"application/json; charset=utf-8")])
        finally:
            structlog.contextvars.reset_contextvars(**bound)
            self._finish(scope["type"], record, perf_counter() - started)

    def _finish(self, protocol: str, record: RequestRecord, seconds: float) -> None:
        self._metrics.observe(record, seconds)
        if record.route in _QUIET:
            return
        self._log.info(
            "request",
            protocol=protocol,
            request_id=record.request_id,
            route=record.route,
            status=record.status,
            ms=round(seconds * 1000, 2),
            operation=record.operation,
            kind=record.kind,
            role=record.role,
            cost=record.cost,
            refusals=record.refusals,
        )
