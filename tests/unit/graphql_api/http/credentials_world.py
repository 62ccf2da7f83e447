"""Who knocks in tests of credentials, and the gate: tokens of a key of our own, API keys and merchants in memory."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from graphql_api.caller import Caller
from graphql_api.http.addresses import Network
from graphql_api.http.api_keys import PREFIX, StoredApiKey
from graphql_api.http.credentials import Authenticator, Failures
from graphql_api.http.development_tokens import RULES, development_key_set
from graphql_api.http.tokens import TokenRules, TokenVerifier

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
    clock: Clock,
    keys: Keys | None = None,
    rules: TokenRules = RULES,
    shops: Shops | None = None,
    failures: Failures | None = None,
) -> Authenticator:
    """An authenticator for tokens of the tests' key."""
    tokens = TokenVerifier(development_key_set(KEY), rules, monotonic=clock)
    return Authenticator(tokens=tokens, api_keys=keys, merchants=shops or Shops(), now=clock, failures=failures)


async def identify(token: str, clock: Clock, keys: Keys | None = None) -> Caller:
    """The caller with this bearer token."""
    return await authenticator(clock, keys).identify(f"Bearer {token}".encode(), None)


def claims(**changes: object) -> str:
    """A token with these claims changed; None leaves one out."""
    content = {"iss": RULES.issuer, "aud": RULES.audience, "sub": "m1", "exp": int(NOW) + 600, "scrip_role": "member"}
    content |= changes
    return jwt.encode({name: value for name, value in content.items() if value is not None}, KEY, algorithm="EdDSA")
