"""The HTTP baseline: a Starlette app that answers a JSON body with itself, behind the product's middleware."""

from __future__ import annotations

import orjson
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.http.logs import configure_logs
from graphql_api.http.metrics import HttpMetrics
from graphql_api.http.request_log import RequestLog


async def echo(request: Request) -> Response:
    """Parse the body as JSON and send it back as JSON."""
    return Response(orjson.dumps(orjson.loads(await request.body())), media_type="application/json")


def create_echo_app() -> Starlette:
    """The app, for uvicorn's factory option."""
    configure_logs()
    return Starlette(
        routes=[Route("/graphql", echo, methods=["POST"])],
        middleware=[Middleware(RequestLog, metrics=HttpMetrics(CollectorRegistry()))],
    )
