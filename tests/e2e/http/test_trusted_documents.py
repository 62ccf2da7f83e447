"""Which documents run: trusted ones, those that were registered by their digest, and no other text in their place."""

import hashlib

import httpx
import pytest

from graphql_api.http.app import HttpOptions
from graphql_api.permissions import Role, Scope
from tests.e2e.http.asking import HELLO
from tests.e2e.http.serving import bearer, client_of, sample_app

HELLO_DIGEST = hashlib.sha256(HELLO.encode()).hexdigest()


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


async def test_an_invalid_trusted_document_refuses_to_start() -> None:
    """A wrong allow-list is found when the process starts, not by the first client."""
    text = "{ nope }"

    with pytest.raises(ValueError, match="Cannot query field 'nope'"):
        sample_app(HttpOptions(trusted_documents={hashlib.sha256(text.encode()).hexdigest(): text}))
