"""The rule of inactivity: every wallet's date, and what has died with it, by a replay of its entries."""

from typing import Final

from ledger.engine.check_rule import Row, rule
from ledger.points.life import Life, Move


def _lived_otherwise(row: Row) -> bool:
    """Whether no life that its entries allow leaves the wallet so: where it is not told which terms stood at an entry, it
    had one of those.
    """
    lives, every, zone = {Life()}, row["policies"], row["time_zone"]
    for *fields, policies in row["moves"] or ():
        move = Move(*fields)
        lives = {life.after(move, policy, zone) for policy in set(policies or every) for life in lives}
        if len(lives) > 1:
            lives = _that_may_end_so(lives, row["died_version"], move.version)
    return (row["inactive_at"], row["died_version"]) not in lives


def _that_may_end_so(lives: set[Life], died_version: int | None, version: int) -> set[Life]:
    """Few, however many there were: deaths before that version are forgotten by it, and after it there is none."""
    if died_version is not None and version <= died_version:
        return {Life(life.inactive_at) for life in lives}
    return {life for life in lives if life.died_version == died_version}


INACTIVITY_RULES: Final = (
    # Terms are changed between batches (docs/decisions/0027), so transactions tell which stood at an entry, until they are
    # forgotten: then any did.
    rule(
        "inactivity_matches_entries",
        "where the policy is inactivity, a wallet dies when its entries let it, and up to the version that had died when it was"
        " given a later date its lots are dead, by the terms of their time",
        """
        WITH versions AS MATERIALIZED (
            SELECT event.resource_id AS id, event.tx_id, (told.record #>> '{streams,0,1}')::bigint AS version,
                   told.record #>> '{facts,expiry}' AS expiry
            FROM (SELECT id FROM registry.assets WHERE version > 1 AND starts_with(expiry, 'inactive ') OFFSET 0) s
            JOIN audit.events event ON event.resource_id = s.id
            CROSS JOIN LATERAL (SELECT convert_from(event.record, 'UTF8')::jsonb AS record OFFSET 0) told
            WHERE told.record -> 'facts' ? 'expiry'
        ), terms AS MATERIALIZED (
            SELECT s.id, p.time_zone, CASE s.version WHEN 1 THEN ARRAY[s.expiry]
                   ELSE array_agg(v.expiry ORDER BY v.version) END AS policies
            FROM registry.assets s
            JOIN registry.programmes p ON p.id = s.programme_id
            LEFT JOIN versions v ON v.id = s.id
            WHERE starts_with(s.expiry, 'inactive ')
            GROUP BY s.id, p.time_zone HAVING s.version = 1 OR count(v.version) >= s.version
        ), waiting AS MATERIALIZED (
            SELECT lot.entry_id FROM terms
            JOIN {book}.accounts a ON a.asset_id = terms.id AND a.role = 'pending'
            JOIN {book}.lots lot ON lot.account_id = a.id
        ), arrived AS MATERIALIZED (
            SELECT lot.account_id, lot.account_version, max(lot.expires_at) AS dies_at,
                   max(source.expiry) FILTER (WHERE source.expiry ~ 'inactive ') AS policy
            FROM {book}.lots lot JOIN {book}.lots source ON source.id = lot.source_lot_id
            GROUP BY lot.account_id, lot.account_version
        ), moves AS (
            SELECT line.account_id, array_agg(ROW(
                line.version, e.posted_at, (e.effective_at AT TIME ZONE terms.time_zone)::date,
                CASE WHEN e.kind NOT IN ('earn', 'activity', 'spend', 'capture', 'voucher_claim') THEN e.effective_at END,
                CASE WHEN e.kind NOT IN ('earn', 'activity', 'spend', 'capture', 'voucher_claim') THEN NOT EXISTS (
                    SELECT FROM {book}.statement_lines earlier WHERE earlier.account_id = line.account_id
                    AND earlier.version = line.version - 1 AND earlier.posted_after > 0) END,
                CASE e.kind WHEN 'reverse' THEN arrived.dies_at END,
                CASE WHEN arrived.policy IS NOT NULL THEN ARRAY[arrived.policy] WHEN cardinality(terms.policies) > 1 THEN (
                    SELECT terms.policies[1 + count(*) FILTER (WHERE e.tx_id > v.tx_id)
                                        : 1 + count(*) FILTER (WHERE e.tx_id >= v.tx_id)] FROM versions v
                    WHERE v.id = terms.id AND v.version > 1) END) ORDER BY line.version) AS moves
            FROM terms
            JOIN {book}.accounts w ON w.asset_id = terms.id AND w.role = 'wallet'
            JOIN {book}.statement_lines line ON line.account_id = w.id
            JOIN {book}.journal_entries e ON e.id = line.entry_id
            LEFT JOIN arrived ON arrived.account_id = line.account_id AND arrived.account_version = line.version
            WHERE (SELECT count(*) > 0 FROM terms) AND CASE e.kind WHEN 'earn' THEN e.id NOT IN (SELECT entry_id FROM waiting)
                WHEN 'adjust' THEN EXISTS (SELECT FROM {book}.lots lot WHERE lot.entry_id = e.id)
                ELSE e.kind IN ('activity', 'spend', 'capture', 'voucher_claim', 'opening') OR arrived.dies_at IS NOT NULL END
            GROUP BY line.account_id
        )
        SELECT w.id AS subject, w.inactive_at, w.died_version, terms.policies, terms.time_zone, moves.moves
        FROM terms
        JOIN {book}.accounts w ON w.asset_id = terms.id AND w.role = 'wallet'
        LEFT JOIN moves ON moves.account_id = w.id
        """,
        _lived_otherwise,
    ),
)
