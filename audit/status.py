"""How the log is doing, for those who watch it."""

from datetime import datetime
from typing import NamedTuple

from audit.connection import Connection
from audit.record import recorded_ms

_STATUS = """
SELECT tree.size, newest.size AS signed_size, newest.signed_at, waiting.count AS pending,
       (extract(epoch FROM clock_timestamp() - newest.signed_at))::bigint AS checkpoint_age_seconds,
       waiting.oldest_id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms,
       reconciled.reconciled_at, reconciled.size AS reconciled_size, reconciled.holes, reconciled.differences
FROM audit.tree
CROSS JOIN LATERAL (SELECT count(*) AS count, min(id::text)::uuid AS oldest_id FROM (
    SELECT id FROM audit.pending ORDER BY id LIMIT $1) bounded) waiting
LEFT JOIN LATERAL (SELECT size, signed_at FROM audit.checkpoints ORDER BY id DESC LIMIT 1) newest ON true
LEFT JOIN LATERAL (
    SELECT * FROM audit.reconciliations ORDER BY reconciled_at DESC LIMIT 1) reconciled ON true
"""
PENDING_COUNTED_MAX = 100_000


class LogStatus(NamedTuple):
    """Sizes and ages.

    size:                   entries that have their place
    signed_size, signed_at: of the newest checkpoint
    pending:                events that wait for their place, counted up to `PENDING_COUNTED_MAX`
    merge_delay_ms:         for how long the oldest of them has waited
    reconciled_at:          when the log was last read from end to end and compared with the ledger
    holes, differences:     what that found
    """

    size: int
    signed_size: int | None
    signed_at: datetime | None
    checkpoint_age_seconds: int | None
    pending: int
    merge_delay_ms: int
    reconciled_at: datetime | None
    reconciled_size: int | None
    holes: int | None
    differences: int | None


async def read_status(connection: Connection) -> LogStatus:
    """The status as it is now."""
    row = (await connection.fetch(_STATUS, PENDING_COUNTED_MAX))[0]
    oldest = row["oldest_id"]
    return LogStatus(
        size=row["size"],
        signed_size=row["signed_size"],
        signed_at=row["signed_at"],
        checkpoint_age_seconds=row["checkpoint_age_seconds"],
        pending=row["pending"],
        merge_delay_ms=0 if oldest is None else max(0, row["now_ms"] - recorded_ms(oldest)),
        reconciled_at=row["reconciled_at"],
        reconciled_size=row["reconciled_size"],
        holes=row["holes"],
        differences=row["differences"],
    )
