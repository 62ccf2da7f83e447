"""How these tests put a query to the endpoint."""

import httpx

from tests.e2e.http.serving import bearer

HELLO = "{ hello }"


async def ask(client: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Post a query as an operator."""
    return await client.post("/graphql", json={"query": query}, headers=headers or bearer())
