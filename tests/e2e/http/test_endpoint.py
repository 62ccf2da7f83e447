"""The endpoint's answers: data, errors, scopes, types of answers, and what else the process serves."""

import asyncio

import httpx
import orjson
import pytest
from graphql import get_introspection_query

from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.app import HttpOptions
from graphql_api.permissions import Role, Scope
from tests.e2e.http.asking import HELLO, ask
from tests.e2e.http.serving import StoredKeys, bearer, client_of, sample_app

GRAPHQL = "application/graphql-response+json"


async def test_a_query_is_answered(client: httpx.AsyncClient) -> None:
    """Data comes with its cost and the caller's allowance."""
    answer = await ask(client, '{ hello wallet(id: "w1") { __typename posted name lots(first: 2) { remaining } } }')

    lot = {"remaining": "5"}
    wallet = {"__typename": "Wallet", "posted": "1000000000000000", "name": None, "lots": [lot, lot]}
    assert answer.json() == {
        "data": {"hello": "hello you", "wallet": wallet},
        "extensions": {"cost": {"requested": 7, "remaining": 59_993}},
    }
    assert answer.headers["x-ratelimit-limit"] == "60000"
    assert answer.headers["x-ratelimit-remaining"] == "59993"
    assert answer.headers["x-ratelimit-reset"] == "1"


async def test_a_get_answers_a_query(client: httpx.AsyncClient) -> None:
    """A query with variables may be sent in the query string."""
    query = {"query": "query Q($n: String!) { hello(name: $n) }", "variables": '{"n": "Ada"}', "operationName": "Q"}

    answer = await client.get("/graphql", params=query, headers=bearer())

    assert answer.json()["data"] == {"hello": "hello Ada"}


async def test_the_full_introspection_query_fits_the_limits(client: httpx.AsyncClient) -> None:
    """Tools can read the schema."""
    answer = await ask(client, get_introspection_query(input_value_deprecation=True, specified_by_url=True))

    assert "errors" not in answer.json()


async def test_root_fields_of_a_query_run_concurrently(client: httpx.AsyncClient) -> None:
    """Ten waits take as long as one."""
    started = asyncio.get_running_loop().time()

    answer = await ask(client, "{" + " ".join(f"a{n}: slow(seconds: 0.3)" for n in range(10)) + "}")

    assert len(answer.json()["data"]) == 10
    assert asyncio.get_running_loop().time() - started < 2.5


async def test_an_error_for_the_caller_is_shown(client: httpx.AsyncClient) -> None:
    """A CallerError keeps its message and code."""
    answer = await ask(client, "{ picky }")

    error = answer.json()["errors"][0]
    assert (error["message"], error["extensions"]) == ("The cursor is malformed.", {"code": "INVALID_INPUT"})


async def test_a_field_without_its_scope_is_forbidden(client: httpx.AsyncClient) -> None:
    """Only the forbidden field fails; the refusal names the scope."""
    headers = bearer(Scope.WALLET_READ, Scope.DOCUMENT_ADHOC, role=Role.MEMBER)

    nested = await ask(client, '{ wallet(id: "w1") { posted } b: wallet(id: "w1") { secret } }', headers)
    root = await ask(
        client, 'mutation { spend(input: {idempotencyKey: "k", points: 1, code: "c"}) { __typename } }', headers
    )

    assert nested.json()["data"] == {"wallet": {"posted": "1000000000000000"}, "b": None}
    assert nested.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "points:spend" in root.json()["errors"][0]["message"]


async def test_a_field_says_its_scope_in_its_description(client: httpx.AsyncClient) -> None:
    """Readers of the schema see what a field needs."""
    answer = await ask(client, '{ __type(name: "Mutation") { fields { name description } } }')

    assert answer.json()["data"]["__type"]["fields"] == [{"name": "spend", "description": "Scope: `points:spend`."}]


async def test_a_header_that_comes_twice_is_read_whole(client: httpx.AsyncClient) -> None:
    """Two credentials are none, whichever a proxy looked at; two lists of accepted types are one."""
    credential = ("authorization", bearer()["authorization"])
    types = [("accept", "application/json"), ("accept", "text/html")]
    json = {"query": HELLO}

    twice = await client.post("/graphql", json=json, headers=[credential, credential])
    encoded = [credential, ("content-encoding", "gzip"), ("content-encoding", "identity")]
    zipped = await client.post("/graphql", json=json, headers=encoded)
    accepted = [await client.post("/graphql", json=json, headers=[credential, *each]) for each in (types, types[::-1])]

    assert (twice.status_code, zipped.status_code) == (401, 415)
    assert [answer.status_code for answer in accepted] == [200, 200]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, application/json", GRAPHQL),
        (f"application/json, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, application/json", "application/json"),
        (f"{GRAPHQL};q=0, */*", "application/json"),
        ("text/html, application/json;q=0.9", "application/json"),
    ],
)
async def test_the_answer_has_the_preferred_type(client: httpx.AsyncClient, accept: str | None, expected: str) -> None:
    """The Accept header chooses; the newer type wins a draw, plain JSON a wildcard."""
    headers = bearer() | ({"accept": accept} if accept else {})
    if accept is None:
        del client.headers["accept"]

    answer = await ask(client, HELLO, headers)

    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
    assert answer.headers["vary"] == "Accept"


async def test_a_stray_request_gets_json(client: httpx.AsyncClient) -> None:
    """Unknown paths and wrong methods elsewhere have JSON bodies too."""
    missing = await client.get("/nope")
    wrong = await client.post("/healthz")

    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert missing.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_graphiql_is_served_in_development_only() -> None:
    """The page, its files and the schema come from the package, and refer to no other host."""
    async with client_of(sample_app(HttpOptions(graphiql=True))) as client:
        page = await client.get("/graphql", headers={"accept": "text/html"})
        names = [part.split('"')[0] for part in page.text.split("/graphiql/")[1:]]
        files = [await client.get(f"/graphiql/{name}") for name in names]
        schema = await client.get("/graphiql/schema.json")
        stray = await client.get("/graphiql/LICENSE.react")
    async with client_of(sample_app()) as client:
        production = await client.get("/graphql", headers={"accept": "text/html"})
        missing = await client.get("/graphiql/start.js")

    assert "http://" not in page.text
    assert "https://" not in page.text
    assert len(names) == 5
    assert [file.status_code for file in files] == [200] * 5
    assert orjson.loads(schema.content)["__schema"]["queryType"]["name"] == "Query"
    assert (stray.status_code, production.status_code, missing.status_code) == (404, 406, 404)


async def test_a_registry_that_does_not_answer_is_no_wrong_key() -> None:
    """A caller whose key cannot be looked up is told to try again, not that the key is wrong."""

    class Unreachable(StoredKeys):
        async def find(self, key_id: str) -> StoredApiKey | None:
            raise ConnectionRefusedError

    async with client_of(sample_app(api_keys=Unreachable())) as client:
        answer = await ask(client, HELLO, {"authorization": f"Bearer scrip_live_abcdefgh_{'0' * 64}"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
