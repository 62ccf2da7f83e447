"""Requests that no route serves: a JSON body like everywhere else."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.http.answers import error_body


async def answer_http_exception(_request: Request, error: Exception) -> Response:
    """404, 405 and their like as a GraphQL error body; nothing of the request is repeated in it."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    body = error_body(status.phrase, status.name)
    return Response(body, int(status), dict(error.headers or {}), "application/json")
