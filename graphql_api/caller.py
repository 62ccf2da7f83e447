"""Who is calling: the verified identity every resolver sees, and nothing about how it was verified."""

from dataclasses import dataclass

from graphql_api.permissions import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One verified caller.

    `client` owns idempotency keys and rate limits: `merchant:<id>`, `member:<programme>:<subject>`, ….
    It is never an API key or token, so a client keeps its keys when it rotates its secret.
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
