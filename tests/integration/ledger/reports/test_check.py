"""The checker finds what is wrong under the rule that says so, and nothing where nothing is wrong."""

import asyncio
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
from tests.corruption import drop_constraints, plant
from tests.integration.ledger.reports.entry_faults import ENTRY_FAULTS
from tests.integration.ledger.reports.wallet_faults import WALLET_FAULTS
from tests.points_history import History
from tests.points_world import World, tell_written

CORRUPTIONS = (*ENTRY_FAULTS, *WALLET_FAULTS)


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
    """All faults at once on a book with a history: each is reported by its rule, so none hides another."""
    await _live_through(world)
    before = await _check(database_url)
    planted = await plant(world.connection, CORRUPTIONS)
    after = await _check(database_url)

    assert before.is_clean
    found = {(r.rule.name, difference.subject) for r in after.rules for difference in r.differences}
    assert [each for each in planted if each not in found] == []


async def test_a_wallet_outside_its_bounds_is_found(world: World, database_url: str) -> None:
    """A balance below its floor is named, though nobody could write it through the ledger; it fails other tests too."""
    member = world.members[0]
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member, amount=5)
    (await world.application.engine.execute(earn)).unwrap()
    await drop_constraints(world.connection)
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
