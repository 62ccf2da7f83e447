"""The ASGI application, composed from what it is given; reads no setting and opens nothing itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import strawberry
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from graphql_api.field_rules import guard_schema
from graphql_api.http.addresses import Addresses, Network
from graphql_api.http.bundle_download import BundleDownload, Downloads
from graphql_api.http.credentials import Authenticator
from graphql_api.http.document_limits import DocumentLimits
from graphql_api.http.document_store import DocumentStore
from graphql_api.http.endpoint import GraphqlEndpoint
from graphql_api.http.graphiql import GraphiqlFiles, graphiql_page
from graphql_api.http.health import Liveness, MetricsPage, Ping, Readiness
from graphql_api.http.metrics import HttpMetrics
from graphql_api.http.operations import Desk, MakeContext
from graphql_api.http.rate_limits import USUAL, Rate, RateLimiter
from graphql_api.http.request_log import RequestLog
from graphql_api.http.strawberry_internals import core_schema
from graphql_api.http.strays import answer_http_exception
from graphql_api.http.subscriptions import SubscriptionEndpoint, SubscriptionLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """What an operator may choose about the HTTP face.

    adhoc_for_all: any caller may run any document, not only those with `document:adhoc` (development).
    trusted_documents: digest → text; see graphql_api.http.trusted_documents.
    allowed_origins: origins of web pages that may open WebSockets; clients that send none may always.
    trusted_proxies: networks of proxies whose X-Forwarded-For tells the client's address.
    """

    graphiql: bool = False
    adhoc_for_all: bool = False
    trusted_documents: Mapping[str, str] = field(default_factory=dict)
    allowed_origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    deadline_seconds: float = 10.0
    rate: Rate = USUAL
    subscriptions: SubscriptionLimits = field(default_factory=SubscriptionLimits)


def create_app(
    *,
    schema: strawberry.Schema,
    make_context: MakeContext,
    authenticator: Authenticator,
    ping: Ping,
    options: HttpOptions,
    sample: Callable[[], None] = lambda: None,
    downloads: Downloads | None = None,
    registry: CollectorRegistry | None = None,
) -> Starlette:
    """The application with `/graphql` (HTTP and WebSocket), `/healthz`, `/readyz` and `/metrics`; where there are
    `downloads`, `/audit/exports/{id}` as well. Before the metrics are shown, `sample` is called.

    Raises ValueError when a root field declares no rule or a trusted document is invalid.
    """
    core = guard_schema(core_schema(schema))
    metrics = HttpMetrics(registry or CollectorRegistry())
    desk = Desk(
        authenticator=authenticator,
        addresses=Addresses(options.trusted_proxies),
        schema=core,
        documents=DocumentStore(core, limits=DocumentLimits(), trusted=options.trusted_documents),
        limiter=RateLimiter(options.rate, now=time.monotonic),
        make_context=make_context,
        deadline_seconds=options.deadline_seconds,
        adhoc_for_all=options.adhoc_for_all,
    )
    page = graphiql_page() if options.graphiql else None
    subscriptions = SubscriptionEndpoint(desk, origins=options.allowed_origins, limits=options.subscriptions)
    routes: list[BaseRoute] = [
        Route("/graphql", GraphqlEndpoint(desk, page=page), methods=None),
        WebSocketRoute("/graphql", subscriptions),
        Route("/healthz", Liveness(), methods=["GET"]),
        Route("/readyz", Readiness(ping), methods=["GET"]),
        Route("/metrics", MetricsPage(metrics, sample), methods=["GET"]),
    ]
    if downloads is not None:
        routes.append(Route("/audit/exports/{id}", BundleDownload(desk, downloads), methods=["GET"]))
    if options.graphiql:
        routes.append(Route("/graphiql/{name}", GraphiqlFiles(core), methods=["GET"]))
    app = Starlette(
        routes=routes,
        middleware=[Middleware(RequestLog, metrics=metrics)],
        exception_handlers={HTTPException: answer_http_exception},
    )
    app.router.redirect_slashes = False
    return app
