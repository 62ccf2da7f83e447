"""The rules of lots, draws, holds and wallets: every projection against the entries it comes from."""

from ledger.engine.check_rule import Rule, rule
from ledger.points.count_checks import COUNT_RULES
from ledger.points.grant_checks import GRANT_RULES
from ledger.points.inactivity_checks import INACTIVITY_RULES
from ledger.points.term_checks import TERM_RULES

LOT_RULES = (
    rule(
        "lot_matches_draws",
        "a lot holds what was granted less what was taken and plus what was given back; its held part is what stays"
        " set aside; every draw names a lot of its own account",
        """
        SELECT coalesce(lot.id, drawn.lot_id) AS subject, lot.granted, lot.remaining, drawn.taken, lot.held,
               drawn.held AS set_aside
        FROM {book}.lots lot
        FULL JOIN (
            SELECT lot_id, account_id,
                   sum(CASE kind WHEN 'take' THEN amount WHEN 'give_back' THEN -amount ELSE 0 END) AS taken,
                   sum(CASE kind WHEN 'set_aside' THEN amount WHEN 'release' THEN -amount ELSE 0 END) AS held
            FROM {book}.draws GROUP BY lot_id, account_id
        ) drawn ON drawn.lot_id = lot.id AND drawn.account_id = lot.account_id
        WHERE lot.id IS NULL OR lot.remaining <> lot.granted - coalesce(drawn.taken, 0)
           OR lot.held <> coalesce(drawn.held, 0) OR NOT 0 <= lot.held OR NOT lot.held <= lot.remaining
           OR NOT lot.remaining <= lot.granted
        """,
    ),
    rule(
        "lots_sum_to_account",
        "a wallet, a pending and a voucher account hold exactly the sum of their lots, and what is held is held in lots",
        """
        SELECT coalesce(a.id, lots.account_id) AS subject, a.role, a.posted, lots.remaining, a.held,
               lots.held AS lots_held
        FROM (SELECT id, role, posted, held FROM {book}.accounts WHERE role IN ('wallet', 'pending', 'voucher')) a
        FULL JOIN (SELECT account_id, sum(remaining) AS remaining, sum(held) AS held
                   FROM {book}.lots GROUP BY account_id) lots ON lots.account_id = a.id
        WHERE a.id IS NULL OR a.posted <> coalesce(lots.remaining, 0) OR a.held <> coalesce(lots.held, 0)
        """,
    ),
    rule(
        "lots_match_postings",
        "what an entry brought to a wallet, pending or voucher account is in lots granted or given back, and what it took was"
        " drawn from lots",
        """
        WITH kept AS (SELECT id FROM {book}.accounts WHERE role IN ('wallet', 'pending', 'voucher')), moved AS (
            SELECT entry_id, account_id, sum(came) AS came, sum(went) AS went FROM (
                SELECT entry_id, destination_id AS account_id, amount AS came, 0 AS went FROM {book}.postings
                UNION ALL SELECT entry_id, source_id, 0, amount FROM {book}.postings) sides
            JOIN kept ON kept.id = sides.account_id GROUP BY entry_id, account_id
        ), drawn AS (
            SELECT entry_id, account_id, sum(came) AS came, sum(went) AS went FROM (
                SELECT entry_id, account_id, granted AS came, 0 AS went FROM {book}.lots
                UNION ALL SELECT entry_id, account_id, amount, 0 FROM {book}.draws WHERE kind = 'give_back'
                UNION ALL SELECT entry_id, account_id, 0, amount FROM {book}.draws WHERE kind = 'take') parts
            GROUP BY entry_id, account_id
        )
        SELECT coalesce(moved.entry_id, drawn.entry_id) AS subject, coalesce(moved.account_id, drawn.account_id) AS account_id,
               moved.came AS posted_in, drawn.came AS lots_in, moved.went AS posted_out, drawn.went AS lots_out
        FROM moved FULL JOIN drawn USING (entry_id, account_id)
        WHERE (coalesce(moved.came, 0), coalesce(moved.went, 0)) <> (coalesce(drawn.came, 0), coalesce(drawn.went, 0))
        """,
    ),
    rule(
        "lot_names_its_grant",
        "a lot names the statement line of its grant, and the lot it comes from exists; pending lots know their policy",
        """
        SELECT lot.id AS subject, lot.entry_id, lot.account_version, line.entry_id AS line_entry, lot.source_lot_id
        FROM {book}.lots lot
        JOIN {book}.accounts a ON a.id = lot.account_id
        LEFT JOIN {book}.statement_lines line
            ON line.account_id = lot.account_id AND line.version = lot.account_version
        LEFT JOIN {book}.lots source ON source.id = lot.source_lot_id
        WHERE line.entry_id IS DISTINCT FROM lot.entry_id OR (lot.source_lot_id IS NOT NULL AND source.id IS NULL)
           OR (a.role IN ('wallet', 'voucher') AND (lot.activates_at IS NOT NULL OR lot.expiry IS NOT NULL))
           OR (a.role = 'pending' AND (lot.expiry IS NULL OR lot.expires_at <> '9999-12-31 00:00:00+00'))
        """,
    ),
)

HOLD_RULES = (
    rule(
        "hold_matches_draws",
        "a hold set aside its amount from lots, and released all of it in the entry that ended it",
        """
        SELECT coalesce(h.id, asided.entry_id) AS subject, h.amount, h.state, asided.amount AS set_aside,
               released.amount AS released
        FROM {book}.holds h
        FULL JOIN (SELECT entry_id, account_id, sum(amount) AS amount FROM {book}.draws WHERE kind = 'set_aside'
                   GROUP BY entry_id, account_id) asided ON asided.entry_id = h.id AND asided.account_id = h.account_id
        FULL JOIN (SELECT e.original_entry_id, d.account_id, sum(d.amount) AS amount
                   FROM {book}.draws d JOIN {book}.journal_entries e ON e.id = d.entry_id
                   WHERE d.kind = 'release' GROUP BY e.original_entry_id, d.account_id) released
            ON released.original_entry_id = h.id AND released.account_id = h.account_id
        WHERE h.id IS NULL OR h.amount IS DISTINCT FROM asided.amount
           OR coalesce(released.amount, 0) <> CASE h.state WHEN 'open' THEN 0 ELSE h.amount END
        """,
    ),
    rule(
        "hold_matches_entries",
        "a hold is for the merchant that the entry which opened it names; its state is told by the entry that ended it, and what"
        " was captured by that entry's amount",
        """
        SELECT coalesce(h.id, opened.id, ended.original_entry_id) AS subject, h.state, h.captured, ended.kind,
               ended.amount, ended.count, h.merchant_id, opened.merchant_id AS opened_for
        FROM {book}.holds h
        FULL JOIN (SELECT id, merchant_id FROM {book}.journal_entries WHERE kind = 'hold') opened ON opened.id = h.id
        FULL JOIN (SELECT original_entry_id, min(kind) AS kind, count(*) AS count, sum(amount) AS amount
                   FROM {book}.journal_entries WHERE kind IN ('capture', 'release', 'lapse')
                   GROUP BY original_entry_id) ended ON ended.original_entry_id = h.id
        WHERE h.id IS NULL OR opened.id IS NULL OR coalesce(ended.count, 0) > 1
           OR h.merchant_id IS DISTINCT FROM opened.merchant_id
           OR h.state <> CASE ended.kind WHEN 'capture' THEN 'captured' WHEN 'release' THEN 'released'
                                         WHEN 'lapse' THEN 'lapsed' ELSE 'open' END
           OR h.captured <> CASE ended.kind WHEN 'capture' THEN ended.amount ELSE 0 END
        """,
    ),
    rule(
        "holds_sum_to_account",
        "a wallet holds the sum of its open holds",
        """
        SELECT coalesce(a.id, h.account_id) AS subject, a.held, h.amount AS holds
        FROM (SELECT id, held FROM {book}.accounts WHERE role = 'wallet') a
        FULL JOIN (SELECT account_id, sum(amount) AS amount FROM {book}.holds WHERE state = 'open'
                   GROUP BY account_id) h ON h.account_id = a.id
        WHERE coalesce(a.held, 0) <> coalesce(h.amount, 0) OR a.id IS NULL
        """,
    ),
)

_LOTS = """
    WITH lots AS (
        SELECT account_id, min(expires_at) FILTER (WHERE remaining > held) AS unheld_dies_at,
               min(activates_at) AS activates_at
        FROM {book}.lots WHERE is_open GROUP BY account_id
    ), holds AS (SELECT account_id, min(deadline) AS deadline FROM {book}.holds WHERE state = 'open' GROUP BY account_id)
"""

WALLET_RULES = (
    rule(
        "next_due_not_late",
        "nothing of a wallet falls due before its `next_due_at`",
        _LOTS  # noqa: S608
        + """
        SELECT w.id AS subject, w.next_due_at, least(own.unheld_dies_at, waiting.activates_at, holds.deadline,
               CASE WHEN w.posted > w.held THEN w.inactive_at END) AS due_at
        FROM {book}.accounts w
        LEFT JOIN lots own ON own.account_id = w.id
        LEFT JOIN {book}.accounts p ON p.holder_id = w.holder_id AND p.asset_id = w.asset_id AND p.role = 'pending'
        LEFT JOIN lots waiting ON waiting.account_id = p.id
        LEFT JOIN holds ON holds.account_id = w.id
        WHERE w.role = 'wallet' AND w.next_due_at > least(own.unheld_dies_at, waiting.activates_at, holds.deadline,
              CASE WHEN w.posted > w.held THEN w.inactive_at END)
        """,
    ),
    rule(
        "next_expiry_exact",
        "a wallet's `next_expiry_at` is when the first of what is not held dies",
        _LOTS  # noqa: S608
        + """
        SELECT w.id AS subject, w.next_expiry_at, least(own.unheld_dies_at, w.inactive_at) AS dies_at
        FROM {book}.accounts w LEFT JOIN lots own ON own.account_id = w.id
        WHERE w.role = 'wallet' AND w.next_expiry_at <> CASE WHEN own.unheld_dies_at IS NULL
              THEN timestamptz '9999-12-31 00:00:00+00' ELSE least(own.unheld_dies_at, w.inactive_at) END
        """,
    ),
    rule(
        "owing_matches_owed",
        "a wallet says that something is owed exactly where its owed account is below zero",
        """
        SELECT coalesce(w.id, o.id) AS subject, w.owing, o.posted AS owed
        FROM (SELECT id, holder_id, asset_id, owing FROM {book}.accounts WHERE role = 'wallet') w
        FULL JOIN (SELECT id, holder_id, asset_id, posted FROM {book}.accounts WHERE role = 'owed') o
            USING (holder_id, asset_id)
        WHERE coalesce(w.owing, false) <> (coalesce(o.posted, 0) < 0)
        """,
    ),
    rule(
        "died_lots_stay_dead",
        "what died with a wallet that lives on is not there but for what is held; only a wallet with a date for inactivity has"
        " died, before its last entry",
        """
        SELECT coalesce(lot.id, a.id) AS subject, a.role, a.inactive_at, a.version, a.died_version, lot.account_version,
               lot.remaining, lot.held
        FROM {book}.accounts a
        LEFT JOIN {book}.lots lot
            ON lot.account_id = a.id AND lot.account_version <= a.died_version AND lot.remaining > lot.held
        WHERE a.died_version IS NOT NULL
          AND (lot.id IS NOT NULL OR a.role <> 'wallet' OR a.inactive_at IS NULL
               OR a.died_version NOT BETWEEN 1 AND a.version - 1)
        """,
    ),
    rule(
        "entry_amount_matches_lines",
        "an entry's headline amount is what its postings, or its draws for a hold, moved",
        """
        WITH out AS (
            SELECT p.entry_id, sum(p.amount) FILTER (WHERE s.role = 'issuance') AS issued,
                   sum(p.amount) FILTER (WHERE s.role = 'wallet') AS spent,
                   sum(p.amount) FILTER (WHERE s.role = 'pending') AS activated
            FROM {book}.postings p JOIN {book}.accounts s ON s.id = p.source_id GROUP BY p.entry_id
        ), asided AS (SELECT entry_id, sum(amount) AS amount FROM {book}.draws
                      WHERE kind = 'set_aside' GROUP BY entry_id)
        SELECT e.id AS subject, e.kind, e.amount, out.issued, out.spent, out.activated, asided.amount AS set_aside
        FROM {book}.journal_entries e
        LEFT JOIN out ON out.entry_id = e.id
        LEFT JOIN asided ON asided.entry_id = e.id
        WHERE e.kind IN ('earn', 'opening', 'spend', 'capture', 'expiry', 'activation', 'confirm', 'cancel', 'hold')
          AND e.amount IS DISTINCT FROM CASE e.kind WHEN 'earn' THEN out.issued
              WHEN 'opening' THEN out.issued WHEN 'hold' THEN asided.amount
              WHEN 'spend' THEN out.spent WHEN 'capture' THEN out.spent WHEN 'expiry' THEN out.spent
              ELSE out.activated END
        """,
    ),
    rule(
        "entry_money_matches_postings",
        "what an entry says its points were worth is what its postings moved from the bank to the merchant, or back",
        """
        WITH funding AS (SELECT id FROM {book}.accounts WHERE role = 'funding'), paid AS (
            SELECT entry_id, sum(amount) AS amount FROM (
                SELECT entry_id, amount FROM {book}.postings JOIN funding ON funding.id = source_id
                UNION ALL SELECT entry_id, -amount FROM {book}.postings JOIN funding ON funding.id = destination_id) sides
            GROUP BY entry_id
        )
        SELECT e.id AS subject, e.kind, e.money_minor, paid.amount AS paid
        FROM {book}.journal_entries e LEFT JOIN paid ON paid.entry_id = e.id
        WHERE coalesce(e.money_minor, 0) <> coalesce(CASE e.kind WHEN 'reverse' THEN -paid.amount ELSE paid.amount END, 0)
        """,
    ),
)

RULES: tuple[Rule, ...] = (
    *LOT_RULES,
    *GRANT_RULES,
    *TERM_RULES,
    *HOLD_RULES,
    *WALLET_RULES,
    *INACTIVITY_RULES,
    *COUNT_RULES,
)
