"""Bodies as these tests send them, and what every refusal of one looks like."""

import httpx
import orjson

JSON = {"content-type": "application/json"}
HELLO = b'{"query": "{ hello }"}'


def asked(**fields: object) -> bytes:
    """A body with these fields."""
    return orjson.dumps(fields)


def assert_refused(answer: httpx.Response) -> None:
    """The answer is a 4xx with GraphQL errors and no data."""
    assert 400 <= answer.status_code < 500, answer.text
    body = orjson.loads(answer.content)
    assert "data" not in body
    assert all(isinstance(error["message"], str) and error["extensions"]["code"] for error in body["errors"])
    assert answer.headers["vary"] == "Accept"
