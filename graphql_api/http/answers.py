"""Sending whole answers over ASGI, without Starlette's response objects."""

from collections.abc import Iterable

import orjson
from starlette.types import Send

Header = tuple[bytes, bytes]


async def send_answer(send: Send, status: int, body: bytes, headers: Iterable[Header]) -> None:
    """Send `body` at once; its length is added to the headers."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


def error_body(message: str, code: str) -> bytes:
    """The body of a refusal of the whole request: one GraphQL error."""
    return encode({"errors": [{"message": message, "extensions": {"code": code}}]})


def encode(payload: object) -> bytes:
    """JSON bytes; text that UTF-8 cannot say (a lone surrogate) is replaced rather than failing the answer."""
    try:
        return orjson.dumps(payload)
    except orjson.JSONEncodeError:
        return orjson.dumps(_speakable(payload), default=str)


def _speakable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {str(_speakable(key)): _speakable(item) for key, item in value.items()}
        case list() | tuple():
            return [_speakable(item) for item in value]
        case int() if not isinstance(value, bool) and not -(2**63) <= value < 2**64:
            return str(value)
        case _:
            return value
