"""The checker's rules of what an entry of each kind says, and when it took effect, where no answer and no event tells it."""

from typing import Final

from ledger.engine.check_rule import Rule, rule

_DATED: Final = """
    ('earn', 'refund', 'adjust', 'activity', 'activity_refund', 'activation', 'lapse', 'expiry', 'voucher_expiry')
"""
_WITHOUT_ASSET: Final = "('enrol', 'freeze', 'unfreeze', 'erase', 'campaign_start', 'campaign_pause', 'campaign_end')"
_OF_SEVERAL: Final = "('activity', 'activity_refund', 'redeem', 'close')"
_AT_MERCHANTS: Final = "('earn', 'spend', 'hold', 'redeem', 'activity', 'activity_refund')"
_WITH_REASON: Final = """
    ('earn', 'spend', 'adjust', 'refund', 'reverse', 'freeze', 'unfreeze', 'close', 'voucher_void', 'reverse_redemption')
"""
_UNDOING: Final = """
    ('confirm', 'cancel', 'refund', 'capture', 'release', 'lapse', 'reverse', 'reverse_redemption', 'activity_refund')
"""
_UNDONE: Final = """
    (('confirm', 'earn'), ('cancel', 'earn'), ('refund', 'earn'), ('capture', 'hold'), ('release', 'hold'), ('lapse', 'hold'),
     ('reverse', 'spend'), ('reverse', 'capture'), ('reverse_redemption', 'redeem'), ('activity_refund', 'activity'))
"""

KIND_RULES: Final[tuple[Rule, ...]] = (
    # The rule of what became of a voucher dates those that expired.
    rule(
        "entry_fits_its_kind",
        "an entry has an earlier time, an asset, an original of such a kind, a merchant, a reason, a rate and a sale where its"
        " kind has them; what undoes an entry names its merchant, and a hold that lapsed did so at its deadline",
        f"""
        SELECT e.id AS subject, e.kind, e.effective_at, e.posted_at, e.asset_id, e.original_entry_id, o.kind AS original_kind,
               e.merchant_id, o.merchant_id AS original_merchant, e.reason_code, e.money_minor, e.rate_id, e.sale_minor,
               h.deadline
        FROM {{book}}.journal_entries e
        LEFT JOIN {{book}}.journal_entries o ON o.id = e.original_entry_id
        LEFT JOIN {{book}}.holds h ON h.id = e.original_entry_id AND e.kind = 'lapse'
        WHERE (e.effective_at <> e.posted_at AND e.kind NOT IN {_DATED})
           OR e.effective_at <> h.deadline
           OR CASE WHEN e.kind IN {_WITHOUT_ASSET} THEN e.asset_id IS NOT NULL
                   ELSE e.asset_id IS NULL AND e.kind NOT IN {_OF_SEVERAL} END
           OR CASE WHEN e.kind IN {_UNDOING} THEN ((e.kind, o.kind) IN {_UNDONE}) IS NOT TRUE
                   ELSE e.original_entry_id IS NOT NULL END
           OR CASE WHEN e.kind IN {_AT_MERCHANTS} THEN false
                   ELSE e.merchant_id IS DISTINCT FROM o.merchant_id END
           OR (e.reason_code IS NOT NULL AND e.kind NOT IN {_WITH_REASON})
           OR (e.money_minor IS NULL) <> (e.rate_id IS NULL)
           OR (e.rate_id IS NOT NULL AND e.kind NOT IN ('spend', 'capture', 'reverse'))
           OR CASE e.kind WHEN 'earn' THEN false WHEN 'refund' THEN num_nulls(e.sale_minor, o.sale_minor) > 0
                   ELSE e.sale_minor IS NOT NULL END
        """,  # noqa: S608
    ),
    rule(
        "entry_names_its_only_asset",
        "a redemption, a closing, and what fills a stock or a budget name the asset that they moved where it is one, and else none",
        """
        SELECT e.id AS subject, e.kind, e.asset_id, min(p.asset_id::text) AS moved, max(p.asset_id::text) AS also_moved
        FROM {book}.journal_entries e LEFT JOIN {book}.postings p ON p.entry_id = e.id
        WHERE e.kind IN ('redeem', 'close', 'voucher_stock', 'voucher_import', 'campaign_budget')
        GROUP BY e.id
        HAVING e.asset_id::text
               IS DISTINCT FROM CASE WHEN min(p.asset_id::text) = max(p.asset_id::text) THEN min(p.asset_id::text) END
        """,
    ),
    rule(
        "activity_entry_says_what_it_gave",
        "what posted an activity's awards, or took them back, names what the member received or lost where that was points of one"
        " asset or one voucher, and else nothing",
        """
        WITH given AS (
            SELECT entry_id, asset_id, abs(sum(amount)) AS amount FROM {book}.awards WHERE kind = 'POINTS' GROUP BY 1, 2
            UNION ALL SELECT w.entry_id, w.asset_id, v.units
            FROM {book}.awards w JOIN {book}.vouchers v ON v.id = w.voucher_id WHERE w.kind = 'VOUCHER'
        ), sums AS (
            SELECT entry_id, min(asset_id::text) AS asset_id, sum(amount) AS amount FROM given
            GROUP BY entry_id HAVING count(*) = 1
        )
        SELECT e.id AS subject, e.kind, e.asset_id, sums.asset_id AS given_asset, e.amount, sums.amount AS given
        FROM {book}.journal_entries e LEFT JOIN sums ON sums.entry_id = e.id
        WHERE e.kind IN ('activity', 'activity_refund')
          AND (e.asset_id::text, e.amount) IS DISTINCT FROM (sums.asset_id, coalesce(sums.amount, 0))
        """,
    ),
    # What returns or arrives after its date expires with that entry, which stands before it on the statement.
    rule(
        "expiry_took_effect_when_due",
        "points expired when the last of their lots died, or with the entry that gave them back after it; not asked of assets"
        " that end by inactivity",
        """
        WITH odd AS MATERIALIZED (
            SELECT e.id, e.effective_at, e.posted_at, d.account_id, max(lot.expires_at) AS died_at, s.expiry
            FROM {book}.journal_entries e
            JOIN {book}.draws d ON d.entry_id = e.id
            JOIN {book}.lots lot ON lot.id = d.lot_id
            LEFT JOIN registry.assets s ON s.id = e.asset_id
            WHERE e.kind = 'expiry' AND starts_with(s.expiry, 'inactive ') IS NOT TRUE
            GROUP BY e.id, d.account_id, s.expiry HAVING e.effective_at <> max(lot.expires_at)
        )
        SELECT odd.id AS subject, odd.effective_at, odd.died_at, before.effective_at AS given_back_at
        FROM odd
        LEFT JOIN {book}.statement_lines line ON line.account_id = odd.account_id AND line.entry_id = odd.id
        LEFT JOIN {book}.statement_lines earlier
            ON earlier.account_id = odd.account_id AND earlier.version = line.version - 1
        LEFT JOIN {book}.journal_entries before ON before.id = earlier.entry_id
        WHERE odd.effective_at < odd.died_at OR odd.effective_at IS DISTINCT FROM before.effective_at
        """,
    ),
    rule(
        "activation_took_effect_when_due",
        "pending points were activated when their lot says",
        """
        SELECT e.id AS subject, e.effective_at, lot.activates_at
        FROM {book}.journal_entries e
        LEFT JOIN {book}.draws d ON d.entry_id = e.id
        LEFT JOIN {book}.lots lot ON lot.id = d.lot_id
        WHERE e.kind = 'activation' AND e.effective_at IS DISTINCT FROM lot.activates_at
        """,
    ),
    rule(
        "refund_matches_its_sale",
        "the refunds of an earn take back what the refunded part of its sale had earned; less where it was cancelled, or where"
        " its asset takes only pending points",
        """
        SELECT e.id AS subject, e.amount, e.sale_minor, back.amount AS refunded, back.sale AS refunded_sale
        FROM (SELECT original_entry_id, sum(amount) AS amount, sum(sale_minor) AS sale FROM {book}.journal_entries
              WHERE kind = 'refund' GROUP BY original_entry_id) back
        JOIN {book}.journal_entries e ON e.id = back.original_entry_id
        JOIN registry.assets s ON s.id = e.asset_id
        CROSS JOIN LATERAL (SELECT e.amount - div(e.amount * (e.sale_minor - back.sale), e.sale_minor) AS amount) due
        WHERE back.sale > e.sale_minor OR back.amount > due.amount
           OR (back.amount < due.amount AND s.version = 1 AND s.shortfall <> 'ONLY_PENDING'
               AND NOT EXISTS (SELECT FROM {book}.journal_entries ended
                               WHERE ended.original_entry_id = e.id AND ended.kind = 'cancel'))
        """,
    ),
    rule(
        "activity_refund_undoes_its_original",
        "what took an activity's awards back names the entry that posted them, and takes effect when the refund occurred, or"
        " when the period that was open then began",
        """
        SELECT e.id AS subject, e.original_entry_id, o.entry_id AS posted_by, e.effective_at, a.occurred_at, p.open_from
        FROM {book}.activities a
        JOIN {book}.journal_entries e ON e.id = a.entry_id
        LEFT JOIN {book}.activities o ON o.id = a.refund_of
        LEFT JOIN registry.programmes p ON p.id = a.programme_id
        WHERE a.refund_of IS NOT NULL
          AND (e.original_entry_id IS DISTINCT FROM o.entry_id OR e.effective_at < a.occurred_at
               OR (e.effective_at > a.occurred_at AND e.effective_at > p.open_from))
        """,
    ),
)
