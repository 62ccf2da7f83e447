"""The checker's rules of what is told of entries apart from their postings: by their requests and the answers under them,
and by their audit events. Also of approvals, which events tell.
"""

from typing import Final

from ledger.control.approval import VALID
from ledger.engine.check_rule import Rule, rule

_RECEIPTS: Final = """
    ('earn', 'opening', 'spend', 'hold', 'capture', 'release', 'reverse', 'refund', 'transfer', 'adjust', 'confirm', 'cancel')
"""
"""The kinds of commands that answer with a `Receipt`, whose fields are counted from 0 in the order of their declaration."""
# Reading every event takes too long. Of these kinds the request tells who and when, and the rest its answer, the activity or
# the member's row.
_TOLD_ELSEWHERE: Final = f"e.request_id IS NOT NULL AND (e.kind IN {_RECEIPTS} OR e.kind IN ('activity', 'enrol'))"
# Answers are read where they tell more than kind, member, asset and amount of an entry that took effect when it was made.
_IS_PLAIN: Final = """
    e.effective_at = e.posted_at AND num_nulls(e.original_entry_id, e.money_minor, e.rate_id) = 3 AND e.kind <> 'hold'
    AND (e.merchant_id IS NULL OR position(convert_to(e.merchant_id::text, 'UTF8') IN convert_to(r.outcome, 'UTF8')) > 0)
"""
_IS_TOLD: Final = """
    starts_with(r.outcome, '["' || e.id || '","' || e.kind || '","' || e.member_id || '","' || e.asset_id || '",' || e.amount
                || ',')
"""

RULES: Final[tuple[Rule, ...]] = (
    rule(
        "entry_has_event",
        "every entry has its audit event, written in its own transaction, which tells its kind, actor, instant, request, member"
        " and amount as it does",
        f"""
        WITH found AS MATERIALIZED (
            SELECT e.id, e.kind, e.tx_id, e.actor, e.posted_at, e.amount, e.member_id, e.request_id, event.record
            FROM {{book}}.journal_entries e
            LEFT JOIN audit.events event ON event.resource_id = e.id AND event.tx_id = e.tx_id
            WHERE event.id IS NULL OR NOT ({_TOLD_ELSEWHERE})
        ), read AS MATERIALIZED (
            SELECT *, convert_from(record, 'UTF8')::jsonb AS told FROM found
        )
        SELECT id AS subject, kind, tx_id::text AS tx_id, actor, posted_at, encode(request_id, 'hex') AS request_id, member_id,
               amount, told
        FROM read
        WHERE (kind, actor, encode(request_id, 'hex'), member_id::text, amount::text, posted_at) IS DISTINCT FROM
              (told ->> 'type', told ->> 'actor', told ->> 'request', told #>> '{{subjects,0}}', told #>> '{{facts,amount}}',
               (told ->> 'at')::timestamptz)
        """,  # noqa: S608
    ),
    rule(
        "entry_has_request",
        "an entry that was asked for under a key has that request on file, of its kind, client and instant, and the request"
        " names the entry (those of a list that stands or falls as one share the list's); what a point command answered is what"
        " its entry says: member, asset, amount, instants, merchant, money, rate, what it undid, until when it set aside",
        f"""
        WITH odd AS MATERIALIZED (
            SELECT e.id, r.outcome, r.id IS NULL OR r.kind <> 'list' AND (r.kind, r.client, r.decided_at, r.entry_id)
                       IS DISTINCT FROM (e.kind, e.actor, e.posted_at, e.id) AS is_other
            FROM {{book}}.journal_entries e LEFT JOIN {{book}}.requests r ON r.id = e.request_id
            WHERE e.request_id IS NOT NULL
              AND (r.id IS NULL OR r.kind <> 'list')
              AND ((r.kind = e.kind AND r.client = e.actor AND r.decided_at = e.posted_at AND r.entry_id = e.id
                    AND (e.kind NOT IN {_RECEIPTS} OR {_IS_PLAIN} AND {_IS_TOLD})) IS NOT TRUE)
        ), read AS MATERIALIZED (
            SELECT e.*, odd.is_other, odd.outcome, r.kind AS requested, r.client, r.decided_at, r.entry_id AS request_names,
                   CASE WHEN {_IS_TOLD} AND e.kind IN {_RECEIPTS} THEN r.outcome::jsonb END AS answer
            FROM odd JOIN {{book}}.journal_entries e ON e.id = odd.id LEFT JOIN {{book}}.requests r ON r.id = e.request_id
        )
        SELECT a.id AS subject, a.kind, a.actor, a.posted_at, encode(a.request_id, 'hex') AS request_id, a.requested, a.client,
               a.decided_at, a.request_names, a.effective_at, a.merchant_id, a.original_entry_id, a.money_minor, a.rate_id,
               h.deadline, a.outcome
        FROM read a LEFT JOIN {{book}}.holds h ON h.id = a.id
        WHERE a.is_other OR (answer ->> 14, answer ->> 17, answer ->> 18, answer ->> 20) IS DISTINCT FROM
              (a.merchant_id::text, a.original_entry_id::text, a.money_minor::text, a.rate_id::text)
           OR ((answer ->> 5)::timestamptz, (answer ->> 6)::timestamptz) IS DISTINCT FROM (a.effective_at, a.posted_at)
           OR (h.id IS NOT NULL AND (answer ->> 16)::timestamptz IS DISTINCT FROM h.deadline)
        """,  # noqa: S608
    ),
    rule(
        "entry_names_whom_it_touched",
        "where an entry changed accounts of members, the member and the asset that it names are those of such an account",
        f"""
        WITH others AS MATERIALIZED (
            SELECT id, kind, member_id, asset_id FROM {{book}}.journal_entries e
            WHERE e.kind = 'activity' OR NOT ({_TOLD_ELSEWHERE})
        )
        SELECT e.id AS subject, e.kind, e.member_id, e.asset_id
        FROM others e
        JOIN {{book}}.statement_lines line ON line.entry_id = e.id
        JOIN {{book}}.accounts a ON a.id = line.account_id AND a.role IN ('wallet', 'pending', 'owed', 'voucher')
        GROUP BY e.id, e.kind, e.member_id, e.asset_id
        HAVING NOT bool_or(a.holder_id = coalesce(e.member_id, a.holder_id) AND a.asset_id = coalesce(e.asset_id, a.asset_id))
        """,  # noqa: S608
    ),
    rule(
        "approval_matches_events",
        "who asked for an approval, who agreed and who decided, and when, is what its audit events tell",
        f"""
        WITH events AS (
            SELECT event.id, event.resource_id, told.record ->> 'type' AS type, told.record ->> 'actor' AS actor,
                   (told.record ->> 'at')::timestamptz AS at
            FROM registry.approvals a JOIN audit.events event ON event.resource_id = a.id
            CROSS JOIN LATERAL (SELECT convert_from(event.record, 'UTF8')::jsonb AS record OFFSET 0) told
        )
        SELECT a.id AS subject, a.kind, a.state, a.requested_by, asked.actor AS asked_by, a.first_agreed_by,
               agreed.actor AS agreed_by, a.decided_by, decided.actor AS told_by, decided.type AS told
        FROM registry.approvals a
        LEFT JOIN events asked ON asked.resource_id = a.id AND asked.type = 'approval_requested'
        LEFT JOIN events agreed ON agreed.resource_id = a.id AND agreed.type = 'approval_agreed'
        LEFT JOIN events decided ON decided.resource_id = a.id
            AND decided.type IN ('approval_approved', 'approval_rejected', 'approval_withdrawn')
        WHERE (a.requested_by, a.requested_at, a.request_event_id, a.first_agreed_by, a.first_agreed_at,
               a.first_agreed_event_id, a.decided_by, a.decided_at, a.decision_event_id, a.state)
              IS DISTINCT FROM
              (asked.actor, asked.at, asked.id, agreed.actor, agreed.at, agreed.id, decided.actor, decided.at, decided.id,
               coalesce(substr(decided.type, 10), 'pending'))
           OR a.expires_at <> a.requested_at + interval '{VALID.total_seconds():.0f} seconds'
        """,  # noqa: S608
    ),
)
