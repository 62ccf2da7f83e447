"""The rules of answers that no entry knows of: a key that was refused for ever, or accepted without posting, is on file."""

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
    # Entries know their requests; of all other events the few that name one are read.
    rule(
        "accepted_event_has_request",
        "what was accepted under a key and told of a row that is no entry has its request on file",
        """
        WITH accepted AS MATERIALIZED (
            SELECT event.id, event.record
            FROM audit.events event LEFT JOIN {book}.journal_entries e ON e.id = event.resource_id
            WHERE event.resource_id IS NOT NULL AND e.id IS NULL AND position('"request":"'::bytea IN event.record) > 0
        ), told AS MATERIALIZED (
            SELECT id, record ->> 'type' AS kind, decode(record ->> 'request', 'hex') AS request_id
            FROM (SELECT id, convert_from(record, 'UTF8')::jsonb AS record FROM accepted OFFSET 0) read
            WHERE record ->> 'outcome' = 'accepted'
        )
        SELECT told.id AS subject, told.kind, encode(told.request_id, 'hex') AS request_id
        FROM told LEFT JOIN {book}.requests r ON r.id = told.request_id
        WHERE r.id IS NULL AND told.request_id IS NOT NULL
        """,
    ),
)
