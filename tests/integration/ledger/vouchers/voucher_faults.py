"""A fault for every rule of vouchers, of which none hides another in one book."""

from tests.corruption import Corruption


def _voucher(state: str, place: int = 0) -> str:
    return f"SELECT id FROM book.vouchers WHERE state = '{state}' ORDER BY id LIMIT 1 OFFSET {place}"


_REDEMPTION = "SELECT id FROM book.redemptions WHERE reversed_units = 0 ORDER BY id LIMIT 1 OFFSET "

CORRUPTIONS = (
    Corruption(
        rule="voucher_matches_lot",
        pick=_voucher("live"),
        spoil="UPDATE book.vouchers SET units_left = units_left + 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_matches_lot",
        pick="SELECT lot_id AS id FROM book.vouchers WHERE state = 'live' ORDER BY id LIMIT 1 OFFSET 1",
        spoil="DELETE FROM book.vouchers WHERE lot_id = $1",
    ),
    Corruption(
        rule="voucher_state_matches_entries",
        pick=_voucher("redeemed"),
        spoil="UPDATE book.vouchers SET state = 'voided' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_state_matches_entries",
        pick=_voucher("expired"),
        spoil="UPDATE book.vouchers SET ended_at = ended_at - interval '1 second' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_state_matches_entries",
        pick=_voucher("gifted"),
        spoil="UPDATE book.vouchers SET state = 'live', ended_at = NULL WHERE id = $1",
    ),
    Corruption(
        rule="voucher_names_its_terms",
        pick=_voucher("voided"),
        spoil="UPDATE book.vouchers SET template_version_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="voucher_lock_matches_events",
        pick="SELECT id FROM book.vouchers WHERE version > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.vouchers SET version = version + 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_lock_matches_events",
        pick="SELECT id FROM book.vouchers WHERE lock_until IS NOT NULL ORDER BY id LIMIT 1 OFFSET 1",
        spoil="UPDATE book.vouchers SET lock_until = lock_until + interval '1 hour' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_matches_answer",
        pick="SELECT v.id FROM book.vouchers v JOIN book.requests r ON r.entry_id = v.entry_id WHERE r.kind = 'voucher_issue'"
        " ORDER BY v.id LIMIT 1",
        spoil="UPDATE book.requests SET outcome = replace(outcome, ($1::uuid)::text, gen_random_uuid()::text)"
        " WHERE entry_id = (SELECT entry_id FROM book.vouchers WHERE id = $1)",
    ),
    Corruption(
        rule="voucher_valid_from_its_terms",
        pick=_voucher("live", 3),
        spoil="UPDATE book.vouchers SET valid_from = valid_from - interval '1 day' WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_answer",
        pick=_REDEMPTION + "5",
        spoil="UPDATE book.redemptions SET basket_minor = basket_minor + 1 WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_answer",
        pick="SELECT id FROM book.redemptions WHERE reversed_units = 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.redemptions SET reversed_minor = reversed_minor + 1 WHERE id = $1",
    ),
    Corruption(
        rule="imported_code_came_by_import",
        pick="SELECT id FROM book.imported_codes ORDER BY position DESC LIMIT 1 OFFSET 1",
        spoil="UPDATE book.imported_codes SET programme_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="voucher_account_due_not_late",
        pick="SELECT account_id AS id FROM book.vouchers WHERE is_live ORDER BY id DESC LIMIT 1",
        spoil="UPDATE book.accounts SET next_due_at = '9999-12-31 00:00:00+00' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_account_due_not_late",
        pick="SELECT account_id AS id FROM book.vouchers WHERE is_live ORDER BY id LIMIT 1",
        spoil="UPDATE book.accounts SET next_expiry_at = '9999-12-31 00:00:00+00' WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_draws",
        pick=_REDEMPTION + "0",
        spoil="UPDATE book.redemptions SET units = units + 1 WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_draws",
        pick="SELECT v.lot_id AS id FROM book.redemptions r JOIN book.vouchers v ON v.id = r.voucher_id"
        " WHERE r.reversed_units = 0 ORDER BY r.id LIMIT 1 OFFSET 8",
        spoil="DELETE FROM book.redemptions r USING book.vouchers v WHERE v.id = r.voucher_id AND v.lot_id = $1",
    ),
    Corruption(
        rule="redemption_matches_reversals",
        pick="SELECT id FROM book.redemptions WHERE reversed_units > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.redemptions SET reversed_units = 0, reversed_at = NULL WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_merchant",
        pick="SELECT holder_id AS id FROM book.accounts a JOIN registry.voucher_templates t ON t.asset_id = a.asset_id"
        " WHERE a.role = 'receivable' ORDER BY a.id LIMIT 1",
        spoil="UPDATE book.redemptions SET merchant_id = gen_random_uuid() WHERE merchant_id = $1"
        " AND id = (SELECT id FROM book.redemptions WHERE reversed_units = 0 ORDER BY id LIMIT 1 OFFSET 2)",
    ),
    Corruption(
        rule="redemption_matches_entry",
        pick=_REDEMPTION + "3",
        spoil="UPDATE book.redemptions SET local_day = local_day - 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_count_matches_rows",
        pick="SELECT id FROM book.voucher_counts WHERE purpose = 'issue' ORDER BY id LIMIT 1",
        spoil="UPDATE book.voucher_counts SET total = total - 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_count_matches_rows",
        pick="SELECT id FROM book.voucher_counts WHERE purpose = 'use' AND in_month > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.voucher_counts SET in_month = in_month + 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_count_id_names_count",
        pick="SELECT '01a20149-e92e-8fff-858d-ca286757674e'::uuid AS id",
        spoil="INSERT INTO book.voucher_counts SELECT $1, gen_random_uuid(), template_id, purpose, counted_on, 1, 1, 1, 1"
        " FROM book.voucher_counts LIMIT 1",
    ),
    Corruption(
        rule="stock_matches_imported_codes",
        pick="SELECT id FROM book.voucher_stocks LIMIT 1",
        spoil="UPDATE book.imported_codes SET voucher_id = NULL WHERE template_id = $1 AND position = 1",
    ),
    Corruption(
        rule="imported_code_id_names_position",
        pick="SELECT id FROM book.imported_codes ORDER BY position DESC LIMIT 1",
        spoil="UPDATE book.imported_codes SET position = position + 7 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_comes_from_its_stock",
        pick="SELECT v.id FROM book.vouchers v JOIN registry.voucher_templates t ON t.id = v.template_id"
        " WHERE t.stock = 'LIMITED' ORDER BY v.id LIMIT 1 OFFSET 4",
        spoil="UPDATE book.postings p SET source_id = (SELECT id FROM book.accounts WHERE role = 'issuance'"
        " ORDER BY id LIMIT 1) FROM book.vouchers v WHERE v.id = $1 AND p.entry_id = v.entry_id",
    ),
    Corruption(
        rule="template_versions_in_order",
        pick="SELECT template_id AS id FROM registry.voucher_template_versions WHERE number = 2 LIMIT 1",
        spoil="DELETE FROM registry.voucher_template_versions WHERE template_id = $1 AND number = 1",
    ),
    Corruption(
        rule="template_version_id_names_version",
        pick="SELECT id FROM registry.voucher_template_versions WHERE number = 2 LIMIT 1",
        spoil="UPDATE registry.voucher_template_versions SET number = 3 WHERE id = $1",
    ),
    Corruption(
        rule="template_has_asset_and_stock",
        pick="SELECT id FROM registry.assets WHERE kind = 'voucher' ORDER BY id LIMIT 1",
        spoil="INSERT INTO registry.assets (id, programme_id, code, kind) SELECT gen_random_uuid(), programme_id,"
        " 'voucher:lost', 'voucher' FROM registry.assets WHERE id = $1",
    ),
)
