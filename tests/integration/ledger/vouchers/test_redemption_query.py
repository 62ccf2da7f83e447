"""Redemptions are found by what the merchant knows of them: its reference, its key, their ids."""

from ledger.vouchers.redemption_query import (
    redemption_by_id,
    redemptions_by_key,
    redemptions_by_reference,
    redemptions_of_merchant,
    redemptions_of_voucher,
)
from ledger.vouchers.template_body import Stacking, StackMode
from tests.bank import Bank
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill


async def test_a_redemption_is_found_by_its_own_numbers(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """By reference, by key and by id, with what was reversed; not under another client's name or programme."""
    reader, kiosk = bank.application.reader, await till.another("kiosk")
    off = await desk.live("OFF", stacking=Stacking(mode=StackMode.ALL))
    member = await bank.enrol("m-1")
    ids = [(await desk.issue(member, off)).voucher_id for _ in range(2)]
    redeemed = (await till.redeem(*ids, reference="sale-1")).unwrap()
    key = f"key-{bank.keys}"
    (await till.reverse(redeemed.applied[0].redemption_id)).unwrap()

    found = await redemptions_by_reference(reader, till.actor, "sale-1")
    [first, second] = found

    assert [each.voucher_id for each in found] == ids
    assert {(each.entry_id, each.reference) for each in found} == {(redeemed.entry_id, "sale-1")}
    assert (first.reversed_units, first.reversed_minor, second.reversed_units) == (1, 500, 0)
    assert await redemptions_by_key(reader, till.actor, key) == found
    assert await redemption_by_id(reader, bank.programme_id, second.id) == second
    assert await redemption_by_id(reader, till.merchant_id, second.id) is None
    assert await redemptions_by_reference(reader, kiosk.actor, "sale-1") == []
    assert await redemptions_by_key(reader, kiosk.actor, key) == []
    assert await redemptions_by_reference(reader, till.actor, "sale-2") == []


async def test_redemptions_come_page_by_page(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Newest first, of a voucher and of a merchant."""
    reader = bank.application.reader
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("PASS", uses=5))
    made = [(await till.redeem(issued.voucher_id)).unwrap().applied[0].redemption_id for _ in range(3)]

    page = await redemptions_of_voucher(reader, bank.programme_id, issued.voucher_id, first=2)
    rest = await redemptions_of_voucher(reader, bank.programme_id, issued.voucher_id, first=2, before=page[-1].id)

    assert [each.id for each in (*page, *rest)] == made[::-1]
    of_merchant = await redemptions_of_merchant(reader, bank.programme_id, till.merchant_id, first=100)
    assert [each.id for each in of_merchant] == made[::-1]
    assert await redemptions_of_merchant(reader, bank.programme_id, bank.partner_id, first=100) == []
