"""The rules of what the book counts and names beside its accounts: transfer totals, payment codes, approvals."""

from ledger.engine.check_rule import Row, Rule, rule
from ledger.points.payment_code import TTL
from ledger.points.rows import transfer_total_id


def _has_other_total_id(row: Row) -> bool:
    return bool(transfer_total_id(row["account_id"], row["period"], row["starts_on"]) != row["subject"])


COUNT_RULES: tuple[Rule, ...] = (
    rule(
        "transfer_total_matches_entries",
        "a wallet's total of a local day or month is what its transfers of that day or month moved",
        """
        WITH sent AS (
            SELECT p.source_id AS account_id, p.amount, (e.posted_at AT TIME ZONE programme.time_zone)::date AS day
            FROM {book}.journal_entries e
            JOIN {book}.postings p ON p.entry_id = e.id
            JOIN {book}.accounts a ON a.id = p.source_id AND a.role = 'wallet'
            JOIN registry.programmes programme ON programme.id = a.programme_id
            WHERE e.kind = 'transfer'
        ), counted AS (
            SELECT account_id, 'day' AS period, day AS starts_on, sum(amount) AS amount FROM sent GROUP BY 1, 3
            UNION ALL
            SELECT account_id, 'month', date_trunc('month', day)::date, sum(amount) FROM sent GROUP BY 1, 3
        )
        SELECT coalesce(total.account_id, counted.account_id) AS subject, period, starts_on, total.amount,
               counted.amount AS counted
        FROM {book}.transfer_totals total FULL JOIN counted USING (account_id, period, starts_on)
        WHERE total.amount IS DISTINCT FROM counted.amount
        """,
    ),
    rule(
        "transfer_total_id_names_total",
        "a total's id is computed from wallet, period and first day",
        "SELECT id AS subject, account_id, period, starts_on FROM {book}.transfer_totals",
        _has_other_total_id,
    ),
    rule(
        "payment_code_matches_event",
        "a payment code is of the member for whom it was made, and good for as long as such codes are",
        f"""
        SELECT code.id AS subject, code.member_id, code.expires_at, made.record
        FROM {{book}}.payment_codes code
        LEFT JOIN (
            SELECT event.resource_id, convert_from(event.record, 'UTF8')::jsonb AS record
            FROM audit.events event JOIN {{book}}.payment_codes code ON code.id = event.resource_id
        ) made ON made.resource_id = code.id
        WHERE (made.record #>> '{{subjects,0}}', (made.record ->> 'at')::timestamptz)
              IS DISTINCT FROM (code.member_id::text, code.expires_at - interval '{TTL.total_seconds():.0f} seconds')
        """,  # noqa: S608
    ),
    rule(
        "merchant_spent_with_consent",
        "a merchant took points by a payment code only, apart from what members set aside for it",
        """
        SELECT e.id AS subject, e.actor FROM {book}.journal_entries e
        WHERE e.kind = 'spend' AND starts_with(e.actor, 'merchant:')
          AND NOT EXISTS (SELECT FROM {book}.payment_codes code WHERE code.entry_id = e.id)
        """,
    ),
    rule(
        "payment_code_matches_spend",
        "a payment code that was used names one spend of its member and asset, in its time and within its maximum, and"
        " no other code names that spend",
        """
        SELECT code.id AS subject, code.entry_id, e.kind, e.amount, code.amount_max
        FROM (SELECT *, count(*) OVER (PARTITION BY entry_id) AS codes FROM {book}.payment_codes
              WHERE entry_id IS NOT NULL) code
        LEFT JOIN {book}.journal_entries e ON e.id = code.entry_id
        WHERE (e.kind = 'spend' AND e.member_id = code.member_id AND e.asset_id = code.asset_id
               AND e.posted_at < code.expires_at AND e.amount <= coalesce(code.amount_max, e.amount)
               AND code.codes = 1) IS NOT TRUE
        """,
    ),
    rule(
        "approval_matches_entry",
        "an approval that names an entry was given, and the entry was posted when it was",
        """
        SELECT approval.id AS subject, approval.state, approval.entry_id, e.posted_at, approval.decided_at
        FROM registry.approvals approval LEFT JOIN {book}.journal_entries e ON e.id = approval.entry_id
        WHERE approval.entry_id IS NOT NULL
          AND (approval.state = 'approved' AND e.posted_at = approval.decided_at) IS NOT TRUE
        """,
    ),
)
