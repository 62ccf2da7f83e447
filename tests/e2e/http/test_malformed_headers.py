"""Headers and methods that are not served: each gets the status of its kind, never a 5xx."""

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.http.refused import HELLO, JSON, assert_refused
from tests.e2e.http.serving import bearer

HEADERS: dict[str, tuple[int, dict[str, str]]] = {
    "no content type": (415, {}),
    "text": (415, {"content-type": "text/plain"}),
    "form": (415, {"content-type": "application/x-www-form-urlencoded"}),
    "multipart": (415, {"content-type": "multipart/form-data; boundary=x"}),
    "application/graphql": (415, {"content-type": "application/graphql"}),
    "nearly JSON": (415, {"content-type": "application/jsonx"}),
    "garbage type": (415, {"content-type": ";;;=;"}),
    "latin-1": (415, {"content-type": "application/json; charset=iso-8859-1"}),
    "two charsets": (415, {"content-type": "application/json; charset=utf-8; charset=utf-16"}),
    "gzip": (415, JSON | {"content-encoding": "gzip"}),
    "unknown encoding": (415, JSON | {"content-encoding": "rot13"}),
    "accepts HTML": (406, JSON | {"accept": "text/html"}),
    "accepts images": (406, JSON | {"accept": "image/*;q=0.8, text/plain"}),
    "accepts nothing": (406, JSON | {"accept": "application/json;q=0"}),
    "accepts latin-1": (406, JSON | {"accept": "application/json; charset=iso-8859-1"}),
    "garbage accept": (406, JSON | {"accept": ",;q=,;;q=x"}),
    "no credential": (401, JSON | {"authorization": ""}),
    "basic": (401, JSON | {"authorization": "Basic b2xnYTpvbGdh"}),
    "bearer alone": (401, JSON | {"authorization": "Bearer"}),
    "bearer blanks": (401, JSON | {"authorization": "Bearer    "}),
    "no token": (401, JSON | {"authorization": "Bearer nonsense"}),
    "dots": (401, JSON | {"authorization": "Bearer ..."}),
    "unsigned": (401, JSON | {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}),
    "long token": (401, JSON | {"authorization": "Bearer " + "a" * 20_000}),
    "odd key": (401, JSON | {"authorization": "Bearer scrip_live_"}),
    "unknown key": (401, JSON | {"authorization": f"Bearer scrip_live_abcdefgh_{'0' * 64}"}),
}


@pytest.mark.parametrize("name", HEADERS)
async def test_bad_headers_are_refused(client: httpx.AsyncClient, name: str) -> None:
    """Headers that ask for what is not served, or prove nothing, get the status of their kind."""
    status, headers = HEADERS[name]

    answer = await client.post("/graphql", content=HELLO, headers=bearer() | headers)

    assert answer.status_code == status
    assert_refused(answer)
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    """Only GET and POST are served, and the answer says so."""
    answer = await client.request(method, "/graphql", content=HELLO, headers=JSON | bearer())

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert_refused(answer)


async def test_a_mutation_by_get_is_refused(client: httpx.AsyncClient) -> None:
    """GET is for queries: links and prefetches must not move points."""
    mutation = 'mutation { spend(input: {idempotencyKey: "a", points: 1, code: "x"}) { __typename } }'

    answer = await client.get("/graphql", params={"query": mutation}, headers=bearer())

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["authorization", "accept", "content-type", "content-encoding", "x-request-id"]),
    value=st.binary(max_size=60),
)
async def test_no_header_causes_a_server_error(client: httpx.AsyncClient, name: str, value: bytes) -> None:
    """Whatever a header holds, the answer is JSON and no 5xx."""
    headers = {key.encode(): text.encode() for key, text in (JSON | bearer()).items()} | {name.encode(): value}

    answer = await client.post("/graphql", content=HELLO, headers=headers)

    assert answer.status_code < 500
    assert isinstance(orjson.loads(answer.content), dict)
