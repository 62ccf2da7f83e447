"""From an Authorization header to a Caller, remembered for at most a minute."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from graphql_api.caller import Caller
from graphql_api.http.api_keys import PREFIX, ApiKeys, StoredApiKey, verify_api_key
from graphql_api.http.refusals import RequestRefused
from graphql_api.http.tokens import TOKEN_BYTES_MAX, TokenRefused, TokenVerifier
from graphql_api.permissions import ROLE_SCOPES, Role

REMEMBER_SECONDS = 60.0
_REMEMBERED_MAX = 10_000
_VERIFY_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until: float


ANONYMOUS = Caller(
    role=Role.ANONYMOUS, subject="", client=Role.ANONYMOUS, scopes=ROLE_SCOPES[Role.ANONYMOUS], programme_id=None
)


class Authenticator:
    """Verifies bearer tokens and API keys.

    A verified credential is remembered for at most 60 seconds and never past its expiry, so a revoked key
    dies within a minute. Refused credentials are not remembered. `anonymous` is who comes without any, where
    development lets such callers read the schema.
    """

    def __init__(
        self,
        *,
        tokens: TokenVerifier | None,
        api_keys: ApiKeys | None,
        now: Callable[[], float],
        anonymous: Caller | None = None,
    ) -> None:
        self._anonymous = anonymous
        self._tokens = tokens
        self._api_keys = api_keys
        self._now = now
        self._remembered: dict[bytes, _Remembered] = {}

    async def identify(self, authorization: bytes | None) -> Caller:
        """The caller with this Authorization header; RequestRefused 401 otherwise."""
        if authorization is None and self._anonymous is not None:
            return self._anonymous
        if authorization is None:
            raise unauthenticated("Send a bearer token or an API key in the Authorization header.", error=None)
        now = self._now()
        known = self._remembered.get(authorization)
        if known is not None and now < known.until:
            return known.caller
        verified = await self._verify_in_time(_bearer(authorization), now)
        while len(self._remembered) >= _REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[authorization] = verified
        return verified.caller

    async def _verify_in_time(self, credential: str, now: float) -> _Remembered:
        try:
            async with asyncio.timeout(_VERIFY_SECONDS):
                return await self._verify(credential, now)
        except OSError:  # which TimeoutError is, too: the registry or the provider does not answer
            raise RequestRefused(
                503,
                "Credentials cannot be checked just now. Nothing was done; try again.",
                code="UNAVAILABLE",
                headers=((b"retry-after", b"1"),),
            ) from None

    async def _verify(self, credential: str, now: float) -> _Remembered:
        if credential.startswith(PREFIX):
            stored = await verify_api_key(self._api_keys, credential) if self._api_keys else None
            if stored is None:
                raise unauthenticated("The API key is not valid.")
            return _Remembered(_merchant(stored), now + REMEMBER_SECONDS)
        if self._tokens is None:
            raise unauthenticated("Tokens are not accepted here.")
        try:
            token = await self._tokens.verify(credential, now)
        except TokenRefused as refusal:
            raise unauthenticated(str(refusal)) from None
        return _Remembered(token.caller, min(now + REMEMBER_SECONDS, token.expires_at))


def _merchant(stored: StoredApiKey) -> Caller:
    return Caller(
        role=Role.MERCHANT,
        subject=stored.merchant_id,
        client=f"{Role.MERCHANT}:{stored.merchant_id}",
        scopes=ROLE_SCOPES[Role.MERCHANT] if stored.scopes is None else stored.scopes,
        programme_id=stored.programme_id,
        merchant_id=stored.merchant_id,
    )


def _bearer(authorization: bytes) -> str:
    scheme, _, credential = authorization.partition(b" ")
    credential = credential.strip()
    if scheme.lower() != b"bearer" or not credential or not credential.isascii():
        raise unauthenticated("The Authorization header must be 'Bearer' and a token or an API key.")
    if len(credential) > TOKEN_BYTES_MAX:
        raise unauthenticated("The token is too long.")
    return credential.decode("ascii")


def unauthenticated(message: str, *, error: str | None = "invalid_token") -> RequestRefused:
    """401 with the challenge of RFC 6750; without a credential the challenge names no error."""
    challenge = 'Bearer realm="scrip"' + (f', error="{error}"' if error else "")
    return RequestRefused(
        401, message, code="UNAUTHENTICATED", headers=((b"www-authenticate", challenge.encode("ascii")),)
    )
