"""Validation reads what redeeming would decide, and writes nothing (semantics 5.4)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.book.refusal import Refusal
from ledger.vouchers.basket import Basket
from ledger.vouchers.presented import Presented
from ledger.vouchers.template_body import Limits, Stacking, StackMode, Validity
from ledger.vouchers.validate import validate_vouchers
from tests.bank import Bank
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill


async def test_validation_tells_what_redeeming_does(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """The discounts in the order presented, and the same bill as the redemption afterwards; nothing is written."""
    first = await desk.live("FIRST", stacking=Stacking(mode=StackMode.ALL, order=2))
    second = await desk.live("SECOND", stacking=Stacking(mode=StackMode.ALL, order=1), use_limits=Limits(day=1))
    member = await bank.enrol("m-1")
    issued = [await desk.issue(member, template) for template in (first, second, second)]
    shown = [await till.show(each.voucher_id) for each in issued]
    command = till.redeeming(*shown)
    entries, events = await bank.count("book.journal_entries"), await bank.count("audit.events")

    validated = await validate_vouchers(bank.application.reader, command)

    assert (await bank.count("book.journal_entries"), await bank.count("audit.events")) == (entries, events)
    assert [[reason.code for reason in each.reasons] for each in validated.vouchers] == [[], [], ["LIMIT_REACHED"]]
    assert [each.discount_minor for each in validated.vouchers] == [500, 500, 0]
    redeemed = (await bank.application.engine.execute(command)).unwrap()
    assert (redeemed.due_minor, redeemed.discount_minor) == (validated.due_minor, validated.discount_minor)
    assert [use.place for use in redeemed.applied] == [1, 0]
    assert [left.codes for left in redeemed.skipped] == [("LIMIT_REACHED",)]


async def test_validation_is_true_at_its_instant(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """An expiry that no job has posted is told, and stays unposted."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("DAY", validity=Validity(expiry="1 days")))
    command = till.redeeming(await till.show(issued.voucher_id), basket=Basket(amount_minor=1))
    await bank.advance(timedelta(days=2))

    validated = await validate_vouchers(bank.application.reader, command)

    [voucher] = validated.vouchers
    assert [reason.code for reason in voucher.reasons] == ["VOUCHER_EXPIRED"]
    assert voucher.reasons[0].facts["expired_at"] == (await desk.voucher(issued.voucher_id))["valid_until"].isoformat()
    assert (await desk.voucher(issued.voucher_id))["state"] == "live"


async def test_a_foreign_voucher_is_an_unknown_one(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Nothing of a voucher is told where it is not accepted."""
    stranger = await till.another("stranger")
    ours = await desk.live("OURS", merchants=(bank.merchant_id,), minimum_spend_minor=10**6)
    issued = await desk.issue(await bank.enrol("m-1"), ours)
    foreign, unknown = await till.show(issued.voucher_id), Presented(code_hash=bytes(16))

    validated = await validate_vouchers(bank.application.reader, stranger.redeeming(foreign, unknown))

    first, second = validated.vouchers
    assert [[reason.code for reason in each.reasons] for each in (first, second)] == [["VOUCHER_NOT_FOUND"]] * 2
    assert replace(first, reasons=(), place=0) == replace(second, reasons=(), place=0)


async def test_validation_refuses_what_is_malformed_or_elsewhere(
    bank: Bank, desk: VoucherDesk, till: VoucherTill
) -> None:
    """A malformed basket, and another merchant's name."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    command = till.redeeming(await till.show(issued.voucher_id))
    kiosk = await till.another("kiosk")

    with pytest.raises(Refusal, match="INVALID_INPUT"):
        await validate_vouchers(bank.application.reader, replace(command, basket=Basket(amount_minor=-1)))
    with pytest.raises(Refusal, match="MERCHANT_NOT_FOUND"):
        await validate_vouchers(bank.application.reader, replace(command, merchant_id=kiosk.merchant_id))
