"""The rules of the terms on which lots were granted: instants, order of spending, and when they die."""

from datetime import timedelta
from typing import Final

from ledger.engine.check_rule import Row, rule
from ledger.programme.calendar import end_of
from ledger.programme.expiry import expires_at


def _has_other_death(row: Row) -> bool:
    """Whether the date is neither the policy's, nor what was answered, nor a grace; an older policy or grace is not known any
    more, and who adjusted by approval was answered nothing of lots.
    """
    day, zone, answered = row["day"], row["time_zone"], row["answered"] or row["answered_in_list"]
    known = {answered, expires_at(row["policy"], day, zone)}
    if row["kind"] == "reverse":
        known = {end_of(day + timedelta(days=row["grace_days"]), zone)}
    return row["expires_at"] not in known and (answered is not None or row["are_terms_known"])


GRANT_RULES: Final = (
    rule(
        "lot_matches_its_entry",
        "a lot was granted when its entry took effect, or before it came from an old system; what comes from another lot was drawn"
        " from it, and keeps its place in the order of spending and in a transfer its end; nothing else comes from a lot",
        """
        SELECT lot.id AS subject, e.kind, lot.granted_at, e.effective_at, lot.priority, source.priority AS source_priority,
               lot.purchased, source.purchased AS source_purchased, lot.expires_at, source.expires_at AS source_expires_at
        FROM {book}.lots lot
        JOIN {book}.journal_entries e ON e.id = lot.entry_id
        LEFT JOIN {book}.lots source ON source.id = lot.source_lot_id
        WHERE lot.granted_at > e.effective_at OR (lot.granted_at < e.effective_at AND e.kind <> 'opening')
           OR (lot.priority, lot.purchased) <> (source.priority, source.purchased)
           OR (e.kind IN ('transfer', 'voucher_gift') AND lot.expires_at <> source.expires_at)
           OR (lot.source_lot_id IS NOT NULL)
              <> (e.kind IN ('activation', 'confirm', 'transfer', 'reverse', 'voucher_gift'))
           OR (lot.purchased AND lot.source_lot_id IS NULL AND e.kind NOT IN ('earn', 'opening'))
           OR (lot.source_lot_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM {book}.draws d WHERE d.entry_id = CASE e.kind WHEN 'reverse' THEN e.original_entry_id ELSE e.id END
               AND d.lot_id = lot.source_lot_id AND d.kind = 'take' AND d.amount >= lot.granted))
        """,
    ),
    # SQL reckons a day's death for each policy once, and Python looks at what is otherwise.
    rule(
        "lot_dies_by_its_policy",
        "points die when the policy of their asset, or of the pending lot that they come from, lets them, on the terms that the"
        " earn was answered with, or when the grace of a reversal ends",
        """
        WITH granted AS MATERIALIZED (
            SELECT lot.id, lot.expires_at, s.id AS asset_id, (lot.granted_at AT TIME ZONE p.time_zone)::date AS day
            FROM {book}.lots lot
            JOIN {book}.accounts a ON a.id = lot.account_id AND a.role = 'wallet'
            JOIN registry.assets s ON s.id = a.asset_id
            JOIN registry.programmes p ON p.id = a.programme_id
            WHERE lot.source_lot_id IS NULL
        ), days AS (
            SELECT d.asset_id, d.day, s.expiry, p.time_zone, split_part(s.expiry, ' to ', 2) AS block,
                   d.day + CASE WHEN s.expiry ~ '^[0-9]' THEN split_part(s.expiry, ' to ', 1)::interval END AS last
            FROM (SELECT DISTINCT asset_id, day FROM granted) d
            JOIN registry.assets s ON s.id = d.asset_id
            JOIN registry.programmes p ON p.id = s.programme_id
        ), reckoned AS MATERIALIZED (
            SELECT asset_id, day, CASE
                WHEN expiry = 'never' OR starts_with(expiry, 'inactive ') THEN timestamptz '9999-12-31 00:00:00+00'
                WHEN starts_with(expiry, 'on ') THEN (substr(expiry, 4)::date + 1)::timestamp AT TIME ZONE time_zone
                ELSE (CASE block WHEN '' THEN last::date + 1
                    WHEN 'half-year' THEN date_trunc('quarter', last)
                                          + CASE WHEN extract(quarter FROM last) IN (1, 3) THEN 6 ELSE 3 END * interval '1 month'
                    ELSE date_trunc(block, last) + CASE block WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || block)::interval END
                    END)::timestamp AT TIME ZONE time_zone
                END AS dies_at
            FROM days
        ), odd AS MATERIALIZED (
            SELECT g.id FROM granted g LEFT JOIN reckoned r USING (asset_id, day) WHERE g.expires_at IS DISTINCT FROM r.dies_at
            UNION ALL SELECT id FROM {book}.lots WHERE source_lot_id IS NOT NULL
        ), told AS MATERIALIZED (
            SELECT lot.id AS subject, e.kind, lot.expires_at, coalesce(source.expiry, s.expiry) AS policy, p.time_zone,
                   (lot.granted_at AT TIME ZONE p.time_zone)::date AS day, s.reversal_grace_days AS grace_days,
                   s.version = 1 OR (source.id IS NOT NULL AND e.kind <> 'reverse') AS are_terms_known,
                   (SELECT coalesce((use ->> 'expires_at')::timestamptz, '9999-12-31 00:00:00+00')
                    FROM jsonb_array_elements(CASE asked.kind WHEN e.kind THEN asked.outcome::jsonb -> 12 END) use
                    WHERE use ->> 'lot_id' = lot.id::text) AS answered,
                   CASE asked.kind WHEN 'list' THEN asked.id END AS list_id
            FROM odd
            JOIN {book}.lots lot ON lot.id = odd.id
            JOIN {book}.accounts a ON a.id = lot.account_id AND a.role = 'wallet'
            JOIN {book}.journal_entries e ON e.id = lot.entry_id AND e.kind <> 'transfer'
            JOIN registry.assets s ON s.id = a.asset_id
            JOIN registry.programmes p ON p.id = a.programme_id
            LEFT JOIN {book}.lots source ON source.id = lot.source_lot_id
            LEFT JOIN {book}.requests asked ON asked.id = e.request_id AND asked.kind IN (e.kind, 'list')
                AND e.kind IN ('earn', 'opening', 'adjust') AND asked.kind IN ('earn', 'opening', 'adjust', 'list')
        ), listed AS MATERIALIZED (
            SELECT use ->> 'lot_id' AS lot_id, coalesce((use ->> 'expires_at')::timestamptz, '9999-12-31 00:00:00+00') AS answered
            FROM (SELECT r.outcome::jsonb AS answers
                  FROM (SELECT DISTINCT list_id FROM told) lists JOIN {book}.requests r ON r.id = lists.list_id OFFSET 0) asked
            CROSS JOIN LATERAL jsonb_array_elements_text(asked.answers) item (text)
            CROSS JOIN LATERAL (SELECT item.text::jsonb AS answer OFFSET 0) read
            CROSS JOIN LATERAL jsonb_array_elements(
                CASE WHEN read.answer ->> 1 IN ('earn', 'opening', 'adjust') THEN read.answer -> 12 END) use
        )
        SELECT told.subject, told.kind, told.expires_at, told.policy, told.time_zone, told.day, told.grace_days,
               told.are_terms_known, told.answered, listed.answered AS answered_in_list
        FROM told LEFT JOIN listed ON listed.lot_id = told.subject::text
        """,
        _has_other_death,
    ),
)
