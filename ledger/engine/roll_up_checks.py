"""The rules of roll-ups: sums up to a cut, against the postings they stand for."""

from ledger.engine.check_rule import rule

ROLL_UP_RULES = (
    rule(
        "roll_up_matches_postings",
        "each roll-up is the sum of its account's postings in transactions before its cut",
        """
        WITH steps AS (
            SELECT account_id, tx_id, sum(amount) AS posted, NULL::numeric AS stored FROM (
                SELECT p.destination_id AS account_id, e.tx_id, p.amount
                FROM {book}.postings p JOIN {book}.journal_entries e ON e.id = p.entry_id
                UNION ALL
                SELECT p.source_id, e.tx_id, -p.amount
                FROM {book}.postings p JOIN {book}.journal_entries e ON e.id = p.entry_id) sides
            WHERE account_id IN (SELECT account_id FROM {book}.roll_ups)
            GROUP BY account_id, tx_id
            UNION ALL
            SELECT account_id, cut_tx_id, 0, posted FROM {book}.roll_ups
        ), running AS (
            SELECT account_id, tx_id, stored,
                   coalesce(sum(posted) OVER (PARTITION BY account_id ORDER BY tx_id
                       GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS posted
            FROM steps
        )
        SELECT account_id AS subject, tx_id::text AS cut_tx_id, stored, posted AS postings FROM running
        WHERE stored IS NOT NULL AND stored <> posted
        """,
    ),
    rule(
        "roll_up_is_complete",
        "an open account that moved before the latest cut has a roll-up, and every roll-up a cut and an open account",
        """
        WITH touched AS (
            SELECT p.source_id AS account_id, e.tx_id
            FROM {book}.postings p JOIN {book}.journal_entries e ON e.id = p.entry_id
            UNION ALL SELECT p.destination_id, e.tx_id
            FROM {book}.postings p JOIN {book}.journal_entries e ON e.id = p.entry_id
        ), last AS (
            SELECT account_id, max(tx_id) AS moved FROM touched
            WHERE tx_id < (SELECT max(cut_tx_id) FROM {book}.roll_up_cuts) GROUP BY account_id
        )
        SELECT a.id AS subject, last.moved::text AS last_moved, NULL AS cut_tx_id
        FROM last JOIN {book}.accounts a ON a.id = last.account_id AND a.floor IS NULL AND a.ceiling IS NULL
        WHERE NOT EXISTS (SELECT FROM {book}.roll_ups r WHERE r.account_id = a.id AND r.cut_tx_id > last.moved)
        UNION ALL
        SELECT r.account_id, NULL, r.cut_tx_id::text FROM {book}.roll_ups r
        LEFT JOIN {book}.roll_up_cuts c USING (cut_tx_id)
        LEFT JOIN {book}.accounts a ON a.id = r.account_id AND a.floor IS NULL AND a.ceiling IS NULL
        WHERE c.cut_tx_id IS NULL OR a.id IS NULL
        """,
    ),
    rule(
        "transactions_are_past",
        "entries and cuts name transactions of this cluster; after a restore from a dump they do not until"
        " `forget_transactions` was called",
        """
        SELECT 'entries' AS subject, count(*) AS rows, max(tx_id::text) AS latest FROM {book}.journal_entries
        WHERE tx_id >= pg_snapshot_xmax(pg_current_snapshot()) HAVING count(*) > 0
        UNION ALL
        SELECT 'roll-up cuts', count(*), max(cut_tx_id::text) FROM {book}.roll_up_cuts
        WHERE cut_tx_id > pg_snapshot_xmax(pg_current_snapshot()) HAVING count(*) > 0
        """,
    ),
)
