"""The rules of vouchers: units = voucher states = redemptions in both directions, and what members' counts and bounds say."""

from ledger.engine.check_rule import Row, Rule, rule
from ledger.vouchers.counts import Purpose, count_id
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
    rule(
        "voucher_lock_matches_events",
        "every change of a voucher's lock has its audit event, and a lock reserves no more than is left",
        """
        SELECT v.id AS subject, v.version, told.events, v.lock_units, v.units_left
        FROM {book}.vouchers v
        LEFT JOIN (SELECT resource_id, count(*) AS events FROM audit.events GROUP BY resource_id) told
            ON told.resource_id = v.id
        WHERE v.version <> coalesce(told.events, 0) OR v.lock_units > v.units_left
           OR (v.lock_until IS NULL) <> (v.lock_merchant_id IS NULL)
        """,
    ),
    rule(
        "voucher_account_due_not_late",
        "nothing of a voucher account falls due before its `next_due_at`",
        """
        SELECT a.id AS subject, a.next_due_at, live.dies_at
        FROM {book}.accounts a
        LEFT JOIN (SELECT account_id, min(greatest(valid_until, lock_until)) AS dies_at
                   FROM {book}.vouchers WHERE is_live GROUP BY account_id) live ON live.account_id = a.id
        WHERE a.role = 'voucher' AND a.next_due_at > live.dies_at
        """,
    ),
)

REDEMPTION_RULES = (
    rule(
        "redemption_matches_draws",
        "every redemption took its units from its voucher's lot in its entry, and every draw of a redeeming entry on a"
        " voucher is one redemption",
        """
        SELECT coalesce(r.id, d.lot_id) AS subject, coalesce(r.entry_id, d.entry_id) AS entry_id, r.units, d.amount
        FROM (SELECT r.id, r.entry_id, r.units, r.account_id, r.member_id, r.template_id, v.lot_id,
                     v.account_id AS owned_in, v.member_id AS owned_by, v.template_id AS made_from
              FROM {book}.redemptions r LEFT JOIN {book}.vouchers v ON v.id = r.voucher_id) r
        FULL JOIN (SELECT d.entry_id, d.lot_id, sum(d.amount)::bigint AS amount
                   FROM {book}.draws d
                   JOIN {book}.journal_entries e ON e.id = d.entry_id AND e.kind = 'redeem'
                   WHERE d.kind = 'take' GROUP BY d.entry_id, d.lot_id) d
            ON d.entry_id = r.entry_id AND d.lot_id = r.lot_id
        WHERE r.units IS DISTINCT FROM d.amount
           OR (r.account_id, r.member_id, r.template_id) IS DISTINCT FROM (r.owned_in, r.owned_by, r.made_from)
        """,
    ),
    rule(
        "redemption_matches_reversals",
        "what a redemption says was reversed came back to its voucher by entries that name it, and nothing else did",
        """
        SELECT coalesce(r.id, back.lot_id) AS subject, r.reversed_units, back.amount
        FROM (SELECT r.id, r.entry_id, r.reversed_units, v.lot_id
              FROM {book}.redemptions r JOIN {book}.vouchers v ON v.id = r.voucher_id) r
        FULL JOIN (SELECT e.original_entry_id, d.lot_id, sum(d.amount)::bigint AS amount
                   FROM {book}.draws d
                   JOIN {book}.accounts a ON a.id = d.account_id AND a.role = 'voucher'
                   JOIN {book}.journal_entries e ON e.id = d.entry_id
                   WHERE d.kind = 'give_back' GROUP BY e.original_entry_id, d.lot_id) back
            ON back.original_entry_id = r.entry_id AND back.lot_id = r.lot_id
        WHERE coalesce(r.reversed_units, 0) <> coalesce(back.amount, 0) OR r.id IS NULL
        """,
    ),
    rule(
        "redemption_matches_merchant",
        "a merchant has exactly the units that its redemptions took and did not give back",
        """
        SELECT coalesce(got.merchant_id, told.merchant_id) AS subject, coalesce(got.asset_id, told.asset_id) AS asset_id,
               got.units AS posted, told.units AS redeemed
        FROM (
            SELECT a.holder_id AS merchant_id, a.asset_id, sum(side.units)::bigint AS units
            FROM {book}.accounts a
            JOIN registry.voucher_templates t ON t.asset_id = a.asset_id
            JOIN (SELECT destination_id AS account_id, amount AS units FROM {book}.postings
                  UNION ALL SELECT source_id, -amount FROM {book}.postings) side ON side.account_id = a.id
            WHERE a.role = 'receivable' GROUP BY a.holder_id, a.asset_id
        ) got
        FULL JOIN (
            SELECT r.merchant_id, t.asset_id, sum(r.units - r.reversed_units)::bigint AS units
            FROM {book}.redemptions r JOIN registry.voucher_templates t ON t.id = r.template_id
            GROUP BY r.merchant_id, t.asset_id
        ) told ON told.merchant_id = got.merchant_id AND told.asset_id = got.asset_id
        WHERE coalesce(got.units, 0) <> coalesce(told.units, 0)
        """,
    ),
    rule(
        "redemption_matches_entry",
        "a redemption stands at the merchant and the instant of its entry, in that instant's local day",
        """
        SELECT r.id AS subject, r.entry_id, r.merchant_id, e.merchant_id AS entry_merchant, r.redeemed_at, e.effective_at,
               r.local_day
        FROM {book}.redemptions r
        LEFT JOIN {book}.journal_entries e ON e.id = r.entry_id
        LEFT JOIN registry.programmes p ON p.id = r.programme_id
        WHERE (r.merchant_id, r.redeemed_at, r.local_day)
              IS DISTINCT FROM (e.merchant_id, e.effective_at, (e.effective_at AT TIME ZONE p.time_zone)::date)
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

RULES: tuple[Rule, ...] = (*VOUCHER_RULES, *REDEMPTION_RULES, *COUNT_RULES, *STOCK_RULES, *TEMPLATE_RULES)
