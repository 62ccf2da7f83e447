"""From an Authorization header to a Caller, remembered for at most a minute."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from graphql_api.caller import Caller
from graphql_api.http.addresses import Address, Network, is_within, network_of
from graphql_api.http.api_keys import PREFIX, ApiKeys, StoredApiKey, verify_api_key
from graphql_api.http.refusals import RequestRefused, unavailable
from graphql_api.http.tokens import TOKEN_BYTES_MAX, TokenRefused, TokenVerifier
from graphql_api.permissions import ROLE_SCOPES, Role
from ledger.engine.writer import LOST

_BEARER = re.compile(rb"bearer +([a-z0-9_.-]+) *", re.ASCII | re.IGNORECASE)
"""Of RFC 6750's characters those of JWTs and of our keys: what decoders of Base64 pass over would make many of one."""
REMEMBER_SECONDS = 60.0
_REMEMBERED_MAX = 10_000
_ADDRESSES_MAX = 100
_VERIFY_SECONDS = 6.0
REFUSED = frozenset({401, 403})
"""The statuses of a credential that proves nothing; any other says that nobody knows."""


class Merchants(Protocol):
    """What the registry says of merchants, whatever credential they come with."""

    @property
    def version(self) -> int | None:
        """Rises whenever an earlier answer may be wrong; None while nobody would tell."""
        ...

    async def networks_of(self, merchant_id: str) -> Sequence[Network] | None:
        """Where an open merchant may call from, none = anywhere; None for a closed or unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A verified credential. `version` and `networks` are of a merchant; `admitted` is who it is at each address."""

    caller: Caller
    until: float
    version: int | None = None
    networks: Sequence[Network] = ()
    admitted: dict[Address, Caller] = field(default_factory=dict, compare=False)

    def admit(self, address: Address | None) -> Caller:
        """The caller, where it may come from there."""
        if self.caller.merchant_id is None:
            return self.caller
        known = None if address is None else self.admitted.get(address)
        return known or self._admit(address)

    def _admit(self, address: Address | None) -> Caller:
        if self.networks and (address is None or not is_within(address, self.networks)):
            raise RequestRefused(403, "This credential may not be used from this network.", code="NETWORK_NOT_ALLOWED")
        if address is None:
            return self.caller
        caller = replace(self.caller, network=network_of(address))
        if len(self.admitted) < _ADDRESSES_MAX:
            self.admitted[address] = caller
        return caller


class Proof(NamedTuple):
    """Who a credential proves, and for how many seconds it need not be looked at again."""

    caller: Caller
    seconds: float


class Failures(Protocol):
    """Who hears of credentials that were refused."""

    def note(self, reason: str, source: str | None) -> None:
        """One was refused, from that network where it is known. Never waits, never raises."""
        ...


ANONYMOUS = Caller(
    role=Role.ANONYMOUS, subject="", client=Role.ANONYMOUS, scopes=ROLE_SCOPES[Role.ANONYMOUS], programme_id=None
)


class Authenticator:
    """Verifies bearer tokens and API keys.

    A verified credential is remembered for at most 60 seconds and never past its expiry. A merchant's is forgotten
    as soon as `merchants` may say otherwise: closing it, revoking a key or changing its networks works at once.
    `failures` hears of refused credentials; a request without any is no failure.
    Refused credentials are not remembered. `anonymous` is who comes without any, where development lets such callers
    read the schema.
    """

    def __init__(
        self,
        *,
        tokens: TokenVerifier,
        api_keys: ApiKeys | None,
        merchants: Merchants,
        now: Callable[[], float],
        failures: Failures | None = None,
        anonymous: Caller | None = None,
    ) -> None:
        self._anonymous = anonymous
        self._merchants = merchants
        self._failures = failures
        self._tokens = tokens
        self._api_keys = api_keys
        self._now = now
        self._remembered: dict[str, _Remembered] = {}

    async def identify(self, authorization: bytes | None, address: Address | None) -> Caller:
        """The caller with this Authorization header from this address; RequestRefused 401 or 403 otherwise."""
        if authorization is None and self._anonymous is not None:
            return self._anonymous
        if authorization is None:
            raise unauthenticated("Send a bearer token or an API key in the Authorization header.", error=None)
        try:
            return await self._identify(authorization, address)
        except RequestRefused as refused:
            if refused.status in REFUSED and self._failures is not None:
                self._failures.note(refused.message, None if address is None else network_of(address))
            raise

    async def prove_again(self, authorization: bytes | None, address: Address | None) -> Proof:
        """What a credential that was identified before proves now; RequestRefused where that is nothing any more.

        `failures` hears nothing: that a credential ends is no failure.
        """
        if authorization is None:
            return Proof(await self.identify(None, address), REMEMBER_SECONDS)
        remembered = await self._remember(_bearer(authorization))
        return Proof(remembered.admit(address), remembered.until - self._now())

    async def _identify(self, authorization: bytes, address: Address | None) -> Caller:
        return (await self._remember(_bearer(authorization))).admit(address)

    async def _remember(self, credential: str) -> _Remembered:
        now = self._now()
        known = self._remembered.get(credential)
        if known is not None and now < known.until and self._is_current(known):
            return known
        verified = await self._verify_in_time(credential, now)
        while len(self._remembered) >= _REMEMBERED_MAX:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[credential] = verified
        return verified

    def _is_current(self, known: _Remembered) -> bool:
        if known.caller.merchant_id is None:
            return True
        return known.version is not None and known.version == self._merchants.version

    async def _verify_in_time(self, credential: str, now: float) -> _Remembered:
        try:
            async with asyncio.timeout(_VERIFY_SECONDS):
                return await self._verify(credential, now)
        except LOST:  # which KeysUnavailable and TimeoutError are, too
            raise unavailable("Credentials cannot be checked just now. Nothing was done; try again.") from None

    async def _verify(self, credential: str, now: float) -> _Remembered:
        # Taken before anything is looked up: what changes meanwhile makes the answer old at once.
        version = self._merchants.version
        verified = await self._verify_credential(credential, now)
        merchant_id = verified.caller.merchant_id
        if merchant_id is None:
            return verified
        networks = await self._merchants.networks_of(merchant_id)
        if networks is None:
            raise unauthenticated("The credential's merchant is unknown or closed.")
        return replace(verified, version=version, networks=networks)

    async def _verify_credential(self, credential: str, now: float) -> _Remembered:
        if credential.startswith(PREFIX):
            stored = await verify_api_key(self._api_keys, credential) if self._api_keys else None
            if stored is None:
                raise unauthenticated("The API key is not valid.")
            until = now + REMEMBER_SECONDS
            return _Remembered(_merchant(stored), until if stored.expires_at is None else min(until, stored.expires_at))
        try:
            token = await self._tokens.verify(credential, now)
        except TokenRefused as refusal:
            raise unauthenticated(str(refusal)) from None
        return _Remembered(token.caller, min(now + REMEMBER_SECONDS, token.ends_at))


def _merchant(stored: StoredApiKey) -> Caller:
    return Caller(
        role=Role.MERCHANT,
        subject=stored.merchant_id,
        client=f"{Role.MERCHANT}:{stored.merchant_id}",
        scopes=ROLE_SCOPES[Role.MERCHANT],
        programme_id=stored.programme_id,
        merchant_id=stored.merchant_id,
    )


def _bearer(authorization: bytes) -> str:
    """The credential itself: a header may be padded in thousands of ways, and each would be remembered."""
    given = _BEARER.fullmatch(authorization)
    if given is None:
        raise unauthenticated("The Authorization header must be 'Bearer' and a token or an API key.")
    if len(given[1]) > TOKEN_BYTES_MAX:
        raise unauthenticated("The token is too long.")
    return given[1].decode("ascii")


def unauthenticated(message: str, *, error: str | None = "invalid_token") -> RequestRefused:
    """401 with the challenge of RFC 6750; without a credential the challenge names no error."""
    challenge = 'Bearer realm="scrip"' + (f', error="{error}"' if error else "")
    return RequestRefused(
        401, message, code="UNAUTHENTICATED", headers=((b"www-authenticate", challenge.encode("ascii")),)
    )
