"""Tokens: what proves who, for how long, and what does not."""

import base64
import json
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from graphql_api.caller import Caller
from graphql_api.global_ids import encode_id
from graphql_api.http.api_keys import StoredApiKey
from graphql_api.http.development_tokens import development_key_set
from graphql_api.http.refusals import RequestRefused
from graphql_api.permissions import ROLE_SCOPES, Role, Scope
from tests.unit.graphql_api.http.credentials_world import (
    KEY,
    NOW,
    Clock,
    Keys,
    authenticator,
    claims,
    identify,
    new_api_key,
)


async def test_a_members_token_names_the_member() -> None:
    """The subject is the member, with the scopes of its role."""
    caller = await identify(claims(scrip_programme="p1"), Clock())

    assert caller == Caller(
        role=Role.MEMBER,
        subject="m1",
        client="member:m1",
        scopes=ROLE_SCOPES[Role.MEMBER],
        programme_id="p1",
        member_external_id="m1",
    )


async def test_clocks_may_differ_by_half_a_minute() -> None:
    """A token is good from then on and until then, as we see it."""
    for times in ({"nbf": int(NOW) + 29}, {"nbf": int(NOW) - 600}, {"exp": int(NOW) - 29}):
        assert (await identify(claims(**times), Clock())).subject == "m1"


async def test_named_scopes_replace_the_roles() -> None:
    """A token that names scopes gets those; names of other systems are ignored."""
    caller = await identify(claims(scope="openid wallet:read email", scrip_role="service"), Clock())
    plain = await identify(claims(scope="openid email", scrip_role="service"), Clock())

    assert caller.scopes == {Scope.WALLET_READ}
    assert plain.scopes == ROLE_SCOPES[Role.SERVICE]


async def test_a_misspelt_scope_grants_nothing() -> None:
    """Least of all everything that the role may do."""
    caller = await identify(claims(scope="openid wallet:raed_any", scrip_role="service"), Clock())

    assert caller.scopes == frozenset()


async def test_a_merchants_client_is_the_merchant() -> None:
    """Idempotency keys belong to the merchant, not to the token's subject."""
    caller = await identify(claims(sub="till-7", scrip_role="merchant", scrip_merchant="shop"), Clock())

    assert (caller.client, caller.merchant_id, caller.subject) == ("merchant:shop", "shop", "till-7")


async def test_a_merchant_is_named_by_the_id_that_the_api_shows_too() -> None:
    """Either spelling is the same client."""
    plain = UUID("01a20535-b7e2-7001-8714-a6c733e17e88")

    callers = [
        await identify(claims(sub="till-7", scrip_role="merchant", scrip_merchant=named), Clock())
        for named in (str(plain), encode_id("Merchant", plain))
    ]

    assert {caller.client for caller in callers} == {f"merchant:{plain}"}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "someone"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": None},
        {"exp": int(NOW) - 60},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 10**30},
        {"nbf": int(NOW) + 600},
        {"nbf": "x"},
        {"nbf": True},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\x00b"},
        {"sub": "x" * 2_000},
        {"sub": "x" * 256},
        {"sub": "\u20ac" * 86},
        {"sub": "\ud800"},
        {"scrip_programme": "\ud800"},
        {"scrip_member": "a\udfff"},
        {"scrip_role": "merchant", "scrip_merchant": "\udc00b"},
        {"scope": "wallet:read \udbff"},
        {"scrip_role": None},
        {"scrip_role": "root"},
        {"scrip_role": 5},
        {"scrip_role": "merchant"},
        {"scope": ["points:spend"]},
        {"scope": "openid " * 200},
    ],
)
async def test_a_token_that_proves_nothing_is_refused(changes: dict[str, object]) -> None:
    """Issuer, audience, times, subject and role must all be right."""
    with pytest.raises(RequestRefused) as refused:
        await identify(claims(**changes), Clock())

    assert refused.value.status == 401
    assert refused.value.headers == ((b"www-authenticate", b'Bearer realm="scrip", error="invalid_token"'),)


async def test_forged_tokens_are_refused() -> None:
    """Another key, no signature, a shared secret and a changed payload prove nothing."""
    good = claims()
    header, payload, signature = good.split(".")
    other = base64.urlsafe_b64encode(json.dumps({"sub": "eve"}).encode()).rstrip(b"=").decode()
    public = development_key_set(KEY)
    assert public is not None
    forged = [
        jwt.encode({"sub": "m1"}, Ed25519PrivateKey.generate(), algorithm="EdDSA"),
        f"{header}.{other}.{signature}",
        f"{header}.{payload}.",
        jwt.encode(jwt.decode(good, options={"verify_signature": False}), "", algorithm="none"),
        jwt.encode(jwt.decode(good, options={"verify_signature": False}), "k" * 64, algorithm="HS256"),
        good + "x" * 9_000,
    ]

    for token in forged:
        with pytest.raises(RequestRefused):
            await identify(token, Clock())


async def test_a_token_is_not_remembered_past_its_expiry() -> None:
    """A remembered token still dies when it says so."""
    clock = Clock()
    gate = authenticator(clock)
    header = f"Bearer {claims(exp=int(NOW) + 20)}".encode()
    await gate.identify(header, None)

    clock.now += 51
    with pytest.raises(RequestRefused):
        await gate.identify(header, None)


async def test_a_credential_that_ends_is_no_failed_sign_in() -> None:
    """Who proved it before is told for how long that holds, and then that it does no more; nobody else hears of it."""

    class Failures:
        """Counts what it hears."""

        heard = 0

        def note(self, reason: str, source: str | None) -> None:
            """One was refused."""
            self.heard += 1

    clock, failures = Clock(), Failures()
    gate = authenticator(clock, failures=failures)
    header = f"Bearer {claims(exp=int(NOW) + 40)}".encode()
    caller = await gate.identify(header, None)

    clock.now += 65
    assert await gate.prove_again(header, None) == (caller, 5)
    clock.now += 5
    with pytest.raises(RequestRefused) as ended:
        await gate.prove_again(header, None)
    assert (ended.value.status, failures.heard) == (401, 0)
    with pytest.raises(RequestRefused):
        await gate.identify(header, None)
    assert failures.heard == 1


async def test_a_credential_is_remembered_once() -> None:
    """However its header is padded; and there are no other ways to write it, each of which would be remembered, too."""
    keys, key = Keys(), new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys[key.key_id] = StoredApiKey(secret_sha256=key.secret_sha256, merchant_id="shop")
    gate = authenticator(Clock(), keys)
    written = [b"Bearer " + key.text.encode(), b"bEARER   " + key.text.encode() + b" " * 9_000]
    head, payload, signature = claims().split(".")
    odd = [f"{head}.{payload}.{odd}" for odd in (f"!{signature}", f"{signature}==", f"{signature[:9]}~{signature[9:]}")]

    callers = {await gate.identify(header, None) for header in written}
    for token in odd:
        with pytest.raises(RequestRefused):
            await gate.identify(f"Bearer {token}".encode(), None)

    assert (len(callers), keys.asked) == (1, 1)
