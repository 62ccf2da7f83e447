"""Who sends no credential: nothing, but in development the schema."""

import pytest
from graphql import get_introspection_query

from graphql_api.http.credentials import ANONYMOUS
from tests.e2e.http.serving import client_of, sample_app


@pytest.mark.parametrize("query", ["{ __typename }", get_introspection_query()])
async def test_development_shows_the_schema_to_anybody(query: str) -> None:
    """A newcomer's first question and GraphiQL's need no token."""
    async with client_of(sample_app(anonymous=ANONYMOUS)) as client:
        answer = await client.post("/graphql", json={"query": query})

    assert answer.status_code == 200
    assert "errors" not in answer.json()


@pytest.mark.parametrize("query", ["{ hello }", "{ __typename hello }", "{ ... { hello } }", "mutation { rename }"])
async def test_development_shows_nothing_else(query: str) -> None:
    """Whatever touches a field of ours needs a credential, however it is wrapped."""
    async with client_of(sample_app(anonymous=ANONYMOUS)) as client:
        answer = await client.post("/graphql", json={"query": query})

    assert "data" not in answer.json()


async def test_elsewhere_even_the_schema_needs_a_credential() -> None:
    """Without the option nobody is anonymous."""
    async with client_of(sample_app()) as client:
        answer = await client.post("/graphql", json={"query": "{ __typename }"})

    assert answer.status_code == 401
