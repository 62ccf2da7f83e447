"""The keys that sign callers' tokens: a provider's JWKS, fetched rarely, or one local development key."""

import asyncio
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Protocol

import jwt
import structlog

MAX_AGE_SECONDS = 300.0
MIN_REFETCH_SECONDS = 60.0
RETRY_SECONDS = 5.0
STALE_SECONDS = 3_600.0
_ANSWER_BYTES_MAX = 512 * 1024
_ANSWER_SECONDS_MAX = 5.0


class KeysUnavailable(OSError):
    """The provider does not answer, so nobody can say whether a key is one of its own."""


class KeySet(Protocol):
    """Where a token's signing key is found."""

    async def find(self, key_id: str | None, now: float) -> jwt.PyJWK | None:
        """The key with this id at monotonic time `now`; a token without an id gets the only key there is.

        Raises KeysUnavailable where that cannot be known.
        """
        ...


class FixedKeySet:
    """One known key, whatever id a token names."""

    def __init__(self, key: jwt.PyJWK) -> None:
        self._key = key

    async def find(self, key_id: str | None, now: float) -> jwt.PyJWK | None:  # noqa: ARG002
        """The key."""
        return self._key


class RemoteKeySet:
    """A provider's JWKS, kept for five minutes.

    An id we do not know causes a fetch at most once a minute, so rotation is seen quickly and nonsense ids
    cannot make us hammer the provider. When it does not answer, known keys serve for another hour, and it is asked
    again after five seconds.
    """

    def __init__(self, fetch: Callable[[], Awaitable[bytes]]) -> None:
        self._fetch = fetch
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._has_failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, now: float) -> jwt.PyJWK | None:
        """The key with this id, fetching when it is unknown or the set is old.

        Who asks for an unknown key waits for the fetch; who asks for a known one never does.
        """
        found = self._choose(key_id, now)
        if found is None or now - self._fetched_at > MAX_AGE_SECONDS:
            self._begin(now)
        if found is None and self._fetching is not None:
            # Whoever gives up waiting leaves the fetch to the others.
            await asyncio.shield(self._fetching)
            found = self._choose(key_id, now)
        if found is None and self._has_failed:
            raise KeysUnavailable("the identity provider's keys cannot be fetched")
        return found

    def _choose(self, key_id: str | None, now: float) -> jwt.PyJWK | None:
        if now - self._fetched_at > STALE_SECONDS:
            return None
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _begin(self, now: float) -> None:
        pause = RETRY_SECONDS if self._has_failed else MIN_REFETCH_SECONDS
        if self._fetching is None and now - self._tried_at >= pause:
            self._tried_at = now
            self._fetching = asyncio.create_task(self._refresh(now))

    async def _refresh(self, now: float) -> None:
        try:
            fetched = jwt.PyJWKSet.from_json((await self._fetch()).decode())
            self._keys = {key.key_id: key for key in fetched.keys}
        except Exception as error:  # noqa: BLE001 - whatever came instead of keys, it is the provider's
            structlog.get_logger("scrip.keys").warning("jwks_unavailable", error=type(error).__name__)
            self._has_failed = True
        else:
            self._fetched_at = now
            self._has_failed = False
        finally:
            self._fetching = None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A key set that moves is a configuration to be changed by hand."""


def fetch_over_https(url: str) -> Callable[[], Awaitable[bytes]]:
    """A fetch of `url` for RemoteKeySet; plain HTTP is refused except on this machine."""
    local = url.startswith(("http://127.0.0.1:", "http://localhost:"))
    if not url.startswith("https://") and not local:
        raise ValueError(f"the JWKS URL must start with https://, not {url!r}")
    opener = urllib.request.build_opener(_NoRedirects)

    def fetch() -> bytes:
        with opener.open(url, timeout=_ANSWER_SECONDS_MAX) as answer:
            body: bytes = answer.read(_ANSWER_BYTES_MAX)
            return body

    return lambda: asyncio.to_thread(fetch)
