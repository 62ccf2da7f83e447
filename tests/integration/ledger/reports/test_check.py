"""The checker finds what is wrong under the rule that says so, and nothing where nothing is wrong."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.campaigns import checks as campaign_checks
from ledger.engine.roll_up import roll_up
from ledger.members import checks as member_checks
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.spend import SpendPoints
from ledger.points.wallet import wallet_ids
from ledger.reports.check import FACT_LENGTH_MAX, RULES, UNREADABLE, CheckReport, check_book
from ledger.tiers import checks as tier_checks
from ledger.vouchers import checks as voucher_checks
from tests.checking import assert_clean
from tests.points_history import History
from tests.points_world import World, tell_written


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """SQL that plants one fault of its own; `pick` returns the row to spoil as $1, `spoil` changes it."""

    rule: str
    pick: str
    spoil: str
    subject: str = "id"


_WALLET = "SELECT id, posted FROM book.accounts WHERE role = 'wallet' AND posted > 0 ORDER BY id LIMIT 1 OFFSET "
_ENTRY = "SELECT id FROM book.journal_entries WHERE kind = '{}' ORDER BY id LIMIT 1 OFFSET {}"

CORRUPTIONS = (
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
        # Not of the wallet whose open holds are deleted below.
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
        rule="account_fits_role",
        pick="SELECT id FROM book.accounts WHERE role = 'issuance' ORDER BY id LIMIT 1",
        spoil="UPDATE book.accounts SET state = 'frozen' WHERE id = $1",
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
        rule="refusal_has_request",
        # Not a spend's: the key of one is changed above.
        pick='SELECT id FROM audit.events WHERE resource_id IS NULL AND position(\'"type":"hold"\'::bytea IN record) > 0'
        " AND position('INSUFFICIENT_POINTS'::bytea IN record) > 0 ORDER BY id LIMIT 1",
        spoil="DELETE FROM book.requests r USING audit.events event"
        " WHERE event.id = $1 AND encode(r.id, 'hex') = convert_from(event.record, 'UTF8')::jsonb ->> 'request'",
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


async def _check(database_url: str) -> CheckReport:
    return await check_book(database_url, book_schema="book", book_number=1)


async def _pay_merchants(world: World) -> None:
    """Points are worth money from here on."""
    money, rate = world.asset("CNY"), uuid4()
    await world.corrupt(
        "INSERT INTO registry.assets (id, programme_id, code, kind)"
        f" VALUES ('{money}', '{world.programme_id}', 'CNY', 'money')",
        "INSERT INTO registry.rates (id, asset_id, money_asset_id, points, minor, valid_from)"
        f" VALUES ('{rate}', '{world.asset()}', '{money}', 3, 2, '2010-01-01')",
        "UPDATE registry.instance SET standing_version = standing_version + 1",
    )
    await tell_written(world.connection, (money, rate))


async def _live_through(world: World) -> None:
    await _pay_merchants(world)
    history = History(world=world, random=Random(5))
    await history.run(400)
    for member in world.members:
        common: dict[str, Any] = {"actor": world.actor, "member_id": member}
        engine = world.application.engine
        (await engine.execute(EarnPoints(**common, key=world.key(), amount=900, reference=world.key()))).unwrap()
        await engine.execute(
            SpendPoints(**common, key=world.key(), amount=3, merchant_id=world.merchant_id, reference=world.key())
        )
        await engine.execute(HoldPoints(**common, key=world.key(), amount=7))
    assert await _roll_up(world) > 2


async def _roll_up(world: World) -> int:
    """How many accounts were written, once no transaction on the server is older than the entries."""
    for _ in range(500):
        if written := await roll_up(world.application.reader, world.application.units, entries_min=1):
            return written
        await asyncio.sleep(0.02)
    raise AssertionError("something in flight holds back the cut")


async def test_every_planted_fault_is_found_under_its_rule(world: World, database_url: str) -> None:
    """Thirty faults at once on a book with a history: each is reported by its rule, so none hides another."""
    await _live_through(world)
    before = await _check(database_url)
    picked = [(c, (await world.connection.fetchrow(c.pick))) for c in CORRUPTIONS]
    assert [c.rule for c, row in picked if row is None] == []

    async with world.connection.transaction():
        await world.connection.execute("SET LOCAL session_replication_role = replica")
        await _drop_checks(world)
        spoiled = [
            (c, row["id"], await world.connection.execute(c.spoil, row["id"])) for c, row in picked if row is not None
        ]

    assert before.is_clean
    assert [c.rule for c, _, done in spoiled if done.endswith(" 0")] == []
    after = await _check(database_url)
    found = {(r.rule.name, difference.subject) for r in after.rules for difference in r.differences}
    assert [(c.rule, str(id_)) for c, id_, _ in spoiled if (c.rule, str(id_)) not in found] == []


async def _drop_checks(world: World) -> None:
    """A faulty disk asks no constraint either."""
    rows = await world.connection.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = 'book'::regnamespace"
    )
    for row in rows:
        await world.connection.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']}")


async def test_a_wallet_outside_its_bounds_is_found(world: World, database_url: str) -> None:
    """A balance below its floor is named, though nobody could write it through the ledger; it fails other tests too."""
    member = world.members[0]
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, amount=5)
    (await world.application.engine.execute(earn)).unwrap()
    await _drop_checks(world)
    wallet: UUID = wallet_ids(member, world.asset()).wallet

    await assert_clean(database_url)
    await world.corrupt(f"UPDATE book.accounts SET posted = -1 WHERE id = '{wallet}'")

    with pytest.raises(AssertionError, match="account_within_bounds"):
        await assert_clean(database_url)
    report = await _check(database_url)
    assert str(wallet) in {
        d.subject for r in report.rules if r.rule.name == "account_within_bounds" for d in r.differences
    }


async def test_what_cannot_be_read_is_a_difference(world: World, database_url: str) -> None:
    """A value that no command could have written stops its rule, which is reported with the reason; the others go on."""
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], amount=5)
    (await world.application.engine.execute(earn)).unwrap()
    await world.corrupt(
        "ALTER TABLE book.accounts DROP CONSTRAINT accounts_role_known",
        "UPDATE book.accounts SET role = 'purse' WHERE role = 'issuance'",
        "UPDATE registry.assets SET expiry = 'inactive for ever' WHERE code = 'STARS'",
        "UPDATE audit.events SET record = 'no JSON' WHERE resource_id IN (SELECT id FROM registry.partners)",
    )

    report = await _check(database_url)

    stopped = {d.rule: d.facts["because"] for r in report.rules for d in r.differences if d.subject == UNREADABLE}
    assert "'purse' is not a valid Role" in str(stopped["account_id_names_account"])
    assert "invalid input syntax for type json" in str(stopped["registry_row_matches_events"])
    assert report.count > len(stopped)


async def test_an_activity_forgotten_by_its_wallet_is_found(world: World, database_url: str) -> None:
    """Under an inactivity policy the wallet's date follows from the member's own entries."""
    member = world.members[0]
    for _ in range(20):
        earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, asset="STARS", amount=5)
        (await world.application.engine.execute(earn)).unwrap()
    wallet: UUID = wallet_ids(member, world.asset("STARS")).wallet

    await world.corrupt(f"UPDATE book.accounts SET inactive_at = inactive_at + interval '1 day' WHERE id = '{wallet}'")

    report = await _check(database_url)
    found = {difference.rule: difference.facts for r in report.rules for difference in r.differences}
    assert len(str(found["inactivity_matches_entries"]["moves"])) == FACT_LENGTH_MAX


@pytest.mark.parametrize("spoil", ["died_version = version", "died_version = 0", "inactive_at = NULL"])
async def test_a_death_that_was_none_is_found(world: World, database_url: str, spoil: str) -> None:
    """Lots that died with their wallet are not there; what is there came after its death."""
    member = world.members[0]
    wallet: UUID = wallet_ids(member, world.asset("STARS")).wallet
    for _ in range(3):
        earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, asset="STARS", amount=5)
        (await world.application.engine.execute(earn)).unwrap()
        await world.advance(timedelta(days=200))
    died = "SELECT ARRAY[version, died_version] FROM book.accounts WHERE id = $1"
    assert await world.connection.fetchval(died, wallet) == [5, 4]

    await world.corrupt(f"UPDATE book.accounts SET {spoil} WHERE id = '{wallet}'")

    report = await _check(database_url)
    assert "died_lots_stay_dead" in {r.rule.name for r in report.rules if r.count}


def test_rules_have_names_of_their_own() -> None:
    """A difference names one rule, and every rule is planted against or named here; those of the registry, members,
    vouchers, tiers and campaigns beside them.
    """
    names = [rule.name for rule in RULES]

    assert len(set(names)) == len(names)
    planted = {corruption.rule for corruption in CORRUPTIONS}
    rules = (*member_checks.RULES, *voucher_checks.RULES, *tier_checks.RULES, *campaign_checks.RULES)
    beside = {rule.name for rule in rules}
    assert set(names) - planted - beside == {
        "accepted_event_has_request",
        "account_within_bounds",
        "approval_matches_events",
        "approval_names_its_entry",
        "asset_without_terms_has_none",
        "died_lots_stay_dead",
        "erasure_matches_event",
        "holder_is_in_the_registry",
        "inactivity_matches_entries",
        "instance_is_there",
        "part_has_its_keys",
        "person_key_matches_erasure",
        "activation_took_effect_when_due",
        "activity_entry_says_what_it_gave",
        "activity_refund_undoes_its_original",
        "entry_fits_its_kind",
        "entry_names_its_only_asset",
        "expiry_took_effect_when_due",
        "listed_entry_has_answer",
        "entry_fields_were_asked_for",
        "refund_matches_its_sale",
        "registry_row_matches_events",
        "transactions_are_past",
        "waiting_claim_matches_approval",
    }


@pytest.mark.parametrize("book_schema", ["second"], indirect=True)
async def test_a_live_book_of_another_name_is_clean(world: World, database_url: str, book_schema: str) -> None:
    """The checker runs beside writers, in whatever schema the book lives: what is in flight or due is no difference."""
    history = History(world=world, random=Random(8))

    for _ in range(3):
        writing = asyncio.create_task(history.run(50))
        report = await check_book(database_url, book_schema=book_schema, book_number=1)
        assert [difference for rule in report.rules for difference in rule.differences] == []
        await writing

    assert history.accepted > 60
