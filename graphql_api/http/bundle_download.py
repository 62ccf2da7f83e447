"""`/audit/exports/{id}`: the sealed bundle of an approved export, to who asked for it.

Refusals are 4xx with the JSON body of every other refusal. The bytes leave slice by slice, as the client takes them.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, NamedTuple, Protocol

from starlette.types import Receive, Scope, Send

from graphql_api.caller import Caller
from graphql_api.errors import CallerError, log_lost
from graphql_api.http.answers import Header, error_body, send_answer
from graphql_api.http.header_fields import header_fields
from graphql_api.http.operations import Desk
from graphql_api.http.refusals import RequestRefused, unavailable
from graphql_api.http.request_log import RECORD
from graphql_api.request_record import RequestRecord
from ledger.engine.writer import LOST

COST: Final = 10_000
"""A bundle may have a hundred megabytes: at the usual rate six at once, and two a second afterwards."""
_NO_STORE: Final = (b"cache-control", b"no-store")
_JSON: Final = [(b"content-type", b"application/json; charset=utf-8"), _NO_STORE]


class Download(NamedTuple):
    """Sealed bytes that may leave: how many, their SHA-256 in hexadecimal, and the bytes in slices."""

    size: int
    sha256: str
    slices: AsyncIterator[bytes]


class Downloads(Protocol):
    """Decides who may fetch what, and records it."""

    async def open(self, caller: Caller, record: RequestRecord, approval_id: str) -> Download:
        """RequestRefused or CallerError where the caller may not have it, or not yet."""
        ...


class BundleDownload:
    """The ASGI application behind `/audit/exports/{id}`."""

    def __init__(self, desk: Desk, downloads: Downloads) -> None:
        self._desk = desk
        self._downloads = downloads

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        record: RequestRecord = scope[RECORD]
        record.route = "/audit/exports"
        try:
            found = await self._open_in_time(scope, record)
        except RequestRefused as refused:
            record.refused(refused.code)
            await send_answer(
                send, refused.status, error_body(refused.message, refused.code), [*_JSON, *refused.headers]
            )
            return
        headers: list[Header] = [
            (b"content-type", b"application/octet-stream"),
            (b"content-length", b"%d" % found.size),
            (b"content-disposition", b'attachment; filename="audit-export.sealed"'),
            (b"etag", b'"%s"' % found.sha256.encode()),
            _NO_STORE,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for piece in found.slices:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _open_in_time(self, scope: Scope, record: RequestRecord) -> Download:
        try:
            async with asyncio.timeout(self._desk.deadline_seconds):
                return await self._open(scope, record)
        except TimeoutError:
            raise RequestRefused(504, "No answer in time; nothing has left.", code="DEADLINE_EXCEEDED") from None
        except CallerError as error:
            raise RequestRefused(403, error.message, code=error.code) from None
        except LOST as error:
            log_lost(error, record.route)
            raise unavailable("The log cannot be reached just now; ask again.") from None

    async def _open(self, scope: Scope, record: RequestRecord) -> Download:
        if scope["method"] != "GET":
            # Starlette lets HEAD through: that something left would be recorded though nothing did.
            raise RequestRefused(405, "Use GET.", code="METHOD_NOT_ALLOWED", headers=((b"allow", b"GET"),))
        desk, authorization = self._desk, header_fields(scope).get(b"authorization")
        caller = await desk.authenticator.identify(authorization, desk.addresses.of(scope))
        record.role = caller.role
        desk.limiter.take(caller.client, COST)
        return await self._downloads.open(caller, record, scope["path_params"]["id"])
