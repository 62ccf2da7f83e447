"""Documents and limits brought together: what HTTP and WebSocket share before an operation runs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLSchema, OperationType

from graphql_api.caller import Caller, CallerContext
from graphql_api.http.addresses import Addresses
from graphql_api.http.bodies import GraphqlRequest, refuse_nul
from graphql_api.http.credentials import Authenticator, unauthenticated
from graphql_api.http.document_store import Document, DocumentStore, Operation, document_not_allowed
from graphql_api.http.rate_limits import Allowance, RateLimiter
from graphql_api.http.refusals import RequestRefused
from graphql_api.permissions import Role, Scope
from graphql_api.request_record import RequestRecord

_BYTES_PER_COST = 5
"""Compiling 18 kB of the worst text takes as long (180 ms) as running a cost of 3,600 (50 µs each)."""
_BYTES_PER_COST_AT_LEAST = 200
"""Reading a body and coercing its variables takes half a microsecond a byte at worst; a list of 1,000 stays below its cost."""

_PACE_SECONDS = 1.0


MakeContext = Callable[[Caller, RequestRecord], CallerContext]
"""Builds the resolvers' context of one request: its caller, its record, fresh loaders, the application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What serving a request takes, whatever carries it."""

    authenticator: Authenticator
    addresses: Addresses
    schema: GraphQLSchema
    documents: DocumentStore
    limiter: RateLimiter
    make_context: MakeContext
    deadline_seconds: float
    adhoc_for_all: bool = False

    def find(self, asked: GraphqlRequest, caller: Caller, record: RequestRecord) -> tuple[Document, Operation]:
        """The operation to run; DocumentRefused or RequestRefused when there is none for this caller."""
        document = self._document(asked, caller)
        operation = document.choose(asked.operation_name)
        if caller.role is Role.ANONYMOUS and not operation.is_introspection:
            raise unauthenticated("Send a bearer token or an API key in the Authorization header.", error=None)
        record.operation = operation.name[:64] if operation.name else None
        record.kind = operation.kind.value
        return document, operation

    def charge(self, operation: Operation, asked: GraphqlRequest, caller: Caller, record: RequestRecord) -> Allowance:
        """Take the operation's cost, at least one for each 200 bytes that were asked, from the caller's allowance;
        RequestRefused 429 when it is used up. To be called before the variables are coerced.
        """
        cost = max(operation.cost, asked.size // _BYTES_PER_COST_AT_LEAST)
        allowance = self.limiter.take(caller.client, cost)
        record.cost = cost
        return allowance

    def charge_bytes(self, size: int, caller: Caller) -> None:
        """Take what reading a message of so many bytes costs that asks for nothing; RequestRefused 429 as above."""
        self.limiter.take(caller.client, size // _BYTES_PER_COST_AT_LEAST)

    async def pace(self, operation: Operation, caller: Caller, record: RequestRecord) -> None:
        """Take the operation's cost for one more event, as soon as the caller's allowance for events holds it.

        A bucket of its own: what happens to a wallet must not use up what its owner may ask for.
        """
        while True:
            try:
                self.limiter.take(f"events {caller.client}", operation.cost)
            except RequestRefused:
                await asyncio.sleep(_PACE_SECONDS)
            else:
                record.cost += operation.cost
                return

    def _document(self, asked: GraphqlRequest, caller: Caller) -> Document:
        adhoc = self.adhoc_for_all or Scope.DOCUMENT_ADHOC in caller.scopes
        if adhoc and asked.text is not None and not self.documents.knows(asked.text):
            # JSON has escapes of its own, behind which those of the document were not seen.
            refuse_nul(asked.text.encode())
            # A bucket of its own: what is refused costs a caller nothing else, but compiling costs us most.
            self.limiter.take(f"compile {caller.client}", len(asked.text) // _BYTES_PER_COST)
        if asked.digest is not None:
            # Without the scope nothing is compiled for the caller: the text it sends along is not looked at.
            document = self.documents.by_digest(asked.digest, asked.text if adhoc else None)
        elif adhoc:
            document = self.documents.by_text(asked.text or "")
        else:
            document = self.documents.trusted_text(asked.text or "")
        if not (adhoc or document.trusted):
            raise document_not_allowed()
        return document


def check_method(method: str, operation: Operation) -> None:
    """RequestRefused 405 for a subscription over plain HTTP, and by GET for all but a query that takes no codes."""
    if operation.kind is OperationType.SUBSCRIPTION:
        raise RequestRefused(
            405,
            "Subscriptions run over a WebSocket (graphql-transport-ws).",
            code="SUBSCRIPTION_NEEDS_WEBSOCKET",
        )
    if method == "GET" and operation.kind is not OperationType.QUERY:
        raise RequestRefused(405, "Send mutations by POST.", code="METHOD_NOT_ALLOWED", headers=((b"allow", b"POST"),))
    if method == "GET" and operation.is_confidential:
        raise RequestRefused(
            405, "Send codes by POST: URLs are logged.", code="METHOD_NOT_ALLOWED", headers=((b"allow", b"POST"),)
        )
