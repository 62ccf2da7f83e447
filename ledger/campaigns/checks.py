"""The checker's rules of activities, awards, budgets, counts and campaigns (semantics 2.8)."""

from ledger.campaigns.budget import budget_asset_id
from ledger.campaigns.campaign_body import Period
from ledger.campaigns.counts import Counter, starts_on
from ledger.campaigns.figure_checks import FIGURE_RULES
from ledger.campaigns.rows import step_id, version_id
from ledger.engine.check_rule import Row, Rule, rule


def _has_other_version_id(row: Row) -> bool:
    return bool(version_id(row["campaign_id"], row["number"]) != row["subject"])


def _has_other_step_id(row: Row) -> bool:
    return bool(step_id(row["campaign_id"], row["number"]) != row["subject"])


def _has_other_asset_id(row: Row) -> bool:
    return bool(budget_asset_id(row["campaign_id"], row["pays"]) != row["subject"])


def _has_other_count_id(row: Row) -> bool:
    counter = Counter(row["member_id"], row["campaign_id"], row["counter"], Period(row["period"]), row["starts_on"])
    return bool(counter.id != row["subject"] or starts_on(counter.period, counter.starts_on) != counter.starts_on)


ACTIVITY_RULES = (
    rule(
        "activity_matches_entry",
        "an activity names the entry that posted its awards, of its member and time, and every such entry its activity",
        """
        SELECT coalesce(a.id, e.id) AS subject, a.entry_id, e.kind, a.member_id, e.member_id AS entry_member
        FROM (SELECT * FROM {book}.activities WHERE entry_id IS NOT NULL) a
        FULL JOIN (SELECT * FROM {book}.journal_entries WHERE kind IN ('activity', 'activity_refund')) e ON e.id = a.entry_id
        WHERE a.id IS NULL OR e.id IS NULL OR a.member_id <> e.member_id OR a.request_id IS DISTINCT FROM e.request_id
           OR (e.kind = 'activity' AND a.occurred_at <> e.effective_at) OR a.received_at <> e.posted_at
        """,
    ),
    rule(
        "activity_matches_request",
        "an activity is what its request came to",
        """
        SELECT a.id AS subject, a.source, a.source_event_id, r.key
        FROM {book}.activities a LEFT JOIN {book}.requests r ON r.id = a.request_id
        WHERE r.key IS DISTINCT FROM a.source || '/' || a.source_event_id OR r.kind NOT IN ('activity', 'activity_refund')
           OR r.entry_id IS DISTINCT FROM a.entry_id
        """,
    ),
    rule(
        "activity_on_local_day",
        "an activity's local day is that of its time in the programme's zone",
        """
        SELECT a.id AS subject, a.local_day, a.occurred_at
        FROM {book}.activities a JOIN registry.programmes p ON p.id = a.programme_id
        WHERE a.local_day <> (a.occurred_at AT TIME ZONE p.time_zone)::date
        """,
    ),
)

AWARD_RULES = (
    rule(
        "award_matches_activity",
        "an award is of its activity's member, entry and day, by a version of its campaign",
        """
        SELECT w.id AS subject, w.activity_id, w.entry_id, a.entry_id AS activity_entry, v.campaign_id
        FROM {book}.awards w
        LEFT JOIN {book}.activities a ON a.id = w.activity_id
        LEFT JOIN registry.campaign_versions v ON v.id = w.version_id
        WHERE (w.entry_id, w.member_id, w.programme_id, w.campaign_id)
              IS DISTINCT FROM (a.entry_id, a.member_id, a.programme_id, v.campaign_id)
           OR (w.original_award_id IS NULL AND w.local_day <> a.local_day)
        """,
    ),
    rule(
        "awards_match_postings",
        "what the awards of an activity give in an asset is what its entry issued in it",
        """
        WITH given AS (
            SELECT entry_id, asset_id, sum(amount)::bigint AS amount FROM {book}.awards GROUP BY entry_id, asset_id
        ), issued AS (
            SELECT p.entry_id, p.asset_id,
                   sum(CASE WHEN s.role = 'issuance' THEN p.amount ELSE -p.amount END)::bigint AS amount
            FROM {book}.postings p
            JOIN {book}.journal_entries e ON e.id = p.entry_id AND e.kind IN ('activity', 'activity_refund')
            JOIN {book}.accounts s ON s.id = p.source_id
            JOIN {book}.accounts d ON d.id = p.destination_id
            WHERE 'issuance' IN (s.role, d.role)
            GROUP BY p.entry_id, p.asset_id
        )
        SELECT coalesce(given.entry_id, issued.entry_id) AS subject, coalesce(given.asset_id, issued.asset_id) AS asset_id,
               given.amount AS awarded, issued.amount AS issued
        FROM given FULL JOIN issued ON issued.entry_id = given.entry_id AND issued.asset_id = given.asset_id
        WHERE given.amount IS DISTINCT FROM issued.amount
        """,
    ),
    rule(
        "awards_match_budgets",
        "what the awards of an entry cost a budget is what the entry moved from it to what is spent",
        """
        WITH costs AS (
            SELECT entry_id, budget_id, sum(cost)::bigint AS cost FROM {book}.awards
            WHERE budget_id IS NOT NULL GROUP BY entry_id, budget_id
        ), moved AS (
            SELECT p.entry_id, CASE WHEN s.role = 'budget' THEN s.id ELSE d.id END AS budget_id,
                   sum(CASE WHEN s.role = 'budget' THEN p.amount ELSE -p.amount END)::bigint AS cost
            FROM {book}.postings p
            JOIN {book}.accounts s ON s.id = p.source_id
            JOIN {book}.accounts d ON d.id = p.destination_id
            WHERE 'spent' IN (s.role, d.role)
            GROUP BY 1, 2
        )
        SELECT coalesce(costs.entry_id, moved.entry_id) AS subject, costs.budget_id, costs.cost AS awards, moved.cost AS moved
        FROM costs FULL JOIN moved ON moved.entry_id = costs.entry_id AND moved.budget_id = costs.budget_id
        WHERE costs.cost IS DISTINCT FROM moved.cost
        """,
    ),
    rule(
        "refunds_match_awards",
        "refunds of an activity are at most its amount; of each award they took back what its remaining amount says",
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
        JOIN registry.assets s ON s.id = w.asset_id
        LEFT JOIN refunds ON refunds.refund_of = a.id
        LEFT JOIN returned ON returned.original_award_id = w.id
        WHERE w.original_award_id IS NULL
          AND (refunds.amount > a.amount
            OR (s.shortfall <> 'ONLY_PENDING' AND (coalesce(returned.amount, 0), coalesce(returned.cost, 0)) <>
                (coalesce(w.amount - div(w.amount::numeric * (a.amount - refunds.amount), a.amount), 0)::bigint,
                 coalesce(w.cost - div(w.cost::numeric * (a.amount - refunds.amount), a.amount), 0)::bigint)))
        """,
    ),
    rule(
        "campaign_counts_match_awards",
        "a count is the sum of the awards in its period, of the versions that cap or name it",
        """
        WITH counters AS (
            SELECT v.id AS version_id, c ->> 'counter' AS counter, c ->> 'period' AS period
            FROM registry.campaign_versions v, jsonb_array_elements(v.body::jsonb -> 'caps') c
            UNION
            SELECT v.id, 'awards', upper(p.name) FROM registry.campaign_versions v,
                   unnest(ARRAY['day', 'week', 'month', 'total']) AS p (name)
            WHERE EXISTS (SELECT FROM jsonb_path_query(v.body::jsonb, '$.phases[*].rules[*].when') t
                          WHERE strpos(t #>> '{}', 'awards.' || p.name) > 0)
        ), sums AS (
            SELECT w.member_id, w.campaign_id, c.counter, c.period,
                   CASE c.period WHEN 'DAY' THEN w.local_day WHEN 'TOTAL' THEN date '2000-01-01'
                        ELSE date_trunc(lower(c.period), w.local_day::timestamp)::date END AS starts_on,
                   sum(CASE WHEN c.counter = 'awards' THEN 1 ELSE w.amount END)::bigint AS amount
            FROM {book}.awards w
            JOIN counters c ON c.version_id = w.version_id
            JOIN registry.assets s ON s.id = w.asset_id
            WHERE w.original_award_id IS NULL AND c.counter IN ('awards', s.code)
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
        "campaign_count_id_names_count",
        "a count's id is computed from what it counts, and its period begins on its first day",
        "SELECT id AS subject, member_id, campaign_id, counter, period, starts_on FROM {book}.campaign_counts",
        _has_other_count_id,
    ),
)

CAMPAIGN_RULES = (
    rule(
        "campaign_versions_in_order",
        "a campaign's versions and steps are numbered 1, 2, 3 … without gaps, and the last step is its state",
        """
        SELECT c.id AS subject, c.latest_number, v.count AS versions, c.steps, s.count AS steps_found
        FROM registry.campaigns c
        LEFT JOIN (SELECT campaign_id, count(*), max(number) AS last FROM registry.campaign_versions GROUP BY 1) v
            ON v.campaign_id = c.id
        LEFT JOIN (SELECT campaign_id, count(*), max(number) AS last FROM registry.campaign_steps GROUP BY 1) s
            ON s.campaign_id = c.id
        LEFT JOIN registry.campaign_steps last ON last.campaign_id = c.id AND last.number = c.steps
        WHERE (v.count, v.last, s.count, s.last) IS DISTINCT FROM (c.latest_number, c.latest_number, c.steps, c.steps)
           OR (last.state, last.version_id, last.since) IS DISTINCT FROM (c.state, c.current_version_id, c.since)
        """,
    ),
    rule(
        "campaign_version_id_names_version",
        "a version's id is computed from its campaign and number",
        "SELECT id AS subject, campaign_id, number FROM registry.campaign_versions",
        _has_other_version_id,
    ),
    rule(
        "campaign_step_id_names_step",
        "a step's id is computed from its campaign and number",
        "SELECT id AS subject, campaign_id, number FROM registry.campaign_steps",
        _has_other_step_id,
    ),
    rule(
        "budget_asset_names_budget",
        "a budget's asset is computed from its campaign and what it pays for, and has an account",
        """
        SELECT s.id AS subject, c.id AS campaign_id, split_part(s.code, ':', 3) AS pays
        FROM registry.assets s
        JOIN registry.campaigns c ON c.programme_id = s.programme_id AND c.code = split_part(s.code, ':', 2)
        JOIN {book}.accounts a ON a.asset_id = s.id AND a.role = 'budget' AND a.holder_id = s.programme_id
        WHERE s.kind = 'budget'
        """,
        _has_other_asset_id,
    ),
    rule(
        "budgets_frozen_while_paused",
        "a campaign's budgets are frozen while it is paused and open while it runs",
        """
        SELECT a.id AS subject, a.state, c.code, c.state AS campaign_state
        FROM registry.campaigns c
        JOIN registry.assets s ON s.programme_id = c.programme_id AND s.kind = 'budget'
            AND starts_with(s.code, 'budget:' || c.code || ':')
        JOIN {book}.accounts a ON a.asset_id = s.id AND a.role = 'budget'
        WHERE a.state <> CASE c.state WHEN 'paused' THEN 'frozen' WHEN 'running' THEN 'open' ELSE a.state END
        """,
    ),
)

RULES: tuple[Rule, ...] = (*ACTIVITY_RULES, *AWARD_RULES, *CAMPAIGN_RULES, *FIGURE_RULES)
