"""The HTTP baseline: a bare Starlette app that answers a JSON body with itself."""

from __future__ import annotations

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    """Parse the body as JSON and send it back as JSON."""
    return Response(orjson.dumps(orjson.loads(await request.body())), media_type="application/json")


def create_app() -> Starlette:
    """The app, for uvicorn's factory option."""
    return Starlette(routes=[Route("/graphql", echo, methods=["POST"])])
