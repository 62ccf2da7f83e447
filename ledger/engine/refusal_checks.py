"""The rule of frozen refusals: a key that was refused for ever still has that answer on file."""

from typing import Final

from ledger.book.refusal import REFUSALS
from ledger.engine.check_rule import rule

_FROZEN: Final = ", ".join(f"'{code}'" for code, refusal in REFUSALS.items() if refusal.frozen)

REFUSAL_RULES: Final = (
    # Only events about no row are looked into, and of these only refusals are read as JSON.
    rule(
        "refusal_has_request",
        "an attempt under a key that was refused for ever has its request on file, of its kind or a list, decided at that instant,"
        " whose answer is that refusal",
        f"""
        WITH refused AS MATERIALIZED (
            SELECT id, record FROM audit.events
            WHERE resource_id IS NULL AND position('"outcome":"refused"'::bytea IN record) > 0
        ), told AS MATERIALIZED (
            SELECT id, record ->> 'type' AS kind, record ->> 'code' AS code, decode(record ->> 'request', 'hex') AS request_id,
                   (record ->> 'at')::timestamptz AS at
            FROM (SELECT id, convert_from(record, 'UTF8')::jsonb AS record FROM refused OFFSET 0) read
            WHERE record ? 'request' AND record ->> 'code' IN ({_FROZEN})
        )
        SELECT told.id AS subject, told.kind, told.code, encode(told.request_id, 'hex') AS request_id, told.at,
               r.kind AS request_kind, r.decided_at, r.outcome
        FROM told LEFT JOIN {{book}}.requests r ON r.id = told.request_id
        WHERE r.decided_at IS DISTINCT FROM told.at OR position('"refused' IN r.outcome) = 0
           OR position('"' || told.code IN r.outcome) = 0 OR r.kind NOT IN (told.kind, 'list')
        """,  # noqa: S608
    ),
)
