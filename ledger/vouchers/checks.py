"""The rules of vouchers: units = voucher states = redemptions in both directions, and what members' counts and bounds say."""

from ledger.engine.check_rule import Row, Rule, rule
from ledger.vouchers.counts import Purpose, count_id
from ledger.vouchers.lock_checks import LOCK_RULES
from ledger.vouchers.redemption_checks import REDEMPTION_RULES
from ledger.vouchers.stock_checks import STOCK_RULES, TEMPLATE_RULES


def _has_other_count_id(row: Row) -> bool:
    return bool(count_id(row["member_id"], row["template_id"], Purpose(row["purpose"])) != row["subject"])


VOUCHER_RULES = (
    rule(
        "voucher_matches_lot",
        "every voucher is the one lot that it names, and every lot of a voucher account is one voucher: same account,"
        " member, entry, units and end of validity",
        """
        SELECT coalesce(v.id, lot.id) AS subject, v.lot_id, v.units, lot.granted, v.units_left, lot.remaining,
               v.valid_until, lot.expires_at
        FROM {book}.vouchers v
        FULL JOIN (
            SELECT l.id, l.account_id, l.entry_id, l.granted, l.remaining, l.held, l.expires_at, a.holder_id, a.asset_id,
                   a.programme_id
            FROM {book}.lots l JOIN {book}.accounts a ON a.id = l.account_id WHERE a.role = 'voucher'
        ) lot ON lot.id = v.lot_id
        LEFT JOIN registry.voucher_templates t ON t.id = v.template_id
        WHERE (v.account_id, v.entry_id, v.units, v.units_left, 0::bigint, v.valid_until, v.member_id, t.asset_id,
               v.programme_id)
              IS DISTINCT FROM (lot.account_id, lot.entry_id, lot.granted, lot.remaining, lot.held, lot.expires_at,
               lot.holder_id, lot.asset_id, lot.programme_id)
        """,
    ),
    rule(
        "voucher_state_matches_entries",
        "a voucher is live as long as something is left of it, and else what the last entry that took from it made of"
        " it: redeemed, expired, voided or given away, at that entry's instant",
        """
        WITH taken AS (
            SELECT d.lot_id, d.entry_id, line.version, e.effective_at,
                   CASE o.role WHEN 'receivable' THEN 'redeemed' WHEN 'redemption' THEN 'redeemed'
                   WHEN 'breakage' THEN 'expired' WHEN 'voided' THEN 'voided' WHEN 'voucher' THEN 'gifted' END AS state
            FROM (SELECT DISTINCT lot_id, entry_id, account_id FROM {book}.draws WHERE kind = 'take') d
            JOIN {book}.accounts a ON a.id = d.account_id AND a.role = 'voucher'
            JOIN {book}.statement_lines line ON line.account_id = d.account_id AND line.entry_id = d.entry_id
            JOIN {book}.journal_entries e ON e.id = d.entry_id
            JOIN {book}.postings p ON p.entry_id = d.entry_id AND p.source_id = d.account_id
            JOIN {book}.accounts o ON o.id = p.destination_id
        ), last AS (
            SELECT DISTINCT ON (lot_id) lot_id, state FROM taken ORDER BY lot_id, version DESC
        )
        SELECT v.id AS subject, v.state, CASE WHEN lot.remaining > 0 THEN 'live' ELSE last.state END AS entries_say,
               v.ended_at
        FROM {book}.vouchers v
        JOIN {book}.lots lot ON lot.id = v.lot_id
        LEFT JOIN last ON last.lot_id = v.lot_id
        WHERE v.state IS DISTINCT FROM CASE WHEN lot.remaining > 0 THEN 'live' ELSE last.state END
           OR (v.state = 'live') <> (v.ended_at IS NULL)
           OR (v.state <> 'live' AND NOT EXISTS (
               SELECT FROM taken t WHERE t.lot_id = v.lot_id AND t.state = v.state AND t.effective_at = v.ended_at))
        """,
    ),
    rule(
        "voucher_names_its_terms",
        "a voucher's version belongs to its template, and a gift comes from the voucher whose lot its lot names",
        """
        SELECT v.id AS subject, v.template_id, tv.template_id AS version_of, v.source_voucher_id, lot.source_lot_id,
               source.lot_id AS source_names
        FROM {book}.vouchers v
        LEFT JOIN registry.voucher_template_versions tv ON tv.id = v.template_version_id
        LEFT JOIN {book}.lots lot ON lot.id = v.lot_id
        LEFT JOIN {book}.vouchers source ON source.id = v.source_voucher_id
        WHERE tv.template_id IS DISTINCT FROM v.template_id OR source.lot_id IS DISTINCT FROM lot.source_lot_id
           OR (v.source_voucher_id IS NOT NULL AND source.template_id IS DISTINCT FROM v.template_id)
        """,
    ),
    # What a list answered is one text for all of its vouchers, too long to be looked through for each.
    rule(
        "voucher_matches_answer",
        "whoever issued, claimed or gave a voucher under a key of its own was answered its id, member and template",
        """
        SELECT v.id AS subject, v.member_id, v.template_id, e.kind, r.outcome
        FROM {book}.vouchers v
        JOIN {book}.journal_entries e ON e.id = v.entry_id AND e.kind IN ('voucher_issue', 'voucher_claim', 'voucher_gift')
        JOIN {book}.requests r ON r.id = e.request_id AND r.kind = e.kind
        WHERE NOT starts_with(r.outcome, '["' || e.id || '","' || e.kind || '","' || v.id || '","' || v.member_id || '","'
                                         || v.template_id || '",')
        """,
    ),
    rule(
        "voucher_valid_from_its_terms",
        "a voucher is good from its issue, or from the day that its terms name if that is later; a gift as the voucher it was",
        """
        WITH terms AS (
            SELECT tv.id, ((tv.body::jsonb #>> '{validity,starts_on}')::date)::timestamp AT TIME ZONE p.time_zone AS starts_at
            FROM registry.voucher_template_versions tv JOIN registry.programmes p ON p.id = tv.programme_id
        )
        SELECT v.id AS subject, v.valid_from, e.posted_at, terms.starts_at, source.valid_from AS source_valid_from
        FROM {book}.vouchers v
        LEFT JOIN {book}.journal_entries e ON e.id = v.entry_id
        LEFT JOIN terms ON terms.id = v.template_version_id
        LEFT JOIN {book}.vouchers source ON source.id = v.source_voucher_id
        WHERE v.valid_from <> coalesce(source.valid_from, greatest(e.posted_at, terms.starts_at))
        """,
    ),
    rule(
        "voucher_account_due_not_late",
        "nothing of a voucher account falls due before its `next_due_at`, or dies before its `next_expiry_at`",
        """
        SELECT a.id AS subject, a.next_due_at, a.next_expiry_at, live.dies_at
        FROM {book}.accounts a
        LEFT JOIN (SELECT account_id, min(greatest(valid_until, lock_until)) AS dies_at
                   FROM {book}.vouchers WHERE is_live GROUP BY account_id) live ON live.account_id = a.id
        WHERE a.role = 'voucher' AND greatest(a.next_due_at, a.next_expiry_at) > live.dies_at
        """,
    ),
)

COUNT_RULES = (
    rule(
        "voucher_count_matches_rows",
        "a member's counts are those of the vouchers it was issued or claimed, and of the uses it made of vouchers with"
        " a use limit, in total and in the day, week and month of the latest one counted",
        """
        WITH counted AS (
            SELECT v.member_id, v.template_id, 'issue' AS purpose, (e.posted_at AT TIME ZONE p.time_zone)::date AS day,
                   1 AS uses
            FROM {book}.vouchers v
            JOIN {book}.journal_entries e ON e.id = v.entry_id
            JOIN registry.programmes p ON p.id = v.programme_id
            WHERE v.source_voucher_id IS NULL
            UNION ALL
            SELECT r.member_id, r.template_id, 'use', r.local_day,
                   CASE WHEN r.reversed_units = r.units THEN 0 ELSE 1 END
            FROM {book}.redemptions r
            JOIN {book}.vouchers v ON v.id = r.voucher_id
            JOIN registry.voucher_template_versions tv ON tv.id = v.template_version_id
            WHERE tv.body::jsonb -> 'use_limits' <> '{"day": null, "week": null, "month": null, "total": null}'::jsonb
            UNION ALL
            SELECT v.member_id, v.template_id, 'use', (e.posted_at AT TIME ZONE p.time_zone)::date, 1
            FROM {book}.draws d
            JOIN {book}.vouchers v ON v.lot_id = d.lot_id
            JOIN {book}.journal_entries e ON e.id = d.entry_id
            JOIN registry.programmes p ON p.id = v.programme_id
            JOIN registry.voucher_template_versions tv ON tv.id = v.template_version_id
            WHERE d.kind = 'take' AND EXISTS (
                SELECT FROM {book}.postings g JOIN {book}.accounts a ON a.id = g.destination_id AND a.role = 'redemption'
                WHERE g.entry_id = d.entry_id AND g.source_id = d.account_id)
            AND tv.body::jsonb -> 'use_limits' <> '{"day": null, "week": null, "month": null, "total": null}'::jsonb
        ), sums AS (
            SELECT member_id, template_id, purpose, max(day) AS latest, sum(uses) AS total FROM counted
            GROUP BY member_id, template_id, purpose
        ), periods AS (
            SELECT s.member_id, s.template_id, s.purpose, s.latest, s.total,
                   coalesce(sum(uses) FILTER (WHERE day = latest), 0) AS in_day,
                   coalesce(sum(uses) FILTER (WHERE date_trunc('week', day) = date_trunc('week', latest)), 0) AS in_week,
                   coalesce(sum(uses) FILTER (WHERE date_trunc('month', day) = date_trunc('month', latest)), 0) AS in_month
            FROM sums s JOIN counted USING (member_id, template_id, purpose)
            GROUP BY s.member_id, s.template_id, s.purpose, s.latest, s.total
        )
        SELECT coalesce(c.id::text, s.member_id::text) AS subject, coalesce(c.purpose, s.purpose) AS purpose,
               c.total, s.total AS rows, c.in_day, s.in_day AS day_rows, c.counted_on, s.latest
        FROM {book}.voucher_counts c
        FULL JOIN periods s ON s.member_id = c.member_id AND s.template_id = c.template_id AND s.purpose = c.purpose
        WHERE (c.total, c.in_day, c.in_week, c.in_month, c.counted_on)
              IS DISTINCT FROM (s.total, s.in_day, s.in_week, s.in_month, s.latest)
        """,
    ),
    rule(
        "voucher_count_id_names_count",
        "a count's id is computed from member, template and purpose",
        "SELECT id AS subject, member_id, template_id, purpose FROM {book}.voucher_counts",
        _has_other_count_id,
    ),
)

RULES: tuple[Rule, ...] = (*VOUCHER_RULES, *LOCK_RULES, *REDEMPTION_RULES, *COUNT_RULES, *STOCK_RULES, *TEMPLATE_RULES)
