"""The rule of locks: what a voucher's row says of its lock is what the last event told, unless a use or an end took it away."""

from typing import Final

from ledger.engine.check_rule import rule

LOCK_RULES: Final = (
    # What is taken at the very instant of a lock may come before or after it, and so may what was taken by a replayed command.
    rule(
        "voucher_lock_matches_events",
        "every change of a voucher's lock has its audit event; a live voucher is locked as the last of them told, until it is"
        " released or used; a lock given up after the end of validity ended there; none reserves more than is left",
        """
        WITH told AS MATERIALIZED (
            SELECT event.resource_id, event.id, event.record
            FROM {book}.vouchers v JOIN audit.events event ON event.resource_id = v.id
        ), read AS MATERIALIZED (
            SELECT t.resource_id, t.id, convert_from(t.record, 'UTF8')::jsonb AS record
            FROM told t JOIN {book}.vouchers v ON v.id = t.resource_id AND v.is_live
        ), last AS MATERIALIZED (
            SELECT v.id, v.lot_id, v.lock_until AS row_until, r.id AS event_id, (r.record ->> 'at')::timestamptz AS at,
                   (r.record #>> '{facts,merchant}')::uuid AS merchant_id, (r.record #>> '{facts,units}')::bigint AS units,
                   (r.record #>> '{facts,until}')::timestamptz AS until
            FROM read r
            JOIN {book}.vouchers v ON v.id = r.resource_id AND v.version = (r.record #>> '{streams,0,1}')::bigint
        ), taken AS (
            SELECT last.event_id, bool_or(e.posted_at >= last.at OR e.id > last.event_id) AS maybe_since,
                   bool_or(e.posted_at > last.at AND e.id > last.event_id) AS surely_since,
                   bool_or(e.posted_at = last.row_until) AS at_its_end
            FROM last
            JOIN {book}.draws d ON d.lot_id = last.lot_id AND d.kind = 'take'
            JOIN {book}.journal_entries e ON e.id = d.entry_id
            GROUP BY last.event_id
        )
        SELECT v.id AS subject, v.version, events.count AS events, v.lock_units, last.units AS told_units, v.units_left,
               v.lock_merchant_id, last.merchant_id AS told_merchant_id, v.lock_until, last.until AS told_until
        FROM {book}.vouchers v
        LEFT JOIN (SELECT resource_id, count(*) AS count FROM told GROUP BY resource_id) events ON events.resource_id = v.id
        LEFT JOIN last ON last.id = v.id
        LEFT JOIN taken ON taken.event_id = last.event_id
        WHERE v.version <> coalesce(events.count, 0) OR v.lock_units > v.units_left
           OR num_nulls(v.lock_until, v.lock_merchant_id, v.lock_token_hash) NOT IN (0, 3)
           OR (v.lock_units > 0 AND (v.lock_until IS NULL OR v.state <> 'live'))
           OR (v.is_live AND CASE
               WHEN v.lock_units > 0 THEN taken.surely_since IS TRUE
                   OR (v.lock_merchant_id, v.lock_units, v.lock_until)
                      IS DISTINCT FROM (last.merchant_id, last.units, last.until)
               WHEN v.lock_until IS NOT NULL THEN v.lock_merchant_id IS DISTINCT FROM last.merchant_id
                   OR v.lock_until <= v.valid_until
                   OR (last.units = 0 AND v.lock_until = last.until OR taken.at_its_end) IS NOT TRUE
               ELSE last.units > 0 AND taken.maybe_since IS NOT TRUE END)
        """,
    ),
)
