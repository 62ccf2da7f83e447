"""The rules of redemptions: with draws, reversals, merchants, entries and what tills were answered."""

from ledger.engine.check_rule import rule

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
    rule(
        "redemption_matches_answer",
        "what a redemption took off which bill is what the till was answered, and so is what reversing gave back",
        """
        WITH told AS MATERIALIZED (
            SELECT kind, entry_id, outcome::jsonb AS answer FROM {book}.requests
            WHERE kind IN ('redeem', 'reverse_redemption') AND entry_id IS NOT NULL
        ), uses AS (
            SELECT (use ->> 'redemption_id')::uuid AS id, t.entry_id, (t.answer ->> 2)::uuid AS terminal_id,
                   (t.answer ->> 3)::bigint AS basket_minor, (use ->> 'discount_minor')::bigint AS discount_minor,
                   (use ->> 'units')::bigint AS units, (use ->> 'voucher_id')::uuid AS voucher_id
            FROM told t CROSS JOIN LATERAL jsonb_array_elements(t.answer -> 7) use WHERE t.kind = 'redeem'
        ), backs AS (
            SELECT (answer ->> 1)::uuid AS id, sum((answer ->> 5)::bigint) AS units, sum((answer ->> 6)::bigint) AS minor,
                   max((answer ->> 10)::timestamptz) AS at
            FROM told WHERE kind = 'reverse_redemption' GROUP BY 1
        )
        SELECT coalesce(r.id, uses.id) AS subject, r.discount_minor, uses.discount_minor AS answered_minor, r.basket_minor,
               uses.basket_minor AS answered_basket, r.reversed_minor, backs.minor AS answered_back, r.reversed_at
        FROM {book}.redemptions r
        FULL JOIN uses ON uses.id = r.id
        LEFT JOIN backs ON backs.id = r.id
        WHERE r.id IS NULL
           OR ((r.entry_id, r.terminal_id, r.basket_minor, r.discount_minor, r.units, r.voucher_id) IS DISTINCT FROM
               (uses.entry_id, uses.terminal_id, uses.basket_minor, uses.discount_minor, uses.units, uses.voucher_id)
               AND r.entry_id IN (SELECT entry_id FROM told))
           OR (coalesce(backs.units, 0) = r.reversed_units
               AND (coalesce(backs.minor, 0), backs.at) IS DISTINCT FROM (r.reversed_minor, r.reversed_at))
        """,
    ),
)
