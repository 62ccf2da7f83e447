"""Credentials: what proves who, for how long, and what does not."""

import asyncio
import base64
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from http.client import BadStatusLine
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import ECAlgorithm

from graphql_api.caller import Caller
from graphql_api.global_ids import encode_id
from graphql_api.http.addresses import Network
from graphql_api.http.api_keys import PREFIX, StoredApiKey
from graphql_api.http.credentials import Authenticator
from graphql_api.http.development_tokens import RULES, development_key, development_key_set, sign_token
from graphql_api.http.key_sets import KeysUnavailable, RemoteKeySet, fetch_over_https
from graphql_api.http.refusals import RequestRefused
from graphql_api.http.tokens import TokenRules, TokenVerifier
from graphql_api.permissions import ROLE_SCOPES, Role, Scope

KEY = Ed25519PrivateKey.generate()
NOW = 1_800_000_000.0


class NewApiKey(NamedTuple):
    """A key as it is made where merchants are registered."""

    key_id: str
    text: str
    secret_sha256: bytes


def new_api_key(key_id: str, secret: bytes) -> NewApiKey:
    """A key over 32 bytes."""
    return NewApiKey(key_id, f"{PREFIX}{key_id}_{secret.hex()}", sha256(secret.hex().encode()).digest())


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """The time."""
        return self.now


class Keys:
    """API keys in memory, counting look-ups."""

    def __init__(self) -> None:
        self.keys: dict[str, StoredApiKey] = {}
        self.asked = 0

    async def find(self, key_id: str) -> StoredApiKey | None:
        """The key with this id."""
        self.asked += 1
        return self.keys.get(key_id)


class Shops:
    """Merchants in memory; unknown ones are open."""

    def __init__(self) -> None:
        self.version: int | None = 1
        self.networks: dict[str, Sequence[Network] | None] = {}

    async def networks_of(self, merchant_id: str) -> Sequence[Network] | None:
        """Where the merchant may call from."""
        return self.networks.get(merchant_id, ())


def authenticator(
    clock: Clock, keys: Keys | None = None, rules: TokenRules = RULES, shops: Shops | None = None
) -> Authenticator:
    """An authenticator for tokens of the tests' key."""
    tokens = TokenVerifier(development_key_set(KEY), rules, monotonic=clock)
    return Authenticator(tokens=tokens, api_keys=keys, merchants=shops or Shops(), now=clock)


async def identify(token: str, clock: Clock, keys: Keys | None = None) -> Caller:
    """The caller with this bearer token."""
    return await authenticator(clock, keys).identify(f"Bearer {token}".encode(), None)


def claims(**changes: object) -> str:
    """A token with these claims changed; None leaves one out."""
    content = {"iss": RULES.issuer, "aud": RULES.audience, "sub": "m1", "exp": int(NOW) + 600, "scrip_role": "member"}
    content |= changes
    return jwt.encode({name: value for name, value in content.items() if value is not None}, KEY, algorithm="EdDSA")


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
        {"sub": None},
        {"sub": ""},
        {"sub": "a\x00b"},
        {"sub": "x" * 2_000},
        {"sub": "x" * 256},
        {"sub": "\u20ac" * 86},
        {"sub": "\ud800"},
        {"scrip_role": None},
        {"scrip_role": "root"},
        {"scrip_role": 5},
        {"scrip_role": "merchant"},
        {"scope": ["points:spend"]},
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


async def test_an_api_key_is_not_remembered_past_its_expiry() -> None:
    """The old key of a rotation ends when it was said to, though it was used a second before."""
    clock, keys = Clock(), Keys()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop", expires_at=NOW + 20)
    gate = authenticator(clock, keys)
    header = f"Bearer {made.text}".encode()

    await gate.identify(header, None)
    keys.keys.clear()
    clock.now += 19
    await gate.identify(header, None)
    clock.now += 1
    with pytest.raises(RequestRefused):
        await gate.identify(header, None)


async def test_an_api_key_is_remembered_for_a_minute_only() -> None:
    """A revoked key dies within 60 seconds; within them the registry is asked once."""
    clock, keys = Clock(), Keys()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop", programme_id="p1")
    gate = authenticator(clock, keys)
    header = f"Bearer {made.text}".encode()

    caller = await gate.identify(header, None)
    keys.keys.clear()
    clock.now += 59
    assert await gate.identify(header, None) == caller
    assert (caller.client, caller.role, keys.asked) == ("merchant:shop", Role.MERCHANT, 1)
    clock.now += 1
    with pytest.raises(RequestRefused):
        await gate.identify(header, None)


@pytest.mark.parametrize("by", ["key", "token"])
async def test_a_closed_merchants_credentials_are_useless_at_once(by: str) -> None:
    """What was remembered is asked again as soon as the registry's notice says so, whatever the credential."""
    clock, keys, shops = Clock(), Keys(), Shops()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")
    token = claims(sub="till-7", scrip_role="merchant", scrip_merchant="shop")
    header = f"Bearer {made.text if by == 'key' else token}".encode()
    gate = authenticator(clock, keys, shops=shops)
    await gate.identify(header, None)

    shops.networks["shop"], shops.version = None, 2

    with pytest.raises(RequestRefused) as refused:
        await gate.identify(header, None)
    assert (refused.value.status, refused.value.code) == (401, "UNAUTHENTICATED")


async def test_nothing_of_a_merchant_is_remembered_while_nobody_would_tell() -> None:
    """Without the connection on which notices come, each request asks the registry."""
    clock, keys, shops = Clock(), Keys(), Shops()
    shops.version = None
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")
    gate = authenticator(clock, keys, shops=shops)

    for _ in range(3):
        await gate.identify(f"Bearer {made.text}".encode(), None)

    assert keys.asked == 3


async def test_a_merchant_is_let_in_from_its_networks_only() -> None:
    """Also where the credential is remembered; without an address nobody knows that it is one of them."""
    shops = Shops()
    shops.networks["shop"] = (ip_network("10.1.0.0/16"), ip_network("2001:db8::/32"))
    gate = authenticator(Clock(), shops=shops)
    header = f"Bearer {claims(sub='till-7', scrip_role='merchant', scrip_merchant='shop')}".encode()

    inside = [await gate.identify(header, ip_address(text)) for text in ("10.1.2.3", "2001:db8:1:2ff::9")]
    for outside in (ip_address("10.2.0.1"), ip_address("2001:db9::1"), None):
        with pytest.raises(RequestRefused) as refused:
            await gate.identify(header, outside)
        assert (refused.value.status, refused.value.code) == (403, "NETWORK_NOT_ALLOWED")

    assert [caller.network for caller in inside] == ["10.1.2.0/24", "2001:db8:1:200::/56"]


async def test_a_wrong_secret_is_refused() -> None:
    """The id alone proves nothing, and neither does the stored hash."""
    clock, keys = Clock(), Keys()
    made = new_api_key("k1a2b3c4", b"\x01" * 32)
    keys.keys["k1a2b3c4"] = StoredApiKey(secret_sha256=made.secret_sha256, merchant_id="shop")

    for secret in ("02" * 32, made.secret_sha256.hex(), "", "01" * 31):
        with pytest.raises(RequestRefused):
            await identify(f"scrip_live_k1a2b3c4_{secret}", clock, keys)


async def test_two_keys_of_a_merchant_are_one_client() -> None:
    """During rotation both keys work and share the merchant's idempotency keys."""
    clock, keys = Clock(), Keys()
    made = [new_api_key(f"k1a2b3c{n}", bytes([n]) * 32) for n in range(2)]
    for key in made:
        keys.keys[key.key_id] = StoredApiKey(secret_sha256=key.secret_sha256, merchant_id="shop")

    assert len({(await identify(key.text, clock, keys)).client for key in made}) == 1


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


@pytest.mark.parametrize("lost", [asyncpg.AdminShutdownError, asyncpg.InterfaceError, ConnectionRefusedError])
async def test_a_registry_that_is_down_is_no_fault_of_the_caller(lost: type[Exception]) -> None:
    """However the driver says so: a key that nobody can look up is no bug of ours, and may be sent again."""

    class Gone(Keys):
        async def find(self, key_id: str) -> StoredApiKey | None:
            raise lost(key_id)

    with pytest.raises(RequestRefused) as refused:
        await authenticator(Clock(), Gone()).identify(f"Bearer {new_api_key('a' * 32, bytes(32)).text}".encode(), None)

    assert (refused.value.status, refused.value.code) == (503, "UNAVAILABLE")
    assert refused.value.headers == ((b"retry-after", b"1"),)


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


async def test_a_default_role_is_taken_only_when_configured() -> None:
    """A bank's own tokens name no Scrip role; its configuration says what they are."""
    gate = authenticator(Clock(), rules=replace(RULES, default_role=Role.MEMBER))

    caller = await gate.identify(f"Bearer {claims(scrip_role=None)}".encode(), None)

    assert caller.role is Role.MEMBER
