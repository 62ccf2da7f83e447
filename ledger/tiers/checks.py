"""The checker's rules of ladders, standings, credits, grants and packs (semantics 2.8)."""

from datetime import date, datetime
from typing import Any

import orjson

from ledger.engine.check_rule import Row, Rule, rule
from ledger.tiers.ladder import read_versions
from ledger.tiers.replay import Happened, StepTaken, replay
from ledger.tiers.rows import Standing, ladder_id, ladder_version_id, pack_id, standing_id, step_id


def _has_other_ladder_id(row: Row) -> bool:
    return bool(ladder_id(row["programme_id"], row["code"]) != row["subject"])


def _has_other_version_id(row: Row) -> bool:
    return bool(ladder_version_id(row["ladder_id"], row["number"]) != row["subject"])


def _has_other_pack_id(row: Row) -> bool:
    return bool(pack_id(row["standing_id"], row["level"], row["starts_on"], row["template"]) != row["subject"])


def _has_other_step_id(row: Row) -> bool:
    return bool(step_id(row["standing_id"], row["number"]) != row["subject"])


def _differs_from_history(row: Row) -> bool:
    """Whether the standing and its steps are anything but what credits, grants and time make them."""
    stored = Standing(*(row["subject" if name == "id" else name] for name in Standing._fields))
    if standing_id(stored.member_id, stored.ladder_id) != stored.id:
        return True
    versions = read_versions(row["versions"], stored.ladder_id, stored.programme_id)
    history = [_happened(each) for each in orjson.loads(row["history"])]
    replayed = replay(stored, versions, row["time_zone"], history)
    if replayed is None:
        return True
    steps = [
        StepTaken(number, level, cause, datetime.fromisoformat(since))
        for number, level, cause, since in orjson.loads(row["steps_taken"])
    ]
    return replayed.standing != stored or list(replayed.steps) != steps


def _happened(parts: list[Any]) -> Happened:
    version, posted_at, day, occurred_at, amount, level = parts
    at = datetime.fromisoformat(posted_at)
    occurred = at if occurred_at is None else datetime.fromisoformat(occurred_at)
    return Happened(version, at, date.fromisoformat(day), occurred, amount, level)


LADDER_RULES = (
    rule(
        "tier_ladder_id_names_ladder",
        "a ladder's id is computed from its programme and code",
        "SELECT id AS subject, programme_id, code FROM registry.tier_ladders",
        _has_other_ladder_id,
    ),
    rule(
        "tier_ladder_versions_in_order",
        "a ladder's versions are numbered 1, 2, 3 … without gaps",
        """
        SELECT l.id AS subject, l.latest_number, l.version, v.count AS versions, v.last
        FROM registry.tier_ladders l
        LEFT JOIN (SELECT ladder_id, count(*), max(number) AS last FROM registry.tier_ladder_versions GROUP BY 1) v
            ON v.ladder_id = l.id
        WHERE (v.count, v.last, l.version) IS DISTINCT FROM (l.latest_number, l.latest_number, l.latest_number)
        """,
    ),
    rule(
        "tier_ladder_version_id_names_version",
        "a version's id is computed from its ladder and number",
        "SELECT id AS subject, ladder_id, number FROM registry.tier_ladder_versions",
        _has_other_version_id,
    ),
)

STANDING_RULES = (
    rule(
        "tier_standing_matches_history",
        "a standing with its steps is what its credits, its grants and the local midnights make it, replayed",
        """
        SELECT s.id AS subject, s.programme_id, s.member_id, s.ladder_id, s.level, s.since, s.earned, s.granted,
               s.granted_until, s.falls_on, s.safe_until, s.buckets, s.snapshots, s.credited_at, s.next_due_at,
               s.steps, s.version, p.time_zone,
               (SELECT json_agg(json_build_array(v.number, v.body, v.created_at) ORDER BY v.number)::text
                FROM registry.tier_ladder_versions v WHERE v.ladder_id = s.ladder_id) AS versions,
               coalesce((SELECT json_agg(json_build_array(h.version, h.posted_at, h.day, h.occurred_at, h.amount, h.level)
                                         ORDER BY h.version)::text
                FROM (SELECT version, posted_at, local_day AS day, occurred_at, amount, NULL AS level
                      FROM {book}.tier_credits WHERE standing_id = s.id
                      UNION ALL
                      SELECT version, granted_at, until_on, NULL, 0, level
                      FROM {book}.tier_grants WHERE standing_id = s.id) h), '[]') AS history,
               coalesce((SELECT json_agg(json_build_array(t.number, t.level, t.cause, t.since) ORDER BY t.number)::text
                FROM {book}.tier_steps t WHERE t.standing_id = s.id), '[]') AS steps_taken
        FROM {book}.tier_standings s JOIN registry.programmes p ON p.id = s.programme_id
        """,
        _differs_from_history,
    ),
    rule(
        "tier_history_has_standing",
        "every credit, grant, step and pack belongs to a standing of its member",
        """
        SELECT h.id AS subject, h.standing_id, h.member_id, s.member_id AS standing_member
        FROM (SELECT id, standing_id, member_id, programme_id FROM {book}.tier_credits
              UNION ALL SELECT id, standing_id, member_id, programme_id FROM {book}.tier_grants
              UNION ALL SELECT id, standing_id, member_id, programme_id FROM {book}.tier_steps
              UNION ALL SELECT id, standing_id, member_id, programme_id FROM {book}.tier_packs) h
        LEFT JOIN {book}.tier_standings s ON s.id = h.standing_id
        WHERE (s.member_id, s.programme_id) IS DISTINCT FROM (h.member_id, h.programme_id)
        """,
    ),
    rule(
        "tier_step_id_names_step",
        "a step's id is computed from its standing and number",
        "SELECT id AS subject, standing_id, number FROM {book}.tier_steps",
        _has_other_step_id,
    ),
)

CREDIT_RULES = (
    # A history that is imported is credited from before the ladder was made, by its first version.
    rule(
        "tier_credits_match_activities",
        "each activity brought what the metric counts of it, on every ladder that looked at it in time and had room for it,"
        " and no other did",
        """
        WITH terms AS (
            SELECT l.id AS ladder_id, l.programme_id, v.body::jsonb AS body, asset.id AS asset_id,
                   CASE WHEN v.number = 1 THEN timestamptz '-infinity' ELSE v.created_at END AS since,
                   coalesce(lead(v.created_at) OVER (PARTITION BY l.id ORDER BY v.number), 'infinity') AS until,
                   least(min(v.created_at) OVER (PARTITION BY l.id), seen.at) AS seen_at
            FROM registry.tier_ladders l JOIN registry.tier_ladder_versions v ON v.ladder_id = l.id
            LEFT JOIN registry.assets asset
                ON asset.programme_id = l.programme_id AND asset.code = v.body::jsonb #>> '{metric,asset}'
            LEFT JOIN (SELECT s.ladder_id, min(c.posted_at) AS at FROM {book}.tier_credits c
                       JOIN {book}.tier_standings s ON s.id = c.standing_id GROUP BY 1) seen ON seen.ladder_id = l.id
        ), awarded AS (
            SELECT activity_id, asset_id, sum(amount)::bigint AS amount FROM {book}.awards
            WHERE kind = 'POINTS' AND asset_id IN (SELECT asset_id FROM terms) GROUP BY activity_id, asset_id
        ), looked AS (
            SELECT a.id AS activity_id, a.member_id, t.ladder_id, a.local_day, a.received_at >= t.seen_at
                       AND a.occurred_at >= p.open_from AS is_due,
                   t.body #>> '{metric,kind}' = 'SNAPSHOT' AS is_snapshot,
                   CASE t.body #>> '{metric,kind}'
                       WHEN 'AMOUNT' THEN nullif(a.amount, 0)
                       WHEN 'COUNT' THEN 1
                       WHEN 'SNAPSHOT' THEN
                           greatest((jsonb_path_query_first(a.payload::jsonb,
                                     '$.keyvalue() ? (@.key == $field && @.value.type() == "number").value',
                                     jsonb_build_object('field', t.body #> '{metric,field}')) #>> '{}')::bigint, 0)
                       ELSE w.amount
                   END AS amount
            FROM {book}.activities a
            JOIN registry.programmes p ON p.id = a.programme_id
            JOIN terms t ON t.programme_id = a.programme_id AND t.since <= a.received_at AND a.received_at < t.until
                AND t.body #> '{metric,activities}' ? a.type
                AND a.received_at - a.occurred_at <= (t.body ->> 'late_hours')::int * interval '1 hour'
            LEFT JOIN awarded w ON w.activity_id = a.id AND w.asset_id = t.asset_id
            WHERE a.refund_of IS NULL
        ), credited AS (
            SELECT c.id, c.activity_id, c.member_id, s.ladder_id, c.local_day, c.amount
            FROM {book}.tier_credits c JOIN {book}.tier_standings s ON s.id = c.standing_id
            WHERE c.source = 'METRIC' AND c.original_credit_id IS NULL
        ), held AS (
            SELECT s.member_id, s.ladder_id, sum(c.amount) AS amount
            FROM {book}.tier_credits c JOIN {book}.tier_standings s ON s.id = c.standing_id
            WHERE c.original_credit_id IS NULL GROUP BY s.member_id, s.ladder_id
        )
        SELECT coalesce(c.id, k.activity_id) AS subject, c.amount, k.amount AS counts, c.local_day, k.local_day AS day
        FROM (SELECT * FROM looked WHERE amount IS NOT NULL) k
        FULL JOIN credited c ON c.activity_id = k.activity_id AND c.ladder_id = k.ladder_id
        LEFT JOIN held ON held.member_id = k.member_id AND held.ladder_id = k.ladder_id
        WHERE (c.id IS NULL AND k.is_due AND (k.is_snapshot OR k.amount <= 1000000000000000 - coalesce(held.amount, 0)))
           OR k.activity_id IS NULL
           OR (c.id IS NOT NULL AND (c.amount, c.local_day, c.member_id) <> (k.amount, k.local_day, k.member_id))
        """,
    ),
    rule(
        "tier_credit_matches_its_report",
        "a credit was posted when its activity was received and counts where that occurred; what was taken back, when the"
        " refund of that activity was received, and where the credit did",
        """
        SELECT c.id AS subject, c.activity_id, c.posted_at, a.received_at, c.occurred_at, a.occurred_at AS activity_occurred_at
        FROM {book}.tier_credits c
        LEFT JOIN {book}.activities a ON a.id = c.activity_id
        LEFT JOIN {book}.tier_credits o ON o.id = c.original_credit_id
        WHERE (c.posted_at, c.occurred_at) IS DISTINCT FROM (a.received_at, coalesce(o.occurred_at, a.occurred_at))
           OR (o.id IS NOT NULL AND (c.local_day, c.source, c.standing_id, a.refund_of)
               IS DISTINCT FROM (o.local_day, o.source, o.standing_id, o.activity_id))
        """,
    ),
    rule(
        "tier_credits_match_awards",
        "what rules of campaigns credited is what their awards say",
        """
        WITH credited AS (
            SELECT c.id, c.activity_id, l.code AS ladder, c.amount
            FROM {book}.tier_credits c
            JOIN {book}.tier_standings s ON s.id = c.standing_id
            JOIN registry.tier_ladders l ON l.id = s.ladder_id
            WHERE c.source = 'RULE' AND c.original_credit_id IS NULL
        ), awarded AS (
            SELECT activity_id, target AS ladder, sum(amount)::bigint AS amount
            FROM {book}.awards WHERE kind = 'TIER_CREDIT' AND original_award_id IS NULL GROUP BY 1, 2
        )
        SELECT c.id AS subject, c.activity_id, c.ladder, c.amount, w.amount AS awarded
        FROM credited c LEFT JOIN awarded w ON w.activity_id = c.activity_id AND w.ladder = c.ladder
        WHERE w.amount IS DISTINCT FROM c.amount
        """,
    ),
    rule(
        "tier_refunds_match_credits",
        "refunds took back of each credit what the remaining amount says",
        """
        WITH refunds AS (
            SELECT refund_of, sum(amount)::bigint AS amount FROM {book}.activities WHERE refund_of IS NOT NULL GROUP BY 1
        ), returned AS (
            SELECT original_credit_id, -sum(amount)::bigint AS amount
            FROM {book}.tier_credits WHERE original_credit_id IS NOT NULL GROUP BY 1
        )
        SELECT c.id AS subject, c.amount, a.amount AS sale, refunds.amount AS refunded, returned.amount AS returned
        FROM {book}.tier_credits c
        JOIN {book}.tier_standings s ON s.id = c.standing_id
        JOIN registry.tier_ladder_versions v ON v.ladder_id = s.ladder_id AND v.number = 1
        LEFT JOIN {book}.activities a ON a.id = c.activity_id
        LEFT JOIN refunds ON refunds.refund_of = c.activity_id
        LEFT JOIN returned ON returned.original_credit_id = c.id
        WHERE c.original_credit_id IS NULL AND (a.id IS NULL OR coalesce(returned.amount, 0) <> CASE
            WHEN refunds.amount IS NULL OR v.body::jsonb #>> '{metric,kind}' = 'SNAPSHOT' THEN 0
            WHEN v.body::jsonb #>> '{metric,kind}' = 'COUNT' THEN CASE WHEN refunds.amount = a.amount THEN c.amount ELSE 0 END
            ELSE c.amount - div(c.amount::numeric * (a.amount - refunds.amount), a.amount)
        END)
        """,
    ),
)

GIFT_RULES = (
    rule(
        "tier_grants_were_approved",
        "a grant is what somebody asked for and somebody else approved",
        """
        SELECT g.id AS subject, g.approval_id, a.state
        FROM {book}.tier_grants g LEFT JOIN registry.approvals a ON a.id = g.approval_id
        WHERE a.kind IS DISTINCT FROM 'tier_grant' OR a.state <> 'approved' OR a.decided_at <> g.granted_at
           OR (a.payload::jsonb ->> 'memberId')::uuid <> g.member_id OR a.payload::jsonb ->> 'level' <> g.level
           OR (a.payload::jsonb ->> 'untilOn')::date <> g.until_on
        """,
    ),
    rule(
        "tier_packs_match_vouchers",
        "a pack follows a step up to its level in its period, and what was given then is a voucher of its template and member",
        """
        SELECT k.id AS subject, k.state, k.voucher_id, v.member_id, t.code
        FROM {book}.tier_packs k
        LEFT JOIN {book}.vouchers v ON v.id = k.voucher_id
        LEFT JOIN registry.voucher_templates t ON t.id = v.template_id
        LEFT JOIN {book}.journal_entries e ON e.id = v.entry_id
        WHERE (k.state = 'GIVEN' AND (v.member_id, t.code, e.posted_at) IS DISTINCT FROM (k.member_id, k.template, k.settled_at))
           OR NOT EXISTS (SELECT FROM {book}.tier_steps s WHERE s.standing_id = k.standing_id AND s.level = k.level
                          AND s.cause IN ('REACHED', 'GRANTED') AND s.posted_at = k.due_at)
        """,
    ),
    rule(
        "tier_pack_id_names_pack",
        "a pack's id is computed from its standing, level, period and template",
        "SELECT id AS subject, standing_id, level, starts_on, template FROM {book}.tier_packs",
        _has_other_pack_id,
    ),
)

RULES: tuple[Rule, ...] = (*LADDER_RULES, *STANDING_RULES, *CREDIT_RULES, *GIFT_RULES)
