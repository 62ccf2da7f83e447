"""The keys that tokens are checked by: a provider's, fetched seldom and kept while it is down, and development's."""

import asyncio
import json
import time
from http.client import BadStatusLine
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from jwt.algorithms import ECAlgorithm

from graphql_api.http.credentials import Authenticator
from graphql_api.http.development_tokens import RULES, development_key, development_key_set, sign_token
from graphql_api.http.key_sets import KeysUnavailable, RemoteKeySet, fetch_over_https
from graphql_api.http.refusals import RequestRefused
from graphql_api.http.tokens import TokenVerifier
from graphql_api.permissions import Role, Scope
from tests.unit.graphql_api.http.credentials_world import Clock, Shops, claims


async def test_a_rotated_signing_key_is_fetched_at_most_once_a_minute() -> None:
    """A new key id is found by one fetch; unknown ids cannot make us ask again and again."""
    clock = Clock()
    signing = {name: generate_ec(SECP256R1()) for name in ("old", "new")}
    served = ["old"]
    fetches = 0

    async def fetch() -> bytes:
        nonlocal fetches
        fetches += 1
        await asyncio.sleep(0)
        keys = [ECAlgorithm.to_jwk(signing[name].public_key(), as_dict=True) | {"kid": name} for name in served]
        return json.dumps({"keys": keys}).encode()

    keys = RemoteKeySet(fetch)
    found = await asyncio.gather(*(keys.find("old", clock.now) for _ in range(10)))
    assert all(found)
    assert fetches == 1
    served.append("new")
    assert await keys.find("new", clock.now + 59) is None
    assert await keys.find("new", clock.now + 60) is not None
    assert [await keys.find(f"x{n}", clock.now + 61) for n in range(10)] == [None] * 10
    assert fetches == 2


async def test_known_keys_outlive_a_provider_that_is_down() -> None:
    """Tokens keep working for an hour without the provider; then, and of keys that it might know, nobody can say."""
    served = json.dumps({"keys": [ECAlgorithm.to_jwk(generate_ec(SECP256R1()).public_key(), as_dict=True)
                                   | {"kid": "k"}]}).encode()  # fmt: skip
    answers = [served]

    async def fetch() -> bytes:
        await asyncio.sleep(0)
        if not answers:
            raise ConnectionRefusedError
        return answers.pop()

    keys = RemoteKeySet(fetch)
    assert await keys.find("k", 0.0) is not None
    assert await keys.find("k", 3_600.0) is not None
    with pytest.raises(KeysUnavailable):
        await keys.find("new", 3_600.0)
    with pytest.raises(KeysUnavailable):
        await keys.find("k", 3_661.0)
    answers.append(served)
    with pytest.raises(KeysUnavailable):
        await keys.find("k", 3_665.0)
    assert await keys.find("k", 3_666.0) is not None


async def test_known_keys_do_not_wait_for_a_provider_that_hangs() -> None:
    """They are fetched anew beside the request; only who brings an unknown key waits."""
    served = json.dumps({"keys": [ECAlgorithm.to_jwk(generate_ec(SECP256R1()).public_key(), as_dict=True)
                                   | {"kid": "k"}]}).encode()  # fmt: skip
    answers = [served]
    hangs = asyncio.Event()

    async def fetch() -> bytes:
        if not answers:
            await hangs.wait()
        return answers.pop() if answers else b""

    keys = RemoteKeySet(fetch)
    assert await keys.find("k", 0.0) is not None
    assert [await keys.find("k", now) is not None for now in (301.0, 302.0)] == [True, True]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(keys.find("new", 303.0), 0.01)

    hangs.set()
    with pytest.raises(KeysUnavailable):
        await keys.find("new", 304.0)
    assert await keys.find("k", 304.0) is not None


@pytest.mark.parametrize("said", [b"<html>", b"[1]", b"[" * 100_000, b'{"keys": [{"kid": []}]}', BadStatusLine("x")])
async def test_what_is_no_key_set_is_the_providers_fault(said: bytes | Exception) -> None:
    """Whatever the provider says, a token that nobody can check is no bug of ours."""

    async def fetch() -> bytes:
        await asyncio.sleep(0)
        if isinstance(said, Exception):
            raise said
        return said

    with pytest.raises(KeysUnavailable):
        await RemoteKeySet(fetch).find("k", 0.0)


async def test_a_provider_that_is_down_is_no_fault_of_the_caller() -> None:
    """Who sends a token that nobody can check is asked to come again, not to get another one."""

    async def fetch() -> bytes:
        await asyncio.sleep(0)
        raise ConnectionRefusedError

    clock = Clock()
    tokens = TokenVerifier(RemoteKeySet(fetch), RULES, monotonic=clock)
    gate = Authenticator(tokens=tokens, api_keys=None, merchants=Shops(), now=clock)

    with pytest.raises(RequestRefused) as refused:
        await gate.identify(f"Bearer {claims()}".encode(), None)

    assert (refused.value.status, refused.value.code) == (503, "UNAVAILABLE")


def test_key_sets_come_over_https() -> None:
    """Keys fetched in the clear could be anybody's."""
    with pytest.raises(ValueError, match="https"):
        fetch_over_https("http://bank.example/jwks.json")


async def test_a_development_key_is_made_once(tmp_path: Path) -> None:
    """Every process finds the same key, which only its owner may read."""
    first = development_key(tmp_path / "var")
    token = sign_token(first, role=Role.OPERATOR, subject="olga", now=time.time(), scopes=[Scope.POINTS_SPEND])
    again = TokenVerifier(development_key_set(development_key(tmp_path / "var")), RULES, monotonic=time.monotonic)

    verified = await again.verify(token, time.time())

    assert verified.caller.scopes == {Scope.POINTS_SPEND}
    assert [(path.name, path.stat().st_mode & 0o777) for path in (tmp_path / "var").iterdir()] == [
        ("development_token_key.pem", 0o600)
    ]
