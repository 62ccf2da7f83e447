"""The terms that a lot was granted with, as the checker knows them from assets and requests."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.engine.command import Actor, Command
from ledger.points import checks
from ledger.points.adjust import AdjustPoints
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.opening import OpenBalance, OpeningLot
from ledger.points.pending import ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.term_checks import EARN_FIELDS, TERM_RULES
from ledger.programme.calendar import local_date
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import change_asset
from ledger.reports.check import check_book
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.planting import rules_that_find
from tests.voucher_desk import VoucherDesk

__all__ = ["bank"]

_TERMS, _ASKED, _ENTRY = "lot_keeps_its_assets_terms", "earned_lot_is_as_asked", "lot_matches_its_entry"
_DEATH = "lot_dies_by_its_policy"
_ENDED = "on 2099-12-31"
FAULTS = (
    *(
        (name, {"priority": "1"}, _TERMS)
        for name in ("plain", "listed", "waiting", "dated", "adjusted", "given", "voucher")
    ),
    *((name, {"purchased": "true"}, _ASKED) for name in ("plain", "waiting", "dated", "later")),
    *((name, {"purchased": "true"}, _ENTRY) for name in ("adjusted", "given", "voucher")),
    ("bought", {"purchased": "false"}, _ASKED),
    ("waiting", {"expiry": "'never'"}, _TERMS),
    ("waiting", {"expiry": f"'{_ENDED}'"}, _ASKED),
    ("ending", {"expiry": "'6 months to month'"}, _ASKED),
    ("ending", {"expiry": "'on Sunday'"}, _TERMS),
    ("waiting", {"activates_at": "now()"}, _ASKED),
    ("dated", {"activates_at": "NULL"}, _ASKED),
    ("later", {"priority": "2"}, _TERMS),
    ("confirmed", {"source_lot_id": "(SELECT id FROM book.lots WHERE activates_at IS NOT NULL)"}, _ENTRY),
    *(
        (name, {"expires_at": "expires_at + interval '1 day'"}, _DEATH)
        for name in ("plain", "listed", "ended", "opened")
    ),
)


@pytest.fixture
async def lots(bank: Bank) -> dict[str, UUID]:
    """A lot from each source, by its name; the last under later terms of the asset."""
    member, today = await bank.enrol("m-1"), local_date(await bank.now(), "Asia/Shanghai")
    tomorrow = today + timedelta(days=1)
    entries = {
        "plain": await bank.earn(member, 10),
        "bought": await bank.earn(member, 10, purchased=True),
        "waiting": await bank.earn(member, 10, pending=True),
        "dated": await bank.earn(member, 10, pending_until=tomorrow),
        "ending": await bank.earn(member, 10, pending=True, expires_on=tomorrow),
        "listed": await _do_as_one(bank, *_earning(bank, member)),
        "ended": await _do_as_one(bank, *_earning(bank, member, expires_on=tomorrow)),
        "opened": await _do_as_one(
            bank, await _opening(bank, OpeningLot(amount=5, granted_on=today, expires_on=tomorrow))
        ),
        "confirmed": await _confirm(bank, await bank.earn(member, 10, pending=True)),
        "adjusted": await _adjust(bank, member),
        "given": await _report(bank, member),
    }
    await change_asset(
        bank.application.units, bank.actor(), code="POINTS", terms=AssetTerms(expiry="12 months", priority=7)
    )
    entries["later"] = await bank.earn(member, 10, pending=True)
    rows = await bank.fetch("SELECT entry_id, id FROM {book}.lots")
    lots = {name: row["id"] for name, entry in entries.items() for row in rows if row["entry_id"] == entry}
    desk = VoucherDesk(bank=bank)
    voucher = (await desk.issue(member, await desk.live("coffee"))).voucher_id
    return {**lots, "voucher": (await desk.voucher(voucher))["lot_id"]}


def _earning(bank: Bank, member: UUID, **more: Any) -> list[EarnPoints]:
    return [
        EarnPoints(
            actor=bank.actor(),
            key=None,
            member_id=member,
            amount=amount,
            purchased=amount == 3,
            pending=amount == 4,
            **more,
        )
        for amount in (2, 3, 4)
    ]


async def _opening(bank: Bank, lot: OpeningLot) -> OpenBalance:
    member = await bank.enrol("m-2")
    return OpenBalance(actor=bank.actor(), key=None, member_id=member, total=lot.amount, lots=(lot,))


async def _do_as_one(bank: Bank, *commands: Command[Receipt]) -> UUID:
    """The first entry of a list that stands or falls as one."""
    outcomes = await bank.application.engine.execute_group(commands, key=bank.key())
    first = outcomes[0].unwrap().entry_id
    assert first is not None
    return first


async def _confirm(bank: Bank, earned: UUID) -> UUID:
    command = ConfirmPending(actor=bank.actor(), key=bank.key(), entry_id=earned)
    confirmed = (await bank.application.engine.execute(command)).unwrap().entry_id
    assert confirmed is not None
    return confirmed


async def _adjust(bank: Bank, member: UUID) -> UUID:
    command = AdjustPoints(
        actor=bank.actor(), key=bank.key(), member_id=member, amount=5, reason_code="X", approval_id=uuid4()
    )
    adjusted = (await bank.application.engine.execute(command)).unwrap().entry_id
    assert adjusted is not None
    return adjusted


async def _report(bank: Bank, member: UUID) -> UUID:
    desk = CampaignDesk(bank=bank)
    await desk.run("base")
    entry = (await desk.report(desk.reporting(member, amount=100))).unwrap().entry_id
    assert entry is not None
    return entry


async def test_a_lot_with_other_terms_is_found(lots: Mapping[str, UUID], database_url: str) -> None:
    """One column of one lot at a time, on lots of every source; before and afterwards the rules find nothing."""
    before = await check_book(database_url, book_schema="book", book_number=1, rules=checks.RULES)
    missed = [
        (name, change, rule)
        for name, change, rule in FAULTS
        if rule
        not in await rules_that_find(database_url, checks.RULES, table="book.lots", row=lots[name], change=change)
    ]

    assert before.is_clean
    assert missed == []
    assert {rule.name for rule in TERM_RULES} <= {rule for _, _, rule in FAULTS}


def test_the_fields_of_an_earn_are_where_the_rule_looks_for_them() -> None:
    """A field more or less, and every digest would be read as another's."""
    actor = Actor(kind="service", id="core", programme_id=uuid4())

    assert tuple(sorted(EarnPoints(actor=actor, key="k", member_id=uuid4(), amount=1).fields())) == EARN_FIELDS


@pytest.mark.parametrize("is_for_merchant", [True, False])
async def test_a_hold_for_another_is_found(bank: Bank, database_url: str, *, is_for_merchant: bool) -> None:
    """Whose hold it is, its entry tells: another merchant's, nobody's, or somebody's where it was the bank's."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 10)
    merchant = bank.merchant_id if is_for_merchant else None
    command = HoldPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=3, merchant_id=merchant)
    hold = (await bank.application.engine.execute(command)).unwrap().hold_id
    assert hold is not None

    for other in ("gen_random_uuid()", "NULL" if is_for_merchant else f"'{bank.merchant_id}'"):
        found = await rules_that_find(
            database_url, checks.RULES, table="book.holds", row=hold, change={"merchant_id": other}
        )
        assert found == ["hold_matches_entries"]
