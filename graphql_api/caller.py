"""Who is calling: the verified identity every resolver sees, and nothing about how it was verified."""

from dataclasses import dataclass
from typing import Final, Protocol

from graphql_api.permissions import Role, Scope

_SUBJECT_BYTES_MAX: Final = 255
"""As OpenID Connect Core, 2, limits `sub`; it stands in audit records, which have 4 KiB."""


def is_subject(text: str) -> bool:
    """Whether somebody can be called so: something that can be printed, of 255 bytes at most."""
    return bool(text) and text.isprintable() and len(text.encode()) <= _SUBJECT_BYTES_MAX


def name_in(programme_code: str, subject: str) -> str:
    """How the ledger names who acts for the bank: unique over programmes, as its idempotency keys must be."""
    return f"{subject}@{programme_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One verified caller.

    `client` owns rate limits and places, and is who is denied: `merchant:<id>`, `member:<subject>`, …. It is never an API
    key or token, so that rotating a secret gains nothing. Idempotency keys belong to the ledger's `Actor`.
    `network` is where a merchant calls from, by which wrong codes are counted; None where nobody knows.
    """

    role: Role
    subject: str
    client: str
    scopes: frozenset[Scope]
    programme_id: str | None = None
    member_external_id: str | None = None
    merchant_id: str | None = None
    network: str | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the caller holds `scope`."""
        return scope in self.scopes


class CallerContext(Protocol):
    """What every resolver context has at least."""

    @property
    def caller(self) -> Caller:
        """The verified caller."""
        ...
