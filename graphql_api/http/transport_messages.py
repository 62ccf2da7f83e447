"""Messages of the graphql-transport-ws protocol, parsed strictly."""

from dataclasses import dataclass

import orjson

from graphql_api.http.bodies import GraphqlRequest, refuse_nul, request_from
from graphql_api.http.refusals import RequestRefused
from graphql_api.json_values import Json, JsonObject
from graphql_api.repeated_fields import has_repeated_field

_REASON_BYTES_MAX = 123
"""RFC 6455, 5.5: a control frame has 125 bytes, two of which are the code."""


class CloseSocket(Exception):
    """The connection ends with this close code, and as much of the reason as a frame holds."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_REASON_BYTES_MAX].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Init:
    """connection_init, with the Authorization value of its payload."""

    authorization: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    """ping."""


@dataclass(frozen=True, slots=True)
class Pong:
    """pong."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """subscribe: start the operation under this id."""

    id: str
    asked: GraphqlRequest


@dataclass(frozen=True, slots=True)
class Complete:
    """complete: the client wants no more of this id."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def parse_message(raw: bytes) -> Message:
    """The message in `raw`; CloseSocket 4400 when it is none."""
    try:
        message: Json = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise CloseSocket(4400, "A message must be JSON") from None
    if not isinstance(message, dict):
        raise CloseSocket(4400, "A message must be an object")
    if has_repeated_field(raw, message):
        raise CloseSocket(4400, "A field is given twice")
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise CloseSocket(4400, "A payload must be an object")
    match message.get("type"):
        case "connection_init":
            return Init(_authorization(payload or {}))
        case "ping":
            return Ping()
        case "pong":
            return Pong()
        case "subscribe":
            return _subscribe(_id(message), payload, raw)
        case "complete":
            return Complete(_id(message))
        case _:
            raise CloseSocket(4400, "Unknown message type")


def _id(message: JsonObject) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= 256:
        raise CloseSocket(4400, "A message needs an id")
    return found


def _authorization(payload: JsonObject) -> str | None:
    for name in ("Authorization", "authorization"):
        value = payload.get(name)
        if value is not None:
            if not isinstance(value, str):
                raise CloseSocket(4400, "Authorization must be a string")
            return value
    return None


def _subscribe(message_id: str, payload: JsonObject | None, raw: bytes) -> Subscribe:
    if payload is None:
        raise CloseSocket(4400, "subscribe needs a payload")
    try:
        refuse_nul(raw)
        return Subscribe(message_id, request_from(payload, size=len(raw)))
    except RequestRefused as refusal:
        raise CloseSocket(4400, refusal.message) from None
