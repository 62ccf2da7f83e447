"""The checker's rules of activities, campaigns and budgets (semantics 2.8); those of awards stand in `award_checks.py`."""

from typing import Final

from ledger.campaigns.award_checks import AWARD_RULES
from ledger.campaigns.budget import budget_asset_id
from ledger.campaigns.figure_checks import FIGURE_RULES
from ledger.campaigns.rows import step_id, version_id
from ledger.engine.check_rule import Row, Rule, rule
from ledger.programme.activity_type import SHIPPED

_SHIPPED: Final = ", ".join(
    f"('{type_.code}', {'NULL' if type_.amount_field is None else repr(type_.amount_field)})"
    for type_ in SHIPPED.values()
)


def _has_other_version_id(row: Row) -> bool:
    return bool(version_id(row["campaign_id"], row["number"]) != row["subject"])


def _has_other_step_id(row: Row) -> bool:
    return bool(step_id(row["campaign_id"], row["number"]) != row["subject"])


def _has_other_asset_id(row: Row) -> bool:
    if row["campaign_id"] is None or row["account_id"] is None:
        return True
    return bool(budget_asset_id(row["campaign_id"], row["pays"]) != row["subject"])


ACTIVITY_RULES = (
    rule(
        "activity_matches_entry",
        "an activity names the entry that posted its awards, of its member and time, and every such entry its activity",
        """
        SELECT coalesce(a.id, e.id) AS subject, a.entry_id, e.kind, a.member_id, e.member_id AS entry_member
        FROM (SELECT * FROM {book}.activities WHERE entry_id IS NOT NULL) a
        FULL JOIN (SELECT * FROM {book}.journal_entries WHERE kind IN ('activity', 'activity_refund')) e ON e.id = a.entry_id
        WHERE a.id IS NULL OR e.id IS NULL OR a.member_id IS DISTINCT FROM e.member_id OR a.request_id IS DISTINCT FROM e.request_id
           OR (e.kind = 'activity' AND a.occurred_at <> e.effective_at) OR a.received_at <> e.posted_at
           OR a.merchant_id IS DISTINCT FROM e.merchant_id
        """,
    ),
    rule(
        "activity_matches_request",
        "an activity is what its request came to, and was answered as",
        """
        SELECT a.id AS subject, a.source, a.source_event_id, r.key, a.state, a.member_id, a.received_at, r.outcome AS answered
        FROM {book}.activities a LEFT JOIN {book}.requests r ON r.id = a.request_id
        WHERE r.key IS DISTINCT FROM a.source || '/' || a.source_event_id
           OR r.kind <> CASE WHEN a.refund_of IS NULL THEN 'activity' ELSE 'activity_refund' END
           OR r.entry_id IS DISTINCT FROM a.entry_id OR r.decided_at <> a.received_at
           OR NOT starts_with(r.outcome, '["' || a.id || '",' || coalesce('"' || a.entry_id || '"', 'null') || ',"'
                              || a.member_id || '","' || a.state || '",')
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
    rule(
        "activity_amount_is_reported",
        "an activity's amount is what its payload says in the field that its type measures by, and its member and type are of"
        " its programme",
        f"""
        WITH types (programme_id, code, field) AS (
            SELECT p.id, shipped.code, shipped.field FROM registry.programmes p CROSS JOIN (VALUES {_SHIPPED}) shipped (code, field)
            UNION ALL SELECT programme_id, code, amount_field FROM registry.activity_types
        )
        SELECT a.id AS subject, a.type, a.amount, a.programme_id, h.programme_id AS member_programme
        FROM {{book}}.activities a
        LEFT JOIN {{book}}.holders h ON h.id = a.member_id
        LEFT JOIN types t ON t.programme_id = a.programme_id AND t.code = a.type
        WHERE t.code IS NULL OR a.programme_id IS DISTINCT FROM h.programme_id
           OR (a.type = 'refund') <> (a.refund_of IS NOT NULL)
           OR a.amount IS DISTINCT FROM CASE WHEN t.field IS NOT NULL THEN (a.payload::jsonb ->> t.field)::bigint END
        """,  # noqa: S608
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
        SELECT s.id AS subject, c.id AS campaign_id, substr(s.code, length('budget::' || c.code) + 1) AS pays,
               a.id AS account_id
        FROM registry.assets s
        LEFT JOIN registry.campaigns c ON c.programme_id = s.programme_id AND c.code = split_part(s.code, ':', 2)
        LEFT JOIN {book}.accounts a ON a.asset_id = s.id AND a.role = 'budget' AND a.holder_id = s.programme_id
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
