"""Faults in entries, and in the events, requests, payment codes and approvals that they go with."""

from tests.corruption import Corruption

_ENTRY = "SELECT id FROM book.journal_entries WHERE kind = '{}' ORDER BY id LIMIT 1 OFFSET {}"

ENTRY_FAULTS = (
    Corruption(
        rule="posting_asset_matches_accounts",
        pick=_ENTRY.format("spend", 0),
        spoil="UPDATE book.postings SET asset_id = gen_random_uuid() WHERE entry_id = $1",
    ),
    Corruption(
        rule="rows_belong_to_entries",
        pick=_ENTRY.format("spend", 1),
        spoil="DELETE FROM book.journal_entries WHERE id = $1",
    ),
    Corruption(
        rule="lines_count_from_one",
        pick=_ENTRY.format("spend", 2),
        spoil="UPDATE book.draws SET line = line + 5 WHERE entry_id = $1",
    ),
    Corruption(
        rule="entry_has_event",
        pick=_ENTRY.format("spend", 3),
        spoil="DELETE FROM audit.events WHERE resource_id = $1",
    ),
    Corruption(
        rule="event_has_row",
        pick="SELECT event.id FROM audit.events event JOIN book.journal_entries e ON e.id = event.resource_id"
        " WHERE e.kind = 'spend' ORDER BY e.id LIMIT 1 OFFSET 4",
        spoil="UPDATE audit.events SET resource_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="entry_has_request",
        pick=_ENTRY.format("spend", 5),
        spoil="DELETE FROM book.requests WHERE entry_id = $1 AND kind = 'spend'",
    ),
    Corruption(
        rule="request_has_entry",
        pick="SELECT encode(request_id, 'hex') AS id FROM book.journal_entries WHERE kind = 'spend'"
        " ORDER BY id LIMIT 1 OFFSET 6",
        spoil="UPDATE book.requests SET entry_id = gen_random_uuid() WHERE id = decode($1, 'hex')",
    ),
    Corruption(
        rule="reference_matches_entry",
        pick=_ENTRY.format("spend", 7),
        spoil="DELETE FROM book.requests WHERE entry_id = $1 AND kind = 'reference:spend'",
    ),
    Corruption(
        rule="reference_matches_entry",
        pick="SELECT id FROM book.journal_entries WHERE kind = 'hold' AND reference IS NOT NULL ORDER BY id LIMIT 1",
        spoil="UPDATE book.requests SET client = 'service:other' WHERE entry_id = $1 AND kind = 'reference:hold'",
    ),
    Corruption(
        rule="request_id_names_key",
        pick="SELECT encode(id, 'hex') AS id FROM book.requests WHERE entry_id IS NULL AND kind = 'spend' LIMIT 1",
        spoil="UPDATE book.requests SET key = key || 'x' WHERE id = decode($1, 'hex')",
    ),
    Corruption(
        rule="entry_has_request",
        pick=_ENTRY.format("spend", 10),
        spoil="UPDATE book.journal_entries SET actor = 'service:other' WHERE id = $1",
    ),
    Corruption(
        rule="entry_has_event",
        pick=_ENTRY.format("expiry", 0),
        spoil="UPDATE book.journal_entries SET posted_at = posted_at + interval '1 microsecond' WHERE id = $1",
    ),
    Corruption(
        rule="entry_has_request",
        pick="SELECT id FROM book.journal_entries WHERE kind = 'spend' AND rate_id IS NOT NULL ORDER BY id LIMIT 1 OFFSET 11",
        spoil="UPDATE book.journal_entries SET rate_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="entry_has_request",
        pick=_ENTRY.format("earn", 3),
        spoil="UPDATE book.journal_entries SET member_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="entry_has_request",
        # Not of the wallet whose open holds another fault deletes.
        pick="SELECT id FROM book.holds WHERE state = 'open' AND account_id <>"
        " (SELECT min(account_id::text)::uuid FROM book.holds WHERE state = 'open') ORDER BY id DESC LIMIT 1",
        spoil="UPDATE book.holds SET deadline = deadline - interval '1 second' WHERE id = $1",
    ),
    Corruption(
        rule="entry_names_whom_it_touched",
        pick=_ENTRY.format("expiry", 1),
        spoil="UPDATE book.journal_entries SET asset_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="id_names_book",
        pick="SELECT '01a20149-e92e-7fff-858d-ca286757674e'::uuid AS id",
        spoil="INSERT INTO book.holds (id, account_id, amount, deadline) SELECT $1, id, 1, now() + interval '9 days'"
        " FROM book.accounts WHERE role = 'wallet' ORDER BY id DESC LIMIT 1",
    ),
    Corruption(
        rule="entry_times_in_order",
        pick=_ENTRY.format("spend", 8),
        spoil="UPDATE book.journal_entries SET original_entry_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="entry_amount_matches_lines",
        pick=_ENTRY.format("earn", 2),
        spoil="UPDATE book.journal_entries SET amount = amount + 3 WHERE id = $1",
    ),
    Corruption(
        rule="entry_money_matches_postings",
        pick="SELECT id FROM book.journal_entries WHERE kind = 'spend' AND money_minor > 0 ORDER BY id LIMIT 1 OFFSET 9",
        spoil="UPDATE book.journal_entries SET money_minor = money_minor + 1 WHERE id = $1",
    ),
    Corruption(
        rule="entry_money_matches_postings",
        pick="SELECT id FROM book.journal_entries WHERE kind = 'reverse' AND money_minor > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.journal_entries SET money_minor = NULL WHERE id = $1",
    ),
    Corruption(
        rule="refusal_has_request",
        # Not a spend's: another fault changes the key of one.
        pick='SELECT id FROM audit.events WHERE resource_id IS NULL AND position(\'"type":"hold"\'::bytea IN record) > 0'
        " AND position('INSUFFICIENT_POINTS'::bytea IN record) > 0 ORDER BY id LIMIT 1",
        spoil="DELETE FROM book.requests r USING audit.events event"
        " WHERE event.id = $1 AND encode(r.id, 'hex') = convert_from(event.record, 'UTF8')::jsonb ->> 'request'",
    ),
    Corruption(
        rule="merchant_spent_with_consent",
        pick=_ENTRY.format("spend", 12),
        spoil="UPDATE book.journal_entries SET actor = 'merchant:eve' WHERE id = $1",
    ),
    Corruption(
        rule="payment_code_matches_spend",
        pick="SELECT '01a20149-e92e-7001-858d-ca2867576750'::uuid AS id",
        spoil="INSERT INTO book.payment_codes (id, member_id, asset_id, expires_at, entry_id) SELECT $1, member_id,"
        " asset_id, posted_at - interval '1 second', id FROM book.journal_entries WHERE kind = 'spend' LIMIT 1",
    ),
    Corruption(
        rule="payment_code_matches_event",
        pick="SELECT '01a20149-e92e-7001-858d-ca2867576750'::uuid AS id",
        spoil="UPDATE book.payment_codes SET amount_max = 5 WHERE id = $1",
    ),
    Corruption(
        rule="approval_matches_entry",
        pick="SELECT '01a20149-e92e-7001-858d-ca2867576751'::uuid AS id",
        spoil="INSERT INTO registry.approvals (id, programme_id, kind, payload, requested_by, requested_at,"
        " request_event_id, expires_at, entry_id) SELECT $1, id, 'adjust', '{}', 'a', now(), id, now() + interval '1 day',"
        " gen_random_uuid() FROM registry.programmes LIMIT 1",
    ),
)
