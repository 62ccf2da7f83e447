"""What a request may take: its cost, its length, its document's compilation and its time."""

import asyncio

from graphql_api.http.app import HttpOptions
from graphql_api.http.rate_limits import Rate
from graphql_api.permissions import Role, Scope
from tests.e2e.http.asking import HELLO, ask
from tests.e2e.http.serving import bearer, client_of, sample_app, served


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
