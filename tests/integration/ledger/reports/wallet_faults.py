"""Faults in wallets and other accounts, with their postings, statement lines, roll-ups, lots, holds and totals."""

from tests.corruption import Corruption

_WALLET = "SELECT id, posted FROM book.accounts WHERE role = 'wallet' AND posted > 0 ORDER BY id LIMIT 1 OFFSET "

WALLET_FAULTS = (
    Corruption(
        rule="account_matches_postings",
        pick=_WALLET + "0",
        spoil="UPDATE book.accounts SET posted = posted + 1 WHERE id = $1",
    ),
    Corruption(
        rule="asset_sums_to_zero",
        pick="SELECT asset_id AS id FROM book.accounts WHERE role = 'wallet' AND posted > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.accounts SET posted = posted + 1 WHERE asset_id = $1 AND id = (SELECT id FROM book.accounts"
        " WHERE role = 'wallet' AND posted > 0 ORDER BY id LIMIT 1 OFFSET 1)",
    ),
    Corruption(
        rule="account_matches_last_line",
        pick=_WALLET + "2",
        spoil="UPDATE book.accounts SET version = version + 1 WHERE id = $1",
    ),
    Corruption(
        rule="statement_line_matches_entry",
        pick=_WALLET + "3",
        spoil="UPDATE book.statement_lines SET posted_after = posted_after + 7 WHERE account_id = $1 AND version = 2",
    ),
    Corruption(
        rule="statement_line_matches_entry",
        pick=_WALLET + "4",
        spoil="DELETE FROM book.statement_lines WHERE account_id = $1 AND version = 2",
    ),
    Corruption(
        rule="account_matches_postings",
        pick="SELECT source_id AS id FROM book.postings p JOIN book.accounts a ON a.id = p.source_id"
        " WHERE a.role = 'wallet' ORDER BY p.entry_id DESC LIMIT 1",
        spoil="UPDATE book.postings SET amount = amount + 1 WHERE (entry_id, line) = (SELECT entry_id, line"
        " FROM book.postings WHERE source_id = $1 ORDER BY entry_id DESC LIMIT 1)",
    ),
    Corruption(
        rule="account_fits_role",
        pick="SELECT id FROM book.accounts WHERE role = 'issuance' ORDER BY id LIMIT 1",
        spoil="UPDATE book.accounts SET state = 'frozen' WHERE id = $1",
    ),
    Corruption(
        rule="roll_up_matches_postings",
        pick="SELECT account_id AS id FROM book.roll_ups ORDER BY account_id LIMIT 1",
        spoil="UPDATE book.roll_ups SET posted = posted + 1 WHERE account_id = $1",
    ),
    Corruption(
        rule="roll_up_is_complete",
        pick="SELECT account_id AS id FROM book.roll_ups ORDER BY account_id LIMIT 1 OFFSET 1",
        spoil="DELETE FROM book.roll_ups WHERE account_id = $1",
    ),
    Corruption(
        rule="lot_matches_draws",
        pick="SELECT id FROM book.lots WHERE remaining < granted AND is_open ORDER BY id LIMIT 1",
        spoil="UPDATE book.lots SET remaining = remaining + 1 WHERE id = $1",
    ),
    Corruption(
        rule="lot_matches_draws",
        pick="SELECT id FROM book.lots WHERE remaining > held ORDER BY id DESC LIMIT 1",
        spoil="UPDATE book.lots SET held = held + 1 WHERE id = $1",
    ),
    Corruption(
        rule="lots_sum_to_account",
        pick="SELECT account_id AS id FROM book.lots WHERE NOT is_open ORDER BY id LIMIT 1",
        spoil="INSERT INTO book.lots (id, account_id, entry_id, line, account_version, granted_at, granted, remaining,"
        " expires_at, priority, purchased) SELECT '01a20149-e92e-7001-858d-000000000000', account_id, entry_id, 9,"
        " account_version, granted_at, 5, 5, expires_at, 0, false FROM book.lots WHERE account_id = $1 LIMIT 1",
    ),
    Corruption(
        rule="lots_match_postings",
        pick="SELECT entry_id AS id FROM book.draws WHERE kind = 'take' ORDER BY entry_id LIMIT 1",
        spoil="UPDATE book.draws SET amount = amount + 1 WHERE entry_id = $1",
    ),
    Corruption(
        rule="lot_names_its_grant",
        pick="SELECT id FROM book.lots ORDER BY id LIMIT 1 OFFSET 3",
        spoil="UPDATE book.lots SET account_version = account_version + 1000 WHERE id = $1",
    ),
    Corruption(
        rule="lines_count_from_one",
        pick="SELECT entry_id AS id FROM book.lots ORDER BY id LIMIT 1 OFFSET 8",
        spoil="UPDATE book.lots SET line = 2 WHERE entry_id = $1",
    ),
    Corruption(
        rule="lot_matches_its_entry",
        pick="SELECT id FROM book.lots ORDER BY id LIMIT 1 OFFSET 4",
        spoil="UPDATE book.lots SET granted_at = granted_at - interval '1 second' WHERE id = $1",
    ),
    Corruption(
        rule="lot_dies_by_its_policy",
        pick="SELECT id FROM book.lots WHERE expires_at < '9999-01-01' ORDER BY id LIMIT 1 OFFSET 5",
        spoil="UPDATE book.lots SET expires_at = expires_at + interval '1 day' WHERE id = $1",
    ),
    Corruption(
        rule="lot_keeps_its_assets_terms",
        pick="SELECT id FROM book.lots WHERE source_lot_id IS NULL ORDER BY id LIMIT 1 OFFSET 10",
        spoil="UPDATE book.lots SET priority = priority + 1 WHERE id = $1",
    ),
    Corruption(
        rule="earned_lot_is_as_asked",
        pick="SELECT lot.id FROM book.lots lot JOIN book.journal_entries e ON e.id = lot.entry_id AND e.kind = 'earn'"
        " ORDER BY lot.id LIMIT 1 OFFSET 12",
        spoil="UPDATE book.lots SET purchased = NOT purchased WHERE id = $1",
    ),
    Corruption(
        rule="hold_matches_draws",
        pick="SELECT id FROM book.holds WHERE state = 'captured' ORDER BY id LIMIT 1",
        spoil="UPDATE book.holds SET amount = amount + 1 WHERE id = $1",
    ),
    Corruption(
        rule="hold_matches_entries",
        pick="SELECT id FROM book.holds WHERE state = 'lapsed' ORDER BY id LIMIT 1",
        spoil="UPDATE book.holds SET state = 'released' WHERE id = $1",
    ),
    Corruption(
        rule="holds_sum_to_account",
        pick="SELECT account_id AS id FROM book.holds WHERE state = 'open' ORDER BY id LIMIT 1",
        spoil="DELETE FROM book.holds WHERE account_id = $1 AND state = 'open'",
    ),
    Corruption(
        rule="account_state_matches_holder",
        pick=_WALLET + "1",
        spoil="UPDATE book.accounts SET state = 'frozen' WHERE id = $1",
    ),
    Corruption(
        rule="account_id_names_account",
        pick="SELECT id FROM book.accounts WHERE role = 'pending' ORDER BY id LIMIT 1",
        spoil="UPDATE book.accounts SET holder_id = (SELECT id FROM book.holders WHERE kind = 'merchant') WHERE id = $1",
    ),
    Corruption(
        rule="account_bounds_fit_role",
        pick=_WALLET + "5",
        spoil="UPDATE book.accounts SET floor = NULL, ceiling = 1000000 WHERE id = $1",
    ),
    Corruption(
        rule="next_due_not_late",
        pick="SELECT a.id FROM book.accounts a JOIN book.lots lot ON lot.account_id = a.id AND lot.is_open"
        " WHERE a.role = 'wallet' AND lot.expires_at < '9999-01-01' AND lot.remaining > lot.held"
        " ORDER BY a.id DESC LIMIT 1",
        spoil="UPDATE book.accounts SET next_due_at = '9999-12-31 00:00:00+00' WHERE id = $1",
    ),
    Corruption(
        rule="next_expiry_exact",
        pick=_WALLET + "2",
        spoil="UPDATE book.accounts SET next_expiry_at = next_expiry_at - interval '1 day' WHERE id = $1",
    ),
    Corruption(
        rule="owing_matches_owed",
        pick=_WALLET + "3",
        spoil="UPDATE book.accounts SET owing = NOT owing WHERE id = $1",
    ),
    Corruption(
        rule="transfer_total_matches_entries",
        pick="SELECT account_id AS id FROM book.transfer_totals WHERE period = 'month' ORDER BY id LIMIT 1",
        spoil="UPDATE book.transfer_totals SET amount = amount + 1 WHERE account_id = $1 AND period = 'month'",
    ),
    Corruption(
        rule="transfer_total_id_names_total",
        pick="SELECT id FROM book.transfer_totals WHERE period = 'day' ORDER BY id LIMIT 1",
        spoil="UPDATE book.transfer_totals SET starts_on = starts_on - 1 WHERE id = $1",
    ),
)
