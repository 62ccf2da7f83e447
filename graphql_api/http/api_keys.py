"""Merchants' API keys: `scrip_live_<id>_<secret>`, of which only the secret's hash is ever stored.

The secret has 256 random bits, so a plain SHA-256 is enough: there is nothing to guess and nothing to slow down. Keys are
made where merchants are registered; here they are only read.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Protocol

PREFIX = "scrip_live_"
_KEY = re.compile(r"scrip_live_([a-z0-9]{8,40})_([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredApiKey:
    """What the registry knows of a live key.

    expires_at: the epoch second at which it ends; None: not before it is revoked
    """

    secret_sha256: bytes
    merchant_id: str
    programme_id: str | None = None
    expires_at: float | None = None


class ApiKeys(Protocol):
    """Where live keys are found; a revoked, expired or unknown key is None."""

    async def find(self, key_id: str) -> StoredApiKey | None:
        """The live key with this id."""
        ...


async def verify_api_key(keys: ApiKeys, text: str) -> StoredApiKey | None:
    """The live key that `text` is, or None; takes as long for a wrong secret as for a right one."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    key_id, secret = parts.groups()
    stored = await keys.find(key_id)
    expected = stored.secret_sha256 if stored else bytes(32)
    return stored if hmac.compare_digest(hashlib.sha256(secret.encode("ascii")).digest(), expected) else None
