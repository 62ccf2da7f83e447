"""The book's own rules: accounts, statement lines, entries, requests and audit events against each other.

Every comparison runs both ways (FULL JOIN), so that a missing row is found as surely as a wrong one.
"""

from uuid import UUID

from ledger.book.account import BOUNDS, Role, account_id
from ledger.engine.check_rule import Row, Rule, rule
from ledger.engine.claim import CLAIM_AFTER_SQL
from ledger.engine.request import reference_id, request_id
from ledger.engine.roll_up_checks import ROLL_UP_RULES


def _has_other_id(row: Row) -> bool:
    computed: UUID = account_id(row["holder_id"], row["asset_id"], Role(row["role"]))
    return bool(computed != row["subject"])


def _has_other_request_id(row: Row) -> bool:
    _, is_claim, claimed = row["kind"].partition("reference:")
    client, key = row["client"], row["key"]
    computed = reference_id(client, claimed, key) if is_claim else request_id(client, key)
    return bool(computed.hex() != row["subject"])


def _has_other_bounds(row: Row) -> bool:
    return BOUNDS.get(Role(row["role"]), (None, None)) != (row["floor"], row["ceiling"])


_SUMS = """
    WITH moved AS (
        SELECT account_id, sum(amount)::bigint AS posted FROM (
            SELECT destination_id AS account_id, sum(amount) AS amount FROM {book}.postings GROUP BY 1
            UNION ALL
            SELECT source_id, -sum(amount) FROM {book}.postings GROUP BY 1) sides
        GROUP BY account_id
    )
"""

ACCOUNT_RULES = (
    rule(
        "account_matches_postings",
        "a guarded account's balance is the sum of its postings, and every posting moves between accounts",
        _SUMS  # noqa: S608
        + """
        SELECT coalesce(a.id, moved.account_id) AS subject, a.role, a.posted AS stored, moved.posted AS postings
        FROM {book}.accounts a FULL JOIN moved ON moved.account_id = a.id
        WHERE a.id IS NULL
           OR ((a.floor IS NOT NULL OR a.ceiling IS NOT NULL) AND a.posted <> coalesce(moved.posted, 0))
           OR (a.floor IS NULL AND a.ceiling IS NULL AND (a.posted, a.held, a.version) <> (0, 0, 0))
        """,
    ),
    rule(
        "asset_sums_to_zero",
        "the balances of all accounts of an asset, guarded as stored and open as posted, cancel out",
        _SUMS  # noqa: S608
        + """
        SELECT a.asset_id AS subject, sum(balance.posted) AS total
        FROM {book}.accounts a
        LEFT JOIN moved ON moved.account_id = a.id
        CROSS JOIN LATERAL (SELECT CASE WHEN a.floor IS NULL AND a.ceiling IS NULL THEN coalesce(moved.posted, 0)
                                   ELSE a.posted END AS posted) balance
        GROUP BY a.asset_id HAVING sum(balance.posted) <> 0
        """,
    ),
    rule(
        "account_matches_last_line",
        "an account's version, balance and held amount are those of its last statement line",
        """
        SELECT coalesce(a.id, last.account_id) AS subject, a.version, last.version AS last_version, last.lines,
               a.posted, last.posted_after, a.held, last.held_after
        FROM {book}.accounts a
        FULL JOIN (
            SELECT line.account_id, line.version, counted.lines, line.posted_after, line.held_after
            FROM (SELECT account_id, max(version) AS version, count(*) AS lines
                  FROM {book}.statement_lines GROUP BY account_id) counted
            JOIN {book}.statement_lines line USING (account_id, version)
        ) last ON last.account_id = a.id
        WHERE (a.version, a.posted, a.held, a.version) IS DISTINCT FROM
              (coalesce(last.version, 0), coalesce(last.posted_after, 0), coalesce(last.held_after, 0),
               coalesce(last.lines, 0))
        """,
    ),
    rule(
        "statement_line_matches_entry",
        "versions run 1, 2, 3 …; each line adds what its entry posted and set aside, and every such entry has its line",
        """
        WITH guarded AS MATERIALIZED (
            SELECT id FROM {book}.accounts WHERE floor IS NOT NULL OR ceiling IS NOT NULL
        ), lines AS (
            SELECT account_id, entry_id, version, version - row_number() OVER history AS gap,
                   posted_after - coalesce(lag(posted_after) OVER history, 0) AS posted,
                   held_after - coalesce(lag(held_after) OVER history, 0) AS held
            FROM {book}.statement_lines WINDOW history AS (PARTITION BY account_id ORDER BY version)
        ), effects AS (
            SELECT destination_id AS account_id, entry_id, amount AS posted, 0 AS held FROM {book}.postings
            UNION ALL SELECT source_id, entry_id, -amount, 0 FROM {book}.postings
            UNION ALL SELECT account_id, entry_id, 0, CASE kind WHEN 'set_aside' THEN amount ELSE -amount END
            FROM {book}.draws WHERE kind IN ('set_aside', 'release')
        )
        SELECT account_id AS subject, entry_id, min(version) AS version, sum(line_posted) AS line_posted,
               sum(posted) AS posted, sum(line_held) AS line_held, sum(held) AS set_aside
        FROM (
            SELECT account_id, entry_id, version, gap, posted AS line_posted, held AS line_held, 0 AS posted, 0 AS held
            FROM lines
            UNION ALL
            SELECT account_id, entry_id, NULL, 0, 0, 0, posted, held FROM effects
            WHERE account_id IN (SELECT id FROM guarded)) both_sides
        GROUP BY entry_id, account_id
        HAVING count(version) <> 1 OR bool_or(gap <> 0) OR sum(line_posted) <> sum(posted) OR sum(line_held) <> sum(held)
        """,
    ),
    rule(
        "account_state_matches_holder",
        "a wallet and a voucher account carry their holder's state, and every account its holder's programme",
        """
        SELECT a.id AS subject, a.state, h.state AS holder_state, a.programme_id, h.programme_id AS holder_programme
        FROM {book}.accounts a LEFT JOIN {book}.holders h ON h.id = a.holder_id
        WHERE h.id IS NULL OR a.programme_id <> h.programme_id OR (a.role IN ('wallet', 'voucher') AND a.state <> h.state)
        """,
    ),
    rule(
        "account_within_bounds",
        "a guarded account stays within its floor and ceiling, and only wallets hold",
        """
        SELECT a.id AS subject, a.role, a.posted, a.floor, a.ceiling, a.held
        FROM {book}.accounts a
        WHERE a.posted < a.floor OR a.posted > a.ceiling OR a.held < 0
           OR (a.held > 0 AND (a.role <> 'wallet' OR a.held > a.posted))
        """,
    ),
    rule(
        "account_fits_role",
        "only wallets owe and go inactive, only wallets and voucher accounts have something fall due, and all others are open"
        " unless they are budgets or stand as their holder does",
        """
        SELECT a.id AS subject, a.role, a.state, a.owing, a.inactive_at, a.next_due_at, a.next_expiry_at
        FROM {book}.accounts a LEFT JOIN {book}.holders h ON h.id = a.holder_id
        WHERE a.role <> 'wallet'
          AND (a.owing OR a.inactive_at IS NOT NULL
            OR (a.role <> 'voucher' AND (least(a.next_due_at, a.next_expiry_at) <> '9999-12-31 00:00:00+00'
                OR NOT a.state = ANY (CASE WHEN a.role = 'budget' THEN ARRAY['open', 'frozen']
                                          WHEN a.role IN ('pending', 'owed') THEN ARRAY['open', h.state]
                                          ELSE ARRAY['open'] END))))
        """,
    ),
    rule(
        "account_id_names_account",
        "an account's id is computed from its holder, asset and role",
        "SELECT id AS subject, holder_id, asset_id, role FROM {book}.accounts",
        _has_other_id,
    ),
    rule(
        "account_bounds_fit_role",
        "an account has the floor and ceiling of its role",
        "SELECT id AS subject, role, floor, ceiling FROM {book}.accounts",
        _has_other_bounds,
    ),
)

ENTRY_RULES = (
    rule(
        "posting_asset_matches_accounts",
        "a posting moves one asset between two accounts of that asset and of one programme",
        """
        SELECT p.entry_id AS subject, p.line, p.asset_id, s.asset_id AS source_asset, d.asset_id AS destination_asset
        FROM {book}.postings p
        LEFT JOIN {book}.accounts s ON s.id = p.source_id
        LEFT JOIN {book}.accounts d ON d.id = p.destination_id
        WHERE (p.asset_id, p.asset_id, s.programme_id) IS DISTINCT FROM (s.asset_id, d.asset_id, d.programme_id)
           OR s.id IS NULL OR p.amount <= 0
        """,
    ),
    rule(
        "rows_belong_to_entries",
        "every posting, statement line, draw and lot names an entry that exists",
        """
        SELECT lost.entry_id AS subject, lost.kind FROM (
            SELECT entry_id, 'posting' AS kind FROM {book}.postings
            UNION ALL SELECT entry_id, 'statement line' FROM {book}.statement_lines
            UNION ALL SELECT entry_id, 'draw' FROM {book}.draws
            UNION ALL SELECT entry_id, 'lot' FROM {book}.lots
            UNION ALL SELECT id, 'hold' FROM {book}.holds
            UNION ALL SELECT entry_id, 'member' FROM {book}.members) lost
        LEFT JOIN {book}.journal_entries e ON e.id = lost.entry_id
        WHERE e.id IS NULL
        """,
    ),
    rule(
        "lines_count_from_one",
        "the postings, the draws and the lots of an entry are numbered 1, 2, 3 … without gaps",
        """
        SELECT entry_id AS subject, 'posting' AS kind, max(line) AS last, count(*) AS lines
        FROM {book}.postings GROUP BY entry_id HAVING max(line) <> count(*) OR min(line) <> 1
        UNION ALL
        SELECT entry_id, 'draw', max(line), count(*)
        FROM {book}.draws GROUP BY entry_id HAVING max(line) <> count(*) OR min(line) <> 1
        UNION ALL
        SELECT entry_id, 'lot', max(line), count(*)
        FROM {book}.lots GROUP BY entry_id HAVING max(line) <> count(*) OR min(line) <> 1
        """,
    ),
    rule(
        "request_has_entry",
        "a request whose outcome names an entry names one that exists and that names the request",
        """
        SELECT encode(r.id, 'hex') AS subject, r.kind, r.entry_id
        FROM {book}.requests r
        LEFT JOIN {book}.journal_entries e ON e.id = r.entry_id
        WHERE r.entry_id IS NOT NULL AND NOT starts_with(r.kind, 'reference:')
          AND (e.id IS NULL OR e.request_id <> r.id OR starts_with(r.outcome, '{'))
        """,
    ),
    rule(
        "reference_matches_entry",
        "every reference is claimed by its entry, and every claim that names an entry is that entry's",
        """
        SELECT coalesce(e.id::text, encode(claim.id, 'hex')) AS subject, e.kind, claim.kind AS claimed,
               claim.entry_id AS claim_names
        FROM (SELECT id, kind, reference, actor, posted_at FROM {book}.journal_entries WHERE reference IS NOT NULL) e
        FULL JOIN (SELECT id, client, kind, key, entry_id, decided_at FROM {book}.requests
                   WHERE starts_with(kind, 'reference:') AND entry_id IS NOT NULL) claim
            ON claim.entry_id = e.id AND claim.key = e.reference AND claim.kind = 'reference:' || e.kind
        WHERE claim.id IS NULL OR e.id IS NULL OR (claim.client, claim.decided_at) <> (e.actor, e.posted_at)
        """,
    ),
    # Of other requests with an entry, which are nearly all, the entry knows the id; a claim's tells that none is twice.
    rule(
        "request_id_names_key",
        "the id of a claim is computed from its client, kind and reference, or from what an earlier claim of these waits for;"
        " of a request without an entry from its client and key",
        f"""
        SELECT encode(r.id, 'hex') AS subject, r.client, r.kind, r.key, r.decided_at
        FROM {{book}}.requests r
        LEFT JOIN (SELECT client, kind, key, {CLAIM_AFTER_SQL.format(waited="outcome")} AS after FROM {{book}}.requests
                   WHERE starts_with(kind, 'reference:') AND outcome <> '') earlier
            ON (earlier.after, earlier.client, earlier.kind, earlier.key) = (r.id, r.client, r.kind, r.key)
        WHERE (r.entry_id IS NULL OR starts_with(r.kind, 'reference:')) AND earlier.after IS NULL
        """,  # noqa: S608
        _has_other_request_id,
    ),
    rule(
        "id_names_book",
        "every id that this book minted carries its number",
        """
        SELECT minted.id AS subject, minted.kind FROM (
            SELECT id, 'entry' AS kind FROM {book}.journal_entries
            UNION ALL SELECT id, 'lot' FROM {book}.lots
            UNION ALL SELECT id, 'member' FROM {book}.members
            UNION ALL SELECT id, 'hold' FROM {book}.holds) minted
        WHERE substr(minted.id::text, 15, 4) <> '7' || lpad(to_hex(CAST(:book_number AS integer)), 3, '0')
        """,
    ),
    rule(
        "entry_times_in_order",
        "an entry takes effect no later than it is posted, and no earlier than the entry it undoes was known",
        """
        SELECT e.id AS subject, e.effective_at, e.posted_at, original.posted_at AS original_posted_at
        FROM {book}.journal_entries e
        LEFT JOIN {book}.journal_entries original ON original.id = e.original_entry_id
        WHERE e.effective_at > e.posted_at OR e.posted_at < original.posted_at
           OR (e.original_entry_id IS NOT NULL AND original.id IS NULL)
        """,
    ),
)

RULES: tuple[Rule, ...] = (*ACCOUNT_RULES, *ENTRY_RULES, *ROLL_UP_RULES)
