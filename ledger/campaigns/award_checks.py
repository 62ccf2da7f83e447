"""The checker's rules of awards: with the activity, the postings, the budgets, the vouchers, the refunds and the counts."""

from ledger.campaigns.campaign_body import Period
from ledger.campaigns.counts import Counter, starts_on
from ledger.campaigns.rows import listed_member_id
from ledger.engine.check_rule import Row, rule


def _has_other_count_id(row: Row) -> bool:
    counter = Counter(row["member_id"], row["campaign_id"], row["counter"], Period(row["period"]), row["starts_on"])
    return bool(counter.id != row["subject"] or starts_on(counter.period, counter.starts_on) != counter.starts_on)


def _has_other_listed_id(row: Row) -> bool:
    return bool(listed_member_id(row["list_id"], row["member_id"]) != row["subject"])


AWARD_RULES = (
    rule(
        "award_matches_activity",
        "an award is of its activity's member, entry, instant and day, by a version of its campaign, and names what its kind does",
        """
        SELECT w.id AS subject, w.activity_id, w.entry_id, a.entry_id AS activity_entry, v.campaign_id, w.awarded_at,
               a.received_at
        FROM {book}.awards w
        LEFT JOIN {book}.activities a ON a.id = w.activity_id
        LEFT JOIN registry.campaign_versions v ON v.id = w.version_id
        WHERE (w.entry_id, w.member_id, w.programme_id, w.campaign_id, w.awarded_at)
              IS DISTINCT FROM (a.entry_id, a.member_id, a.programme_id, v.campaign_id, a.received_at)
           OR (w.original_award_id IS NULL AND w.local_day <> a.local_day)
           OR (w.kind = 'VOUCHER') <> (w.voucher_id IS NOT NULL)
           OR (w.kind IN ('DONATION', 'PROGRESS', 'TIER_CREDIT')) <> (w.target IS NOT NULL)
           OR (w.budget_id IS NULL AND w.cost <> 0)
        """,
    ),
    rule(
        "award_taken_back_matches_award",
        "what was taken back is of the award's rule, budget and factors and came about as it did, and by a refund of its activity"
        " on that refund's day",
        """
        SELECT w.id AS subject, o.id AS award_id, w.rule, o.rule AS award_rule, w.local_day, a.local_day AS refund_day
        FROM {book}.awards w
        LEFT JOIN {book}.awards o ON o.id = w.original_award_id
        LEFT JOIN {book}.activities a ON a.id = w.activity_id
        WHERE w.original_award_id IS NOT NULL
          AND (w.version_id, w.phase, w.rule, w.kind, w.budget_id, w.factors, w.variant, w.base, w.multiplier, w.inputs,
               w.headroom, w.wanted, w.local_day, a.refund_of) IS DISTINCT FROM
              (o.version_id, o.phase, o.rule, o.kind, o.budget_id, o.factors, o.variant, o.base, o.multiplier, o.inputs,
               o.headroom, w.amount, a.local_day, o.activity_id)
        """,
    ),
    rule(
        "award_names_a_rule",
        "the version that an award names has its rule in its phase, and its variant where it has any",
        """
        SELECT min(w.id::text) AS subject, w.version_id, w.phase, w.rule, w.variant FROM {book}.awards w
        GROUP BY w.version_id, w.phase, w.rule, w.variant
        HAVING NOT EXISTS (
            SELECT FROM (SELECT id, body::jsonb FROM registry.campaign_versions) v
            CROSS JOIN LATERAL jsonb_array_elements(v.body -> 'phases') p
            CROSS JOIN LATERAL jsonb_array_elements(p -> 'rules') r
            WHERE v.id = w.version_id AND p ->> 'code' = w.phase AND r ->> 'code' = w.rule
              AND CASE WHEN w.variant IS NULL THEN v.body -> 'variants' = '[]'
                       ELSE v.body -> 'variants' @> jsonb_build_array(jsonb_build_object('code', w.variant)) END)
        """,
    ),
    # The answer is compared as the text that it was frozen as: reading it would take three times as long.
    rule(
        "awards_match_answers",
        "an award stands in the answer to the report of its activity, or of the refund that took it back",
        """
        SELECT w.id AS subject, w.activity_id, w.rule, w.asset_id, w.amount, r.outcome AS answered
        FROM {book}.awards w
        LEFT JOIN {book}.activities a ON a.id = w.activity_id
        LEFT JOIN {book}.requests r ON r.id = a.request_id
        WHERE (position('{"award_id":"' || w.id || '","campaign_id":"' || w.campaign_id || '","version_id":"' || w.version_id
                        || '","rule":"' || w.rule || '","asset_id":' || coalesce('"' || w.asset_id || '"', 'null')
                        || ',"amount":' || w.amount || ',"kind":"' || w.kind || '","target":'
                        || coalesce('"' || w.target || '"', 'null') || ',"voucher_id":'
                        || coalesce('"' || w.voucher_id || '"', 'null') || '}' IN r.outcome) > 0) IS NOT TRUE
        """,
    ),
    rule(
        "awards_match_postings",
        "what the awards of an activity give in an asset of points is what its entry issued in it",
        """
        WITH given AS (
            SELECT entry_id, asset_id, sum(amount)::bigint AS amount FROM {book}.awards WHERE kind = 'POINTS'
            GROUP BY entry_id, asset_id
        ), issued AS (
            SELECT p.entry_id, p.asset_id,
                   sum(CASE WHEN s.role = 'issuance' THEN p.amount ELSE -p.amount END)::bigint AS amount
            FROM {book}.postings p
            JOIN {book}.journal_entries e ON e.id = p.entry_id AND e.kind IN ('activity', 'activity_refund')
            JOIN {book}.accounts s ON s.id = p.source_id
            JOIN {book}.accounts d ON d.id = p.destination_id
            WHERE 'issuance' IN (s.role, d.role) AND 'voucher' NOT IN (s.role, d.role)
            GROUP BY p.entry_id, p.asset_id
        )
        SELECT coalesce(given.entry_id, issued.entry_id) AS subject, coalesce(given.asset_id, issued.asset_id) AS asset_id,
               given.amount AS awarded, issued.amount AS issued
        FROM given FULL JOIN issued ON issued.entry_id = given.entry_id AND issued.asset_id = given.asset_id
        WHERE given.amount IS DISTINCT FROM issued.amount
        """,
    ),
    rule(
        "awards_match_vouchers",
        "a voucher award names the voucher that its entry gave to its member, one each; taken back, its entry voided it, and"
        " no other",
        """
        SELECT coalesce(w.id, v.id) AS subject, w.entry_id, v.entry_id AS given_by, w.asset_id, t.asset_id AS template_asset
        FROM (SELECT * FROM {book}.awards WHERE kind = 'VOUCHER' AND original_award_id IS NULL) w
        FULL JOIN (
            SELECT v.* FROM {book}.vouchers v
            JOIN {book}.journal_entries e ON e.id = v.entry_id AND e.kind = 'activity'
        ) v ON v.id = w.voucher_id
        LEFT JOIN registry.voucher_templates t ON t.id = v.template_id
        WHERE (w.entry_id, w.member_id, w.asset_id, w.amount) IS DISTINCT FROM (v.entry_id, v.member_id, t.asset_id, 1)
        UNION ALL
        SELECT w.id, w.entry_id, v.entry_id, w.asset_id, NULL
        FROM {book}.awards w
        JOIN {book}.vouchers v ON v.id = w.voucher_id
        WHERE w.original_award_id IS NOT NULL
          AND (v.state <> 'voided' OR NOT EXISTS (
              SELECT FROM {book}.draws d WHERE d.entry_id = w.entry_id AND d.lot_id = v.lot_id AND d.kind = 'take'))
        UNION ALL
        SELECT v.id, d.entry_id, v.entry_id, NULL, NULL
        FROM {book}.journal_entries e
        JOIN {book}.draws d ON d.entry_id = e.id AND d.kind = 'take'
        JOIN {book}.vouchers v ON v.lot_id = d.lot_id
        LEFT JOIN {book}.awards w ON w.entry_id = e.id AND w.voucher_id = v.id AND w.original_award_id IS NOT NULL
        WHERE e.kind = 'activity_refund' AND w.id IS NULL
        """,
    ),
    rule(
        "cards_match_draws",
        "every use of a multiplier card is named by one award of its entry, and every named one was taken from the card",
        """
        WITH named AS (
            SELECT w.entry_id, (f ->> 'card')::uuid AS voucher_id, count(*) AS uses
            FROM {book}.awards w, jsonb_array_elements(w.factors::jsonb) f
            WHERE f ? 'card' AND w.original_award_id IS NULL GROUP BY 1, 2
        ), used AS (
            SELECT d.entry_id, v.id AS voucher_id, sum(d.amount)::bigint AS uses
            FROM {book}.draws d
            JOIN {book}.journal_entries e ON e.id = d.entry_id AND e.kind = 'activity'
            JOIN {book}.vouchers v ON v.lot_id = d.lot_id
            GROUP BY 1, 2
        )
        SELECT coalesce(named.voucher_id, used.voucher_id) AS subject, entry_id, named.uses AS named, used.uses
        FROM named FULL JOIN used USING (entry_id, voucher_id)
        WHERE named.uses IS DISTINCT FROM used.uses
        """,
    ),
    rule(
        "awards_match_budgets",
        "what the awards of an entry cost a budget is what the entry moved from it to what is spent or donated",
        """
        WITH costs AS (
            SELECT entry_id, budget_id, CASE kind WHEN 'DONATION' THEN target ELSE 'spent' END AS paid_to,
                   sum(cost)::bigint AS cost
            FROM {book}.awards WHERE budget_id IS NOT NULL GROUP BY 1, 2, 3
        ), moved AS (
            SELECT p.entry_id, CASE WHEN s.role = 'budget' THEN s.id ELSE d.id END AS budget_id,
                   CASE WHEN 'donation' IN (s.role, d.role)
                        THEN CASE WHEN s.role = 'donation' THEN s.holder_id ELSE d.holder_id END::text
                        ELSE 'spent' END AS paid_to,
                   sum(CASE WHEN s.role = 'budget' THEN p.amount ELSE -p.amount END)::bigint AS cost
            FROM {book}.postings p
            JOIN {book}.accounts s ON s.id = p.source_id
            JOIN {book}.accounts d ON d.id = p.destination_id
            WHERE s.role IN ('spent', 'donation') OR d.role IN ('spent', 'donation')
            GROUP BY 1, 2, 3
        )
        SELECT coalesce(costs.entry_id, moved.entry_id) AS subject, budget_id, paid_to, costs.cost AS awards,
               moved.cost AS moved
        FROM costs FULL JOIN moved USING (entry_id, budget_id, paid_to)
        WHERE costs.cost IS DISTINCT FROM moved.cost
        """,
    ),
    # The shortfall at each refund is not known any more where the asset's terms have changed.
    rule(
        "refunds_match_awards",
        "refunds of an activity are at most its amount; of each award they took back what its remaining amount says,"
        " unless its terms or its voucher's use say that it stays, or a ladder has it",
        """
        WITH refunds AS (
            SELECT r.refund_of, sum(r.amount)::bigint AS amount
            FROM {book}.activities r WHERE r.refund_of IS NOT NULL GROUP BY 1
        ), returned AS (
            SELECT original_award_id, -sum(amount)::bigint AS amount, -sum(cost)::bigint AS cost
            FROM {book}.awards WHERE original_award_id IS NOT NULL GROUP BY 1
        )
        SELECT w.id AS subject, a.amount AS sale, refunds.amount AS refunded, w.amount AS awarded, returned.amount AS returned
        FROM {book}.awards w
        JOIN {book}.activities a ON a.id = w.activity_id
        LEFT JOIN registry.assets s ON s.id = w.asset_id
        LEFT JOIN refunds ON refunds.refund_of = a.id
        LEFT JOIN returned ON returned.original_award_id = w.id
        CROSS JOIN LATERAL (
            SELECT coalesce(w.amount - div(w.amount::numeric * (a.amount - refunds.amount), a.amount), 0)::bigint AS amount,
                   coalesce(w.cost - div(w.cost::numeric * (a.amount - refunds.amount), a.amount), 0)::bigint AS cost) due
        WHERE w.original_award_id IS NULL
          AND (refunds.amount > a.amount OR returned.amount > due.amount OR returned.cost > due.cost
            OR (CASE w.kind WHEN 'POINTS' THEN s.version = 1 AND s.shortfall <> 'ONLY_PENDING'
                            WHEN 'VOUCHER' THEN returned.amount IS NOT NULL WHEN 'TIER_CREDIT' THEN false ELSE true END
                AND (coalesce(returned.amount, 0), coalesce(returned.cost, 0)) <> (due.amount, due.cost)))
        """,
    ),
    rule(
        "campaign_counts_match_awards",
        "a count is the sum of the awards, or of the progress, in its period, of the versions that count it",
        """
        WITH counters AS (
            SELECT v.id AS version_id, c ->> 'counter' AS counter, c ->> 'period' AS period
            FROM registry.campaign_versions v, jsonb_array_elements(v.body::jsonb -> 'caps') c
            UNION
            SELECT v.id, 'awards', upper(p.name) FROM registry.campaign_versions v,
                   unnest(ARRAY['day', 'week', 'month', 'quarter', 'year', 'total']) AS p (name)
            WHERE strpos(v.body::jsonb ->> 'segment', 'awards.' || p.name) > 0
               OR EXISTS (SELECT FROM jsonb_path_query(v.body::jsonb, '$.phases[*].rules[*].when') t
                          WHERE strpos(t #>> '{}', 'awards.' || p.name) > 0)
            UNION
            SELECT v.id, 'progress:' || (c ->> 'code'), c ->> 'period'
            FROM registry.campaign_versions v, jsonb_array_elements(v.body::jsonb -> 'counters') c
            UNION
            SELECT v.id, 'rule:' || (r ->> 'code'), c ->> 'period'
            FROM registry.campaign_versions v, jsonb_path_query(v.body::jsonb, '$.phases[*].rules[*]') r,
                 jsonb_array_elements(v.body::jsonb -> 'counters') c
            WHERE r #>> '{streak,counter}' = c ->> 'code' OR r #> '{combination,counters}' ? (c ->> 'code')
        ), moved AS (
            SELECT w.*, coalesce(o.local_day, w.local_day) AS counted_on,
                   CASE WHEN w.kind = 'PROGRESS' THEN ARRAY['progress:' || w.target]
                        ELSE ARRAY['awards', s.code, 'rule:' || w.rule] END AS names
            FROM {book}.awards w
            LEFT JOIN {book}.awards o ON o.id = w.original_award_id
            LEFT JOIN registry.assets s ON s.id = w.asset_id
            WHERE w.kind = 'PROGRESS' OR (w.original_award_id IS NULL AND w.kind <> 'TIER_CREDIT')
        ), sums AS (
            SELECT m.member_id, m.campaign_id, c.counter, c.period,
                   CASE c.period WHEN 'DAY' THEN m.counted_on WHEN 'TOTAL' THEN date '2000-01-01'
                        ELSE date_trunc(lower(c.period), m.counted_on::timestamp)::date END AS starts_on,
                   sum(CASE WHEN c.counter = 'awards' OR starts_with(c.counter, 'rule:') THEN 1 ELSE m.amount END)::bigint
                       AS amount
            FROM moved m JOIN counters c ON c.version_id = m.version_id AND c.counter = ANY (m.names)
            GROUP BY 1, 2, 3, 4, 5
        )
        SELECT coalesce(n.id, sums.campaign_id) AS subject, coalesce(n.member_id, sums.member_id) AS member_id,
               n.counter, n.period, n.starts_on, n.amount, sums.amount AS awarded
        FROM {book}.campaign_counts n
        FULL JOIN sums USING (member_id, campaign_id, counter, period, starts_on)
        WHERE n.amount IS DISTINCT FROM sums.amount
        """,
    ),
    rule(
        "member_list_counts_its_members",
        "a list says how many members are on it, and whoever is on one is a member of its programme",
        """
        SELECT coalesce(m.id, n.list_id) AS subject, m.members, n.found
        FROM registry.member_lists m
        FULL JOIN (
            SELECT l.list_id, count(h.id) AS found, count(*) AS listed FROM {book}.listed_members l
            LEFT JOIN registry.member_lists m ON m.id = l.list_id
            LEFT JOIN {book}.holders h ON h.id = l.member_id AND h.programme_id = m.programme_id AND h.kind = 'member'
            GROUP BY l.list_id
        ) n ON n.list_id = m.id
        WHERE m.members IS DISTINCT FROM coalesce(n.found, 0) OR n.listed > n.found
        """,
    ),
    rule(
        "listed_member_id_names_member",
        "the id of a member's place on a list is computed from both",
        "SELECT id AS subject, list_id, member_id FROM {book}.listed_members",
        _has_other_listed_id,
    ),
    rule(
        "campaign_count_id_names_count",
        "a count's id is computed from what it counts, and its period begins on its first day",
        "SELECT id AS subject, member_id, campaign_id, counter, period, starts_on FROM {book}.campaign_counts",
        _has_other_count_id,
    ),
)
