"""Which JSON to answer with, and which bodies to read (GraphQL over HTTP, RFC 9110 §12)."""

from enum import Enum
from functools import lru_cache

from graphql_api.http.refusals import RequestRefused


class Answer(Enum):
    """The two media types an answer can have; they differ in status codes for refused documents."""

    GRAPHQL = b"application/graphql-response+json; charset=utf-8"
    JSON = b"application/json; charset=utf-8"


_SPECIFIC = {Answer.GRAPHQL: "application/graphql-response+json", Answer.JSON: "application/json"}


@lru_cache(maxsize=256)
def choose_answer(accept: bytes | None) -> Answer | None:
    """The preferred media type of an Accept header; None when it takes neither.

    Named both alike, the newer type wins; a wildcard or nothing means plain JSON, as older clients expect.
    """
    if accept is None or not accept.strip():
        return Answer.JSON
    wanted = _ranges(accept.decode("latin-1"))
    graphql, graphql_named = _weight_of(Answer.GRAPHQL, wanted)
    json, json_named = _weight_of(Answer.JSON, wanted)
    if graphql <= 0 and json <= 0:
        return None
    if graphql == json:
        return Answer.GRAPHQL if graphql_named else Answer.JSON
    if graphql_named == json_named:
        return Answer.GRAPHQL if graphql > json else Answer.JSON
    return Answer.GRAPHQL if graphql_named and graphql > 0 else Answer.JSON


def _weight_of(answer: Answer, wanted: dict[str, float]) -> tuple[float, bool]:
    """The weight of the most specific range that covers `answer`, and whether it is named itself."""
    for name in (_SPECIFIC[answer], "application/*", "*/*"):
        if name in wanted:
            return wanted[name], name == _SPECIFIC[answer]
    return 0.0, False


def _ranges(accept: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in accept.split(",")[:50]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        served = True
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = _weight(value.strip())
            elif key.strip() == "charset":
                served = value.strip().strip('"') in {"utf-8", "utf8"}
        if served and name:
            found[name] = max(found.get(name, 0.0), weight)
    return found


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


@lru_cache(maxsize=256)
def is_json_body(content_type: bytes | None) -> bool:
    """Whether a Content-Type announces JSON in UTF-8."""
    if content_type is None:
        return False
    name, *parameters = (piece.strip().lower() for piece in content_type.decode("latin-1").split(";"))
    charsets = [
        value.strip().strip('"') for key, _, value in (p.partition("=") for p in parameters) if key.strip() == "charset"
    ]
    return name == "application/json" and all(charset in {"utf-8", "utf8"} for charset in charsets)


def check_body_headers(headers: dict[bytes, bytes]) -> None:
    """RequestRefused 415 unless the body is plain JSON in UTF-8."""
    if not is_json_body(headers.get(b"content-type")):
        raise RequestRefused(415, "Send the body as application/json in UTF-8.", code="MEDIA_TYPE_UNSUPPORTED")
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in {b"", b"identity"}:
        raise RequestRefused(
            415,
            "Send the body without a content encoding.",
            code="ENCODING_UNSUPPORTED",
            headers=((b"accept-encoding", b"identity"),),
        )
