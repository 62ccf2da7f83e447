"""What operators see of requests: ids, logs that hold nothing personal, metrics, health."""

import httpx
import pytest

from graphql_api.errors import MASKED_MESSAGE
from graphql_api.permissions import Scope
from tests.e2e.http.asking import HELLO, ask
from tests.e2e.http.sample import PERSONAL
from tests.e2e.http.serving import bearer, client_of, sample_app


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
