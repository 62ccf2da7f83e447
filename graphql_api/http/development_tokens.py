"""Tokens for development, signed with a key that lives in a file beside the embedded database.

Production refuses this key; see graphql_api.settings.
"""

from collections.abc import Iterable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from graphql_api.http.key_sets import FixedKeySet
from graphql_api.http.tokens import TokenRules
from graphql_api.permissions import Role, Scope
from graphql_api.private_file import create_private, read_private

KEY_FILE = "development_token_key.pem"
RULES = TokenRules(issuer="scrip-development", audience="scrip")


def development_key(directory: Path) -> Ed25519PrivateKey:
    """The key in `directory`, made there when it is not there yet. SettingsError where the file is open to others."""
    path = directory / KEY_FILE
    create_private(path, _new_pem)
    key = load_pem_private_key(read_private(path, "the development token key").encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(  # noqa: TRY004  the file is wrong, not an argument
            f"{path} does not hold an Ed25519 key; remove it and a new one is made"
        )
    return key


def _new_pem() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def development_key_set(key: Ed25519PrivateKey) -> FixedKeySet:
    """The key set that verifies what `key` signs."""
    return FixedKeySet(jwt.PyJWK(OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), algorithm="EdDSA"))


def sign_token(
    key: Ed25519PrivateKey,
    *,
    role: Role,
    subject: str,
    now: float,
    ttl_seconds: int = 86_400,
    scopes: Iterable[Scope] = (),
    programme_id: str | None = None,
    merchant_id: str | None = None,
    member_external_id: str | None = None,
) -> str:
    """A development token; without `scopes` it carries its role's default ones."""
    claims = {
        "iss": RULES.issuer,
        "aud": RULES.audience,
        "sub": subject,
        "iat": int(now),
        "exp": int(now) + ttl_seconds,
        "scrip_role": str(role),
        "scope": " ".join(scopes) or None,
        "scrip_programme": programme_id,
        "scrip_merchant": merchant_id,
        "scrip_member": member_external_id,
    }
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm="EdDSA")
