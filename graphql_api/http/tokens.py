"""JSON Web Tokens: from a signed token to the claims we read, or a refusal."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from graphql_api.caller import Caller, is_subject
from graphql_api.global_ids import decode_id
from graphql_api.http.key_sets import KeySet
from graphql_api.permissions import ROLE_SCOPES, Role, Scope
from graphql_api.schema.kinds import MERCHANT

ALGORITHMS = ("EdDSA", "ES256", "ES384", "PS256", "RS256")
"""Asymmetric signatures only: with a shared secret, whoever verifies could also sign."""

TOKEN_BYTES_MAX = 8_192
_LEEWAY_SECONDS = 30
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL holds in no text: NUL, and half of a character of UTF-16, which JSON can escape alone."""

_SCOPES = {str(scope): scope for scope in Scope}


class TokenRefused(Exception):
    """The token proves nothing; the message is safe to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must say."""

    issuer: str
    audience: str


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A caller and the epoch second at which its token proves nothing any more: a clock may be wrong by half a minute."""

    caller: Caller
    ends_at: float


class TokenVerifier:
    """Checks signature, algorithm, issuer, audience and times of tokens from one issuer."""

    def __init__(self, keys: KeySet, rules: TokenRules, *, monotonic: Callable[[], float]) -> None:
        self._keys = keys
        self._rules = rules
        self._monotonic = monotonic

    async def verify(self, token: str, now: float) -> VerifiedToken:
        """The caller of `token` at epoch second `now`; TokenRefused otherwise."""
        if len(token) > TOKEN_BYTES_MAX:
            raise TokenRefused("The token is too long.")
        try:
            header = jwt.get_unverified_header(token)
            key_id = header.get("kid")
            if header.get("alg") not in ALGORITHMS or not isinstance(key_id, str | None):
                raise TokenRefused("The token is signed in a way we do not accept.")
            key = await self._keys.find(key_id, self._monotonic())
            if key is None:
                raise TokenRefused("The token's signing key is unknown.")
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                issuer=self._rules.issuer,
                audience=self._rules.audience,
                # Times are checked below against the clock we are given.
                options={
                    "require": ["exp", "sub", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenRefused("The token is not valid.") from None
        ends_at = _time(claims.get("exp")) + _LEEWAY_SECONDS
        if ends_at <= now:
            raise TokenRefused("The token has expired.")
        if "nbf" in claims and _time(claims["nbf"]) > now + _LEEWAY_SECONDS:
            raise TokenRefused("The token is not valid yet.")
        return VerifiedToken(caller_of(claims), ends_at)


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise TokenRefused("The token's times are not valid.")
    return float(value)


def caller_of(claims: dict[str, object]) -> Caller:
    """The caller that verified claims describe.

    Claims: `sub`; `scrip_role`; `scope` (names separated by spaces: those of the form `noun:verb` replace the role's,
    and one of them that we do not know grants nothing; any other, such as `openid`, says nothing to us);
    `scrip_programme` (its id or its code); `scrip_merchant` (a merchant's id, plain or as the API shows it);
    `scrip_member` (the member's external id, else `sub`).
    """
    subject = _text(claims, "sub")
    if not subject or not is_subject(subject):
        raise TokenRefused("The token names nobody.")
    role = _role(_text(claims, "scrip_role"))
    named = [name for name in (_text(claims, "scope") or "").split() if ":" in name]
    merchant_id = _merchant_id(claims) if role is Role.MERCHANT else None
    if role is Role.MERCHANT and not merchant_id:
        raise TokenRefused("A merchant's token must name its merchant.")
    return Caller(
        role=role,
        subject=subject,
        client=f"{role}:{merchant_id or subject}",
        scopes=frozenset(_SCOPES[name] for name in named if name in _SCOPES) if named else ROLE_SCOPES[role],
        programme_id=_text(claims, "scrip_programme"),
        member_external_id=(_text(claims, "scrip_member") or subject) if role is Role.MEMBER else None,
        merchant_id=merchant_id,
    )


def _merchant_id(claims: dict[str, object]) -> str | None:
    """In one spelling, since the merchant's idempotency keys belong to it."""
    named = _text(claims, "scrip_merchant")
    shown = decode_id(MERCHANT, named) if named else None
    return named if shown is None else str(shown)


def _text(claims: dict[str, object], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 1_024 or _NO_TEXT.search(value):
        raise TokenRefused(f"The token's claim {name} is not valid.")
    return value


def _role(named: str | None) -> Role:
    if named is None:
        raise TokenRefused("The token names no role.")
    try:
        return Role(named)
    except ValueError:
        raise TokenRefused("The token's role is unknown.") from None
