"""`/graphql` over HTTP: one request, one operation, one JSON answer (GraphQL over HTTP).

Every refusal is a 4xx with a JSON body; bugs are masked. Plain ASGI, because Starlette's request and response
objects cost more than executing a small query.
"""

import asyncio

from graphql import ExecutionResult
from starlette.types import Receive, Scope, Send

from graphql_api.caller import Caller
from graphql_api.errors import present_errors
from graphql_api.http.answers import Header, encode, error_body, send_answer
from graphql_api.http.bodies import ClientGone, GraphqlRequest, parse_body, parse_query_string, read_body
from graphql_api.http.document_store import DocumentRefused
from graphql_api.http.execution import VariablesRefused, coerce_variables, run_operation
from graphql_api.http.header_fields import header_fields
from graphql_api.http.negotiation import Answer, check_body_headers, choose_answer
from graphql_api.http.operations import Desk, check_method
from graphql_api.http.rate_limits import Allowance
from graphql_api.http.refusals import RequestRefused, too_slow
from graphql_api.http.request_log import RECORD
from graphql_api.request_record import RequestRecord

_VARY = (b"vary", b"Accept")
_NO_STORE = (b"cache-control", b"no-store")


class GraphqlEndpoint:
    """The ASGI application behind `/graphql`."""

    def __init__(self, desk: Desk, *, page: bytes | None) -> None:
        self._desk = desk
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        record: RequestRecord = scope[RECORD]
        record.route = "/graphql"
        headers = header_fields(scope)
        accept = headers.get(b"accept")
        if self._page is not None and scope["method"] == "GET" and accept is not None and b"text/html" in accept:
            await send_answer(send, 200, self._page, [(b"content-type", b"text/html; charset=utf-8"), _VARY])
            return
        answer = choose_answer(accept)
        try:
            status, body, extra = await self._answer_in_time(scope, receive, headers, answer, record)
        except RequestRefused as refusal:
            record.refused(refusal.code)
            status, body, extra = refusal.status, error_body(refusal.message, refusal.code), list(refusal.headers)
        except ClientGone:
            record.refused("CLIENT_GONE")
            record.status = 499
            return
        chosen = answer or Answer.JSON
        await send_answer(send, status, body, [(b"content-type", chosen.value), _VARY, _NO_STORE, *extra])

    async def _answer_in_time(
        self,
        scope: Scope,
        receive: Receive,
        headers: dict[bytes, bytes],
        answer: Answer | None,
        record: RequestRecord,
    ) -> tuple[int, bytes, list[Header]]:
        seconds = self._desk.deadline_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._answer(scope, receive, headers, answer, record)
        except TimeoutError:
            # The kind is known once an operation was found: until then we waited for the client's body.
            raise (too_slow(seconds) if record.kind else _body_too_slow()) from None

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        headers: dict[bytes, bytes],
        answer: Answer | None,
        record: RequestRecord,
    ) -> tuple[int, bytes, list[Header]]:
        method: str = scope["method"]
        if method not in {"GET", "POST"}:
            raise RequestRefused(
                405,
                "Use POST, or GET for queries.",
                code="METHOD_NOT_ALLOWED",
                headers=((b"allow", b"GET, POST"),),
            )
        if answer is None:
            raise RequestRefused(
                406,
                "Answers are application/graphql-response+json or application/json.",
                code="NOT_ACCEPTABLE",
            )
        desk = self._desk
        caller = await desk.authenticator.identify(headers.get(b"authorization"), desk.addresses.of(scope))
        record.role = caller.role
        if method == "POST":
            check_body_headers(headers)
            asked = parse_body(await read_body(receive, headers.get(b"content-length")))
        else:
            asked = parse_query_string(scope["query_string"])
        try:
            return await self._run(method, asked, caller, record)
        except (DocumentRefused, VariablesRefused) as refusal:
            # Plain JSON clients expect 200 for whatever was well-formed HTTP; the newer type says 400.
            record.refused(refusal.code)
            body = encode({"errors": present_errors(refusal.errors, default_code=refusal.code)})
            return (400 if answer is Answer.GRAPHQL else 200), body, []

    async def _run(
        self, method: str, asked: GraphqlRequest, caller: Caller, record: RequestRecord
    ) -> tuple[int, bytes, list[Header]]:
        desk = self._desk
        document, operation = desk.find(asked, caller, record)
        check_method(method, operation)
        allowance = desk.charge(operation, asked, caller, record)
        variables = coerce_variables(desk.schema, operation, asked)
        context = desk.make_context(caller, record)
        result = await run_operation(desk.schema, document, operation, variables, context)
        return 200, _body(result, allowance, record), allowance.headers()


def _body(result: ExecutionResult, allowance: Allowance, record: RequestRecord) -> bytes:
    payload: dict[str, object] = {}
    if result.errors:
        payload["errors"] = present_errors(result.errors, record.refused)
    payload["data"] = result.data
    payload["extensions"] = {"cost": {"requested": record.cost, "remaining": allowance.remaining}}
    return encode(payload)


def _body_too_slow() -> RequestRefused:
    return RequestRefused(408, "The body did not arrive in time.", code="BODY_TOO_SLOW")
