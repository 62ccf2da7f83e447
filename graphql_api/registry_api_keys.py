"""Merchants' API keys as the HTTP face looks them up: the registry's live keys."""

from uuid import UUID

from graphql_api.http.api_keys import StoredApiKey
from ledger.engine.reader import Reader
from ledger.partners.queries import live_key


class RegistryApiKeys:
    """Finds keys in the registry; a revoked, expired or unknown one is None."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(self, key_id: str) -> StoredApiKey | None:
        """The live key whose id is these 32 hexadecimal digits."""
        try:
            id_ = UUID(hex=key_id)
        except ValueError:
            return None
        key = await live_key(self._reader, id_)
        if key is None:
            return None
        return StoredApiKey(
            secret_sha256=key.secret_hash,
            merchant_id=str(key.merchant_id),
            programme_id=str(key.programme_id),
            expires_at=None if key.expires_at is None else key.expires_at.timestamp(),
        )
