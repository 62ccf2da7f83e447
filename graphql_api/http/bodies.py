"""From bytes of a body or a query string to one GraphQL request, or a 4xx that says what is wrong."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from graphql_api.http.refusals import RequestRefused, malformed
from graphql_api.json_values import Json, JsonObject
from graphql_api.repeated_fields import has_repeated_field

BODY_BYTES_MAX: Final = 1_048_576
_PARAMETERS = frozenset({"query", "operationName", "variables", "extensions", "documentId"})
_NUL = re.compile(rb"\\u(?:0000|\{0+\})|\0", re.ASCII)


class ClientGone(Exception):
    """The client hung up before its body was complete; there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class GraphqlRequest:
    """What a client asked: exactly one of `text` and `digest`, or both when it registers a document.

    size: of all of it, in bytes
    """

    text: str | None
    digest: str | None
    operation_name: str | None
    variables: JsonObject
    size: int


async def read_body(receive: Receive, declared: bytes | None) -> bytes:
    """The whole body; RequestRefused 413 where it is too long, before reading when declared, ClientGone without its end."""
    if declared is not None and declared.isdigit() and (len(declared) > 15 or int(declared) > BODY_BYTES_MAX):
        raise _too_large()
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
        more = message.get("more_body", False)
    return body


def refuse_nul(raw: bytes) -> None:
    """RequestRefused 400 when `raw` holds a NUL character in any spelling: PostgreSQL's text cannot keep one."""
    if _NUL.search(raw):
        raise malformed("NUL characters are not accepted.")


def _too_large() -> RequestRefused:
    return RequestRefused(413, f"The body is longer than {BODY_BYTES_MAX} bytes.", code="BODY_TOO_LARGE")


def parse_body(body: bytes) -> GraphqlRequest:
    """The request in a JSON body."""
    refuse_nul(body)
    try:
        asked: Json = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise malformed("The body is not JSON in UTF-8, or has a number that is too large.") from None
    if isinstance(asked, list):
        raise malformed("Batches are not supported: send one operation per request, or use a list mutation.")
    if not isinstance(asked, dict):
        raise malformed("The body must be a JSON object.")
    if has_repeated_field(body, asked):
        raise malformed("A field is given twice in one object.")
    return request_from(asked, size=len(body))


def parse_query_string(query_string: bytes) -> GraphqlRequest:
    """The request in the parameters of a GET."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise malformed("The query string is not well formed.") from None
    asked: JsonObject = {}
    for name, value in pairs:
        if name not in _PARAMETERS:
            continue
        if name in asked:
            raise malformed(f"The parameter '{name}' is given twice.")
        refuse_nul(value.encode())
        asked[name] = _json_parameter(name, value) if name in {"variables", "extensions"} else value
    return request_from(asked, size=len(query_string))


def _json_parameter(name: str, value: str) -> Json:
    if not value:
        return None
    try:
        decoded: Json = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise malformed(f"The parameter '{name}' is not JSON, or has a number that is too large.") from None
    if has_repeated_field(value.encode(), decoded):
        raise malformed(f"In the parameter '{name}' a field is given twice in one object.")
    return decoded


def request_from(asked: JsonObject, *, size: int) -> GraphqlRequest:
    """The request that a JSON object of so many bytes describes; RequestRefused 400 when it describes none."""
    text = _text(asked, "query")
    variables = asked.get("variables")
    if variables is None:
        variables = {}
    elif not isinstance(variables, dict):
        raise malformed("'variables' must be an object.")
    digest = _digest(asked)
    if not text and not digest:
        raise malformed("Say what to run: 'query' or 'documentId'.")
    return GraphqlRequest(text or None, digest, _text(asked, "operationName"), variables, size)


def _digest(asked: JsonObject) -> str | None:
    document_id = _text(asked, "documentId")
    extensions = asked.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise malformed("'extensions' must be an object.")
    persisted = extensions.get("persistedQuery") if extensions else None
    if document_id is not None:
        if persisted is not None or asked.get("query") is not None:
            raise malformed("'documentId' stands alone: leave out 'query' and 'persistedQuery'.")
        if not document_id.startswith("sha256:"):
            raise malformed("'documentId' must start with 'sha256:'.")
        return document_id.removeprefix("sha256:")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise malformed("'persistedQuery' must be an object with version 1.")
    digest = persisted.get("sha256Hash")
    if not isinstance(digest, str):
        raise malformed("'persistedQuery.sha256Hash' must be a string.")
    return digest


def _text(asked: JsonObject, name: str) -> str | None:
    value = asked.get(name)
    if value is not None and not isinstance(value, str):
        raise malformed(f"'{name}' must be a string.")
    return value
