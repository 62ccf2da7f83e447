"""How the audit log is doing."""

from datetime import datetime

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import LogIndex
from graphql_api.schema.callers import BANK
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.query import query


@object_type
class LogVerification:
    """The latest time that the log was read from end to end and compared with the ledger.

    at:          when
    size:        how large the log was
    holes:       streams of which an entry is missing
    differences: everything that did not agree, holes among them; 0 = log and ledger agree
    """

    at: datetime
    size: LogIndex
    holes: int
    differences: int


@object_type
class AuditStatus:
    """How the audit log of the deployment is doing.

    size:                   how many entries have their place
    signed_size:            how many of them the newest checkpoint covers; null = none is signed yet
    checkpoint_at:          when that was signed
    checkpoint_age_seconds: how long ago
    pending:                how many events wait for their place
    merge_delay_ms:         for how long the oldest of them has waited
    verification:           the latest self-verification; null = there was none
    """

    size: LogIndex
    signed_size: LogIndex | None
    checkpoint_at: datetime | None
    checkpoint_age_seconds: int | None
    pending: int
    merge_delay_ms: int
    verification: LogVerification | None


async def audit_status(info: Info) -> AuditStatus:
    """Whether the log is sequenced, signed and verified."""
    found = await info.context.ledger.audit.status()
    verification = None
    if found.reconciled_at is not None:
        verification = LogVerification(
            at=found.reconciled_at,
            size=LogIndex(found.reconciled_size or 0),
            holes=found.holes or 0,
            differences=found.differences or 0,
        )
    return AuditStatus(
        size=LogIndex(found.size),
        signed_size=None if found.signed_size is None else LogIndex(found.signed_size),
        checkpoint_at=found.signed_at,
        checkpoint_age_seconds=found.checkpoint_age_seconds,
        pending=found.pending,
        merge_delay_ms=min(found.merge_delay_ms, 2**31 - 1),
        verification=verification,
    )


AUDIT_STATUS = query(audit_status, requires(Scope.AUDIT_READ, cost=10), callers=BANK)
