"""The checker's rules of what is told of entries apart from their postings: by their requests and the answers under them,
and by their audit events. Also of approvals, which events tell.
"""

from collections.abc import Mapping
from typing import Final

from ledger.control.approval import VALID
from ledger.engine.check_rule import Rule, rule
from ledger.points.term_checks import EARN_FIELDS
from ledger.reports.entry_kind_checks import KIND_RULES

_RECEIPTS: Final = """
    ('earn', 'opening', 'spend', 'hold', 'capture', 'release', 'reverse', 'refund', 'transfer', 'adjust', 'confirm', 'cancel')
"""
"""The kinds of commands that answer with a `Receipt`, whose fields are counted from 0 in the order of their declaration."""
# Reading every event takes too long. Of these kinds the request tells who and when, and the rest its answer, the activity or
# the member's row.
_TOLD_ELSEWHERE: Final = f"e.request_id IS NOT NULL AND (e.kind IN {_RECEIPTS} OR e.kind IN ('activity', 'enrol'))"
# Answers are read where they tell more than kind, member, asset and amount of an entry that took effect when it was made. An
# answer tells so too: its instants are the same text, and of its last fields, from the merchant on, all others are null.
_ENDS_PLAINLY: Final = (
    "',' || coalesce('\"' || e.merchant_id || '\"', 'null') || ',null,null,null,null,null,null,null]'"
)
_IS_PLAIN: Final = f"""
    e.effective_at = e.posted_at AND num_nulls(e.original_entry_id, e.money_minor, e.rate_id) = 3 AND e.kind <> 'hold'
    AND split_part(r.outcome, ',', 6) = split_part(r.outcome, ',', 7)
    AND right(r.outcome, length({_ENDS_PLAINLY})) = {_ENDS_PLAINLY}
"""
_IS_TOLD: Final = """
    starts_with(r.outcome, '["' || e.id || '","' || e.kind || '","' || e.member_id || '","' || e.asset_id || '",' || e.amount
                || ',')
"""

_IS_ANSWERED_OTHERWISE: Final = """
    (e.answer ->> 14, e.answer ->> 17, e.answer ->> 18, e.answer ->> 20)
        IS DISTINCT FROM (e.merchant_id::text, e.original_entry_id::text, e.money_minor::text, e.rate_id::text)
    OR ((e.answer ->> 5)::timestamptz, (e.answer ->> 6)::timestamptz) IS DISTINCT FROM (e.effective_at, e.posted_at)
    OR (h.id IS NOT NULL AND (e.answer ->> 16)::timestamptz IS DISTINCT FROM h.deadline)
"""

FIELDS: Final[Mapping[str, str]] = {
    "adjust": "amount asset effectiveAt member reason reasonCode reference",
    "campaign_budget": "amount asset campaign reference",
    "cancel": "entryId reference",
    "capture": "amount holdId reference",
    "close": "forfeit member reason reasonCode reference",
    "confirm": "entryId reference",
    "earn": " ".join(EARN_FIELDS),
    "enrol": "externalId reference",
    "freeze": "member reason reasonCode reference",
    "hold": "amount asset member merchantId reference ttlSeconds",
    "opening": "asset lots member reference total",
    "redeem": "basketMinor items merchantId reference scene terminalId vouchers",
    "refund": "effectiveAt entryId reasonCode reference saleMinor",
    "release": "holdId reference",
    "reverse": "amount entryId reasonCode reference",
    "reverse_redemption": "amountMinor reasonCode redemptionId reference",
    "spend": "amount asset dueMinor member merchantId paymentCode pointsMax reasonCode reference",
    "transfer": "amount asset member reference to",
    "unfreeze": "member reason reasonCode reference",
    "voucher_claim": "member pointsMax reference template",
    "voucher_gift": "member reference to voucherId",
    "voucher_import": "codes reference template",
    "voucher_issue": "member reference template",
    "voucher_stock": "pieces reference template",
    "voucher_void": "reason reasonCode reference voucherId",
}
"""The fields of a command in the order of its fingerprint, which has a digest for each. A fingerprint of another length was
made when the command had other fields, and is passed over.
"""
_OF_ENTRIES: Final = ("reference", "reasonCode", "saleMinor")
_PLACES: Final = ", ".join(
    f"('{kind}', '{field}', {8 * names.index(field) + 1}, {8 * len(names)})"
    for kind, names in ((kind, named.split()) for kind, named in FIELDS.items())
    for field in _OF_ENTRIES
    if field in names
)

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
            SELECT e.*, r.outcome, r.kind AS requested, r.client, r.decided_at, r.entry_id AS request_names,
                   r.id IS NULL OR (r.kind, r.client, r.decided_at, r.entry_id)
                       IS DISTINCT FROM (e.kind, e.actor, e.posted_at, e.id) AS is_other,
                   CASE WHEN {_IS_TOLD} AND e.kind IN {_RECEIPTS} THEN r.outcome::jsonb END AS answer
            FROM {{book}}.journal_entries e LEFT JOIN {{book}}.requests r ON r.id = e.request_id
            WHERE e.request_id IS NOT NULL
              AND (r.id IS NULL OR r.kind <> 'list')
              AND ((r.kind = e.kind AND r.client = e.actor AND r.decided_at = e.posted_at AND r.entry_id = e.id
                    AND (e.kind NOT IN {_RECEIPTS} OR {_IS_PLAIN} AND {_IS_TOLD})) IS NOT TRUE)
        )
        SELECT e.id AS subject, e.kind, e.actor, e.posted_at, encode(e.request_id, 'hex') AS request_id, e.requested, e.client,
               e.decided_at, e.request_names, e.effective_at, e.merchant_id, e.original_entry_id, e.money_minor, e.rate_id,
               h.deadline, e.outcome
        FROM odd e LEFT JOIN {{book}}.holds h ON h.id = e.id
        WHERE e.is_other OR {_IS_ANSWERED_OTHERWISE}
        """,  # noqa: S608
    ),
    rule(
        "listed_entry_has_answer",
        "what a point command of a list that stands or falls as one answered is what its entry says, as above",
        f"""
        WITH lists AS MATERIALIZED (
            SELECT id, client, outcome FROM {{book}}.requests WHERE kind = 'list'
        ), answers AS MATERIALIZED (
            SELECT lists.id AS request_id, item.text::jsonb AS answer
            FROM lists CROSS JOIN LATERAL jsonb_array_elements_text(lists.outcome::jsonb) item (text)
        ), told AS MATERIALIZED (
            SELECT *, answer ->> 0 AS entry_id FROM answers WHERE jsonb_typeof(answer) = 'array'
        ), read AS (
            SELECT e.*, lists.client, told.answer
            FROM {{book}}.journal_entries e JOIN lists ON lists.id = e.request_id
            LEFT JOIN told ON told.request_id = e.request_id AND told.entry_id = e.id::text
            WHERE e.kind IN {_RECEIPTS}
        )
        SELECT e.id AS subject, e.kind, e.actor, e.client, e.posted_at, e.effective_at, e.member_id, e.asset_id, e.amount,
               e.merchant_id, e.original_entry_id, e.money_minor, e.rate_id, h.deadline, e.answer
        FROM read e LEFT JOIN {{book}}.holds h ON h.id = e.id
        WHERE (e.client, e.answer ->> 1, e.answer ->> 2, e.answer ->> 3, e.answer ->> 4)
                  IS DISTINCT FROM (e.actor, e.kind, e.member_id::text, e.asset_id::text, e.amount::text)
           OR {_IS_ANSWERED_OTHERWISE}
        """,  # noqa: S608
    ),
    rule(
        "entry_fields_were_asked_for",
        "an entry has a reference, a reason and a sale where the fingerprint of its request has a digest of one, and only there",
        f"""
        SELECT e.id AS subject, e.kind, asked.field, e.reference, e.reason_code, e.sale_minor,
               encode(r.fingerprint, 'hex') AS fingerprint
        FROM {{book}}.journal_entries e
        JOIN {{book}}.requests r ON r.id = e.request_id AND r.kind = e.kind
        JOIN (VALUES {_PLACES}) asked (kind, field, place, bytes) ON asked.kind = e.kind
        WHERE octet_length(r.fingerprint) = asked.bytes
          AND (substr(r.fingerprint, asked.place, 8) = '\\x0000000000000000') <> CASE asked.field
              WHEN 'reference' THEN e.reference IS NULL WHEN 'saleMinor' THEN e.sale_minor IS NULL ELSE e.reason_code IS NULL END
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
    *KIND_RULES,
)
