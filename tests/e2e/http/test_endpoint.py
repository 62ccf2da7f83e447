"""The endpoint's answers: data, masked bugs, limits, trusted documents, ids of requests."""

import asyncio
import hashlib

import httpx
import orjson
import pytest
from graphql import get_introspection_query

from graphql_api.errors import MASKED_MESSAGE
from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.app import HttpOptions
from graphql_api.http.rate_limits import Rate
from graphql_api.permissions import Role, Scope
from tests.e2e.http.sample import PERSONAL
from tests.e2e.http.serving import StoredKeys, bearer, client_of, sample_app, served

GRAPHQL = "application/graphql-response+json"
HELLO = "{ hello }"
HELLO_DIGEST = hashlib.sha256(HELLO.encode()).hexdigest()


async def ask(client: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Post a query as an operator."""
    return await client.post("/graphql", json={"query": query}, headers=headers or bearer())


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


async def test_a_bug_is_masked(client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    """The caller learns a reference id; the log has it with the place, and neither has the message."""
    answer = await ask(client, "{ broken hello }")

    error = answer.json()["errors"][0]
    assert answer.status_code == 200
    assert answer.json()["data"] == {"broken": None, "hello": "hello you"}
    assert (error["message"], error["extensions"]["code"]) == (MASKED_MESSAGE, "INTERNAL")
    logged = capsys.readouterr().out
    assert error["extensions"]["reference"] in logged
    assert "sample.py" in logged
    assert PERSONAL not in logged + answer.text


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


async def test_a_slow_request_meets_its_deadline() -> None:
    """A request that takes too long is ended, and the caller is told that the outcome is unknown."""
    async with client_of(sample_app(HttpOptions(deadline_seconds=0.05))) as client:
        answer = await ask(client, "{ slow(seconds: 5) }")

    assert answer.status_code == 504
    assert answer.json()["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"


async def test_too_much_cost_is_refused_for_a_while() -> None:
    """A client that used up its allowance gets a 429 that says when to come back."""
    options = HttpOptions(rate=Rate(capacity=2, per_second=1))
    async with client_of(sample_app(options)) as client:
        statuses = [(await ask(client, HELLO)).status_code for _ in range(3)]
        answer = await ask(client, HELLO)
        other = await ask(client, HELLO, bearer(Scope.DOCUMENT_ADHOC, role=Role.SERVICE))

    assert statuses == [200, 200, 429]
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert other.status_code == 200


async def test_what_is_sent_costs_too() -> None:
    """At least one for each 200 bytes, also where the variables then turn out to be wrong; a large one is not searched
    for what exactly is wrong with it, which would take seconds.
    """
    query = "query Q($n: Int, $x: JSON) { hello(extra: $x) wallet(id: 1) { lots(first: $n) { remaining } } }"
    large = {"query": query, "variables": {"n": 3, "x": ["1234567"] * 20_000}}
    wrong = {"query": query, "variables": {"n": "three", "x": ["1234567"] * 20_000}}

    options = HttpOptions(rate=Rate(capacity=10_000, per_second=0.001))
    async with client_of(sample_app(options)) as client:
        told = await client.post("/graphql", json=large, headers=bearer())
        refused = await client.post("/graphql", json=wrong, headers=bearer())
        after = await ask(client, HELLO)

    assert told.json()["extensions"]["cost"] == {"requested": 1_000, "remaining": 9_000}
    assert refused.json()["errors"][0]["message"] == "Variable '$n' has an invalid value."
    assert after.json()["extensions"]["cost"] == {"requested": 1, "remaining": 7_999}


async def test_a_caller_without_the_scope_runs_trusted_documents_only() -> None:
    """By text, by document id or as Apollo sends it; anything else is a 403 and is not even parsed."""
    options = HttpOptions(trusted_documents={HELLO_DIGEST: HELLO})
    headers = bearer(Scope.WALLET_READ, role=Role.MEMBER)
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": HELLO_DIGEST}}
    unknown = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(b"{ whoami }").hexdigest()}}
    async with client_of(sample_app(options)) as client:
        allowed = [
            await client.post("/graphql", json=body, headers=headers)
            for body in ({"query": HELLO}, {"documentId": f"sha256:{HELLO_DIGEST}"}, {"extensions": persisted})
        ]
        adhoc = await client.post("/graphql", json={"query": "{ whoami"}, headers=headers)
        registering = await client.post(
            "/graphql", json={"query": "{ whoami }", "extensions": unknown}, headers=headers
        )

    assert [answer.json()["data"] for answer in allowed] == [{"hello": "hello you"}] * 3
    assert adhoc.status_code == 403
    assert registering.json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_a_registered_document_is_not_trusted() -> None:
    """What one caller with the scope registers by digest, a caller without it still may not run."""
    text = "{ whoami }"
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}
    async with client_of(sample_app()) as client:
        unknown = await client.post("/graphql", json={"extensions": persisted}, headers=bearer())
        first = await client.post("/graphql", json={"query": text, "extensions": persisted}, headers=bearer())
        again = await client.post("/graphql", json={"extensions": persisted}, headers=bearer())
        member = await client.post(
            "/graphql", json={"extensions": persisted}, headers=bearer(Scope.WALLET_READ, role=Role.MEMBER)
        )

    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert first.json()["data"] == again.json()["data"] == {"whoami": "operator:olga"}
    assert member.status_code == 403


async def test_a_wrong_digest_is_refused(client: httpx.AsyncClient) -> None:
    """A text is never stored under the digest of another, and never sent along while another one runs."""

    def named(digest: str, text: str) -> dict[str, object]:
        return {"query": text, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}

    unknown = await client.post("/graphql", json=named("0" * 64, HELLO), headers=bearer())
    known = await client.post("/graphql", json=named(HELLO_DIGEST, HELLO), headers=bearer())
    other = await client.post("/graphql", json=named(HELLO_DIGEST, "{ whoami }"), headers=bearer())

    assert known.json()["data"] == {"hello": "hello you"}
    for answer in (unknown, other):
        assert answer.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_ID_MISMATCH"


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


async def test_an_invalid_trusted_document_refuses_to_start() -> None:
    """A wrong allow-list is found when the process starts, not by the first client."""
    text = "{ nope }"

    with pytest.raises(ValueError, match="Cannot query field 'nope'"):
        sample_app(HttpOptions(trusted_documents={hashlib.sha256(text.encode()).hexdigest(): text}))


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


async def test_a_request_id_is_taken_over_when_sane(client: httpx.AsyncClient) -> None:
    """A plain X-Request-Id comes back; anything else is replaced."""
    sane = await ask(client, HELLO, bearer() | {"x-request-id": "abc-123"})
    odd = await ask(client, HELLO, bearer() | {"x-request-id": "a b\tc"})

    assert sane.headers["x-request-id"] == "abc-123"
    assert sane.headers["x-content-type-options"] == "nosniff"
    assert len(odd.headers["x-request-id"]) == 32


async def test_logs_hold_nothing_personal(client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    """No variable, literal, token, header or query string reaches the log, whatever goes wrong."""
    planted = "ada.lovelace@example.org"
    headers = bearer() | {"user-agent": planted, "cookie": planted, "x-member": planted}
    body = {"query": f'query Q($n: String!) {{ hello(name: $n) a: hello(name: "{planted}") broken }}'}

    await client.post("/graphql", json=body | {"variables": {"n": planted}}, headers=headers)
    await client.post("/graphql", json=body | {"variables": {"n": 5, "x": planted}}, headers=headers)
    await client.get("/graphql", params={"query": f'{{ hello(name: "{planted}" }}'}, headers=headers)
    await client.get(f"/members/{planted}", headers=headers)
    await client.post("/graphql", json=body, headers={"authorization": f"Bearer {planted}"})

    logged = capsys.readouterr().out
    assert logged.count("request_id") >= 5
    assert planted not in logged
    assert headers["authorization"].removeprefix("Bearer ") not in logged


async def test_metrics_count_requests_and_refusals(client: httpx.AsyncClient) -> None:
    """The page shows requests by route, kind and status, and refusals by code."""
    headers = bearer(Scope.POINTS_SPEND, Scope.DOCUMENT_ADHOC)
    await ask(client, HELLO, headers)
    spend = 'mutation { spend(input: {idempotencyKey: "k", points: 500, code: "c"}) { __typename } }'
    await ask(client, spend, headers)

    page = (await client.get("/metrics")).text

    assert 'scrip_http_requests_total{kind="query",route="/graphql",status="200"} 1.0' in page
    assert 'scrip_refusals_total{code="INSUFFICIENT_POINTS"} 1.0' in page
    assert "scrip_graphql_cost_total 11.0" in page


async def test_health_and_readiness() -> None:
    """The process is alive without its database, but not ready."""

    async def unreachable() -> None:
        raise ConnectionRefusedError

    async with client_of(sample_app(database=unreachable)) as client:
        alive = await client.get("/healthz")
        ready = await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable", "database": "unreachable"})


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


async def test_compiling_documents_has_an_allowance() -> None:
    """Who sends ever new documents is slowed down, even when each is refused; known ones stay free."""
    options = HttpOptions(rate=Rate(capacity=100, per_second=0.001))
    async with client_of(sample_app(options)) as client:
        known = await ask(client, HELLO)
        statuses = [(await ask(client, "{ nope }" + "#" * 200 + str(n))).status_code for n in range(4)]
        again = await ask(client, HELLO)

    assert (known.status_code, again.status_code) == (200, 200)
    assert statuses == [200, 200, 429, 429]


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    """A client that announces a body and sends none holds a connection only until the deadline."""
    async with served(sample_app(HttpOptions(deadline_seconds=0.1))) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        lines = ["POST /graphql HTTP/1.1", "host: x", "content-type: application/json", "content-length: 10", "", "{"]
        lines.insert(2, f"authorization: {bearer()['authorization']}")
        writer.write("\r\n".join(lines).encode())

        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_registry_that_does_not_answer_is_no_wrong_key() -> None:
    """A caller whose key cannot be looked up is told to try again, not that the key is wrong."""

    class Unreachable(StoredKeys):
        async def find(self, key_id: str) -> StoredApiKey | None:
            raise ConnectionRefusedError

    async with client_of(sample_app(api_keys=Unreachable())) as client:
        answer = await ask(client, HELLO, {"authorization": f"Bearer scrip_live_abcdefgh_{'0' * 64}"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
