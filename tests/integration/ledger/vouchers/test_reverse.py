"""Reversals on a real book (semantics 5.6, 5.7)."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.vouchers.close import CloseMember
from ledger.vouchers.discount import Wanted
from ledger.vouchers.template_body import Limits, StoredValue, Validity
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank, code_of
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill


async def test_a_reversal_gives_the_unit_and_the_use_back(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """The voucher lives again, the merchant has nothing, the count of that day is down, and both entries stand."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("OFF", use_limits=Limits(day=1)))
    redeemed = (await till.redeem(issued.voucher_id)).unwrap()

    reversed_ = (await till.reverse(redeemed.applied[0].redemption_id)).unwrap()

    assert (reversed_.units, reversed_.units_left, reversed_.dead_units) == (1, 0, 0)
    voucher = await desk.voucher(issued.voucher_id)
    assert (voucher["state"], voucher["units_left"], voucher["ended_at"]) == ("live", 1, None)
    assert (await desk.balance("OFF", "receivable"), await desk.balance("OFF", "voucher")) == (0, 1)
    counts = await bank.fetch("SELECT total, in_day FROM {book}.voucher_counts WHERE purpose = 'use'")
    assert [tuple(row) for row in counts] == [(0, 0)]
    [entry] = await bank.fetch("SELECT * FROM {book}.journal_entries WHERE kind = 'reverse_redemption'")
    assert (entry["original_entry_id"], entry["merchant_id"]) == (redeemed.entry_id, till.merchant_id)
    assert code_of(await till.redeem(issued.voucher_id)) == ""


async def test_parts_come_back_up_to_what_was_taken(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Two reversals of one redemption in one batch, each under its own key; a third finds too little."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("CARD", gives=StoredValue(value_minor=1000)))
    shown = await till.show(issued.voucher_id, wanted=Wanted(800))
    redeemed = (await bank.application.engine.execute(till.redeeming(shown))).unwrap()
    redemption = redeemed.applied[0].redemption_id

    parts = [await till.reverse(redemption, amount_minor=amount) for amount in (500, 200, 101)]
    rest = (await till.reverse(redemption)).unwrap()

    assert [code_of(part) for part in parts] == ["", "", "REVERSAL_EXCEEDS_ORIGINAL"]
    assert (rest.units, rest.voucher_units_left) == (100, 1000)
    [row] = await bank.fetch("SELECT reversed_units, reversed_minor FROM {book}.redemptions")
    assert tuple(row) == (800, 800)


async def test_what_comes_back_too_late_expires_visibly(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """After the validity: one entry with two postings, back to the member and on to breakage."""
    once = await desk.live("DAY", validity=Validity(expiry="1 days"))
    issued = await desk.issue(await bank.enrol("m-1"), once)
    redeemed = (await till.redeem(issued.voucher_id)).unwrap()
    await bank.advance(timedelta(days=3))

    reversed_ = (await till.reverse(redeemed.applied[0].redemption_id)).unwrap()

    assert reversed_.dead_units == 1
    roles = await bank.fetch(
        "SELECT s.role AS source, d.role AS destination FROM {book}.postings p"
        " JOIN {book}.accounts s ON s.id = p.source_id JOIN {book}.accounts d ON d.id = p.destination_id"
        " WHERE p.entry_id = $1 ORDER BY p.line", reversed_.entry_id,
    )  # fmt: skip
    assert [tuple(row) for row in roles] == [("receivable", "voucher"), ("voucher", "breakage")]
    assert (await desk.voucher(issued.voucher_id))["state"] == "expired"


async def test_what_comes_back_to_a_voided_voucher_is_voided(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """The bank voided the rest meanwhile: the reversed use joins it."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("PASS", uses=3))
    redeemed = (await till.redeem(issued.voucher_id)).unwrap()
    void = VoidVoucher(
        actor=bank.actor("operator", "olga"), key=bank.key(), voucher_id=issued.voucher_id, reason_code="MISTAKE"
    )
    (await bank.application.engine.execute(void)).unwrap()

    reversed_ = (await till.reverse(redeemed.applied[0].redemption_id)).unwrap()

    assert (reversed_.dead_units, reversed_.voucher_units_left) == (1, 0)
    assert (await desk.balance("PASS", "voided"), await desk.balance("PASS", "receivable")) == (3, 0)
    assert (await desk.voucher(issued.voucher_id))["state"] == "voided"
    assert code_of(await till.redeem(issued.voucher_id)) == "VOUCHER_VOIDED"


async def _used_once_and_given_away(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> tuple[UUID, UUID, UUID]:
    """Of two uses the giver makes one and gives the other away: the giver, its voucher and its redemption."""
    giver, receiver = await bank.enrol("m-1"), await bank.enrol("m-2")
    template = await desk.live("TWICE", uses=2, validity=Validity(expiry="1 days"))
    voucher = (await desk.issue(giver, template)).voucher_id
    redeemed = (await till.redeem(voucher)).unwrap()
    (await desk.give(voucher, giver, receiver)).unwrap()
    return giver, voucher, redeemed.applied[0].redemption_id


async def test_what_the_giver_had_used_comes_back_to_the_giver(
    bank: Bank, desk: VoucherDesk, till: VoucherTill
) -> None:
    """The voucher that was given away lives again with that use alone; the receiver's stays as it is."""
    _giver, voucher, redemption = await _used_once_and_given_away(bank, desk, till)

    reversed_ = (await till.reverse(redemption)).unwrap()

    rows = await bank.fetch(
        "SELECT id, state, units_left, ended_at FROM {book}.vouchers ORDER BY id = $1 DESC", voucher
    )
    assert (reversed_.voucher_units_left, reversed_.dead_units) == (1, 0)
    assert [tuple(row)[1:] for row in rows] == [("live", 1, None), ("live", 1, None)]


@pytest.mark.parametrize("is_closed", [False, True])
async def test_what_comes_back_dead_to_a_voucher_given_away_has_expired(
    bank: Bank, desk: VoucherDesk, till: VoucherTill, is_closed: bool
) -> None:
    """After its validity, and where the giver has left meanwhile: the use expires as it returns, and the voucher with it."""
    giver, voucher, redemption = await _used_once_and_given_away(bank, desk, till)
    if is_closed:
        close = CloseMember(actor=bank.actor("operator", "olga"), key=bank.key(), member_id=giver)
        (await bank.application.engine.execute(close)).unwrap()
    else:
        await bank.advance(timedelta(days=3))

    reversed_ = (await till.reverse(redemption)).unwrap()

    row = await desk.voucher(voucher)
    assert reversed_.dead_units == 1
    assert (row["state"], row["units_left"], row["ended_at"]) == ("expired", 0, reversed_.reversed_at)


async def test_another_merchant_cannot_reverse(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """It is told that there is no such redemption; the bank itself may."""
    kiosk = await till.another("kiosk")
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    redemption = (await till.redeem(issued.voucher_id)).unwrap().applied[0].redemption_id

    assert code_of(await kiosk.reverse(redemption)) == "REDEMPTION_NOT_FOUND"
    assert code_of(await kiosk.reverse(bank.merchant_id)) == "REDEMPTION_NOT_FOUND"
    assert code_of(await till.reverse(redemption, actor=bank.actor())) == ""
