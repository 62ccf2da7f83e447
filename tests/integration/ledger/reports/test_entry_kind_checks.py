"""An entry says what its kind says, and took effect when it fell due."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.engine.command import Command
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.refund import RefundEarn
from ledger.points.spend import SpendPoints
from ledger.reports.entry_kind_checks import KIND_RULES
from ledger.vouchers.close import CloseMember
from ledger.vouchers.gift import GiftVoucher
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk
from tests.planting import unfound
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

_FITS, _REFUND, _EXPIRY = "entry_fits_its_kind", "activity_refund_undoes_its_original", "expiry_took_effect_when_due"
_GIVEN = "activity_entry_says_what_it_gave"
_SET = "UPDATE book.journal_entries SET "
_EARLIER = "effective_at = effective_at - interval '1 second' WHERE kind = "
PLANTED = (
    *((_FITS, f"{_SET}{_EARLIER}'{kind}'") for kind in ("enrol", "close", "lapse", "spend", "voucher_gift")),
    *((_FITS, f"{_SET}asset_id = NULL WHERE kind = '{kind}'") for kind in ("expiry", "lapse", "spend", "voucher_void")),
    *((_FITS, f"{_SET}merchant_id = gen_random_uuid() WHERE kind = '{kind}'")
      for kind in ("reverse_redemption", "voucher_void", "refund", "expiry")),
    *((_FITS, f"{_SET}rate_id = gen_random_uuid() WHERE kind = '{kind}'") for kind in ("voucher_gift", "spend", "earn")),
    *((_FITS, f"{_SET}original_entry_id = id WHERE kind = '{kind}'") for kind in ("voucher_gift", "refund", "enrol")),
    *((_FITS, f"{_SET}original_entry_id = NULL WHERE kind = '{kind}'") for kind in ("lapse", "activity_refund")),
    (_FITS, f"{_SET}sale_minor = 5 WHERE kind = 'spend'"),
    (_FITS, f"{_SET}sale_minor = NULL WHERE kind = 'refund'"),
    ("refund_matches_its_sale", f"{_SET}sale_minor = sale_minor + 100 WHERE kind = 'refund'"),
    ("refund_matches_its_sale", f"{_SET}sale_minor = sale_minor - 100 WHERE kind = 'refund'"),
    ("refund_matches_its_sale", f"{_SET}sale_minor = 5000 WHERE kind = 'refund'"),
    (_FITS, f"{_SET}reason_code = 'X' WHERE kind = 'expiry'"),
    *(("entry_names_its_only_asset", f"{_SET}asset_id = NULL WHERE kind = '{kind}'") for kind in ("redeem", "close")),
    *(("entry_names_its_only_asset", f"{_SET}asset_id = gen_random_uuid() WHERE kind = '{kind}'")
      for kind in ("redeem", "campaign_budget")),
    *((_GIVEN, f"{_SET}amount = amount + 1 WHERE kind = '{kind}'") for kind in ("activity", "activity_refund")),
    *((_GIVEN, f"{_SET}asset_id = NULL WHERE kind = '{kind}'") for kind in ("activity", "activity_refund")),
    (_EXPIRY, f"{_SET}{_EARLIER}'expiry'"),
    (_EXPIRY, f"{_SET}effective_at = posted_at WHERE kind = 'expiry'"),
    ("activation_took_effect_when_due", f"{_SET}{_EARLIER}'activation'"),
    (_REFUND, f"{_SET}{_EARLIER}'activity_refund'"),
    (_REFUND, f"{_SET}effective_at = posted_at WHERE kind = 'activity_refund'"),
    (_REFUND, f"{_SET}original_entry_id = gen_random_uuid() WHERE kind = 'activity_refund'"),
)  # fmt: skip


async def _do(bank: Bank, kind: type[Command[Any]], **named: Any) -> Any:
    """The reply to a command of the bank's service."""
    return (await bank.application.engine.execute(kind(actor=bank.actor(), key=bank.key(), **named))).unwrap()


async def _vouchers(bank: Bank) -> None:
    """One is redeemed and given back, one given away, one voided."""
    desk = VoucherDesk(bank=bank)
    till = VoucherTill(bank=bank, desk=desk, merchant_id=bank.merchant_id)
    await desk.live("coffee")
    giver, receiver = await bank.enrol("giver"), await bank.enrol("receiver")
    used, gift, void = [(await desk.issue(giver, "coffee")).voucher_id for _ in range(3)]
    redeemed = (await till.redeem(used)).unwrap()
    (await till.reverse(redeemed.applied[0].redemption_id)).unwrap()
    await _do(bank, GiftVoucher, member_id=giver, to_member_id=receiver, voucher_id=gift, deal=desk.code)
    await _do(bank, VoidVoucher, voucher_id=void, reason_code="ERROR")


async def _points(bank: Bank) -> None:
    """Refunds of a part, a hold that lapses before its points expire, one that outlives them, and a closing."""
    member = await bank.enrol("saver")
    earned = await bank.earn(member, 97, sale_minor=1000)
    for sale_minor in (300, 301):
        await _do(bank, RefundEarn, entry_id=earned, sale_minor=sale_minor)
    await _do(bank, HoldPoints, member_id=member, amount=5, ttl_seconds=600)
    await bank.earn(member, 4, pending_until=(await bank.now()).date() + timedelta(days=3))
    await bank.advance(timedelta(days=5))
    await _do(bank, SpendPoints, member_id=member, amount=2)
    await bank.advance(timedelta(days=400))
    await _do(bank, EarnPoints, member_id=member, amount=9)
    await _do(bank, CloseMember, member_id=member, forfeit=True)


@pytest.fixture
async def history(bank: Bank) -> None:
    """Entries of many kinds."""
    desk, member = CampaignDesk(bank=bank), await bank.enrol("buyer")
    await desk.run("base", budget=1000)
    sale = desk.reporting(member, amount=100)
    (await desk.report(sale)).unwrap()
    (await desk.report(desk.refunding(sale, 30))).unwrap()
    await _vouchers(bank)
    await _points(bank)


async def test_each_rule_finds_what_is_planted(history: None, database_url: str) -> None:
    """One statement behind the ledger's back at a time; afterwards all is clean again."""
    del history

    assert await unfound(database_url, PLANTED, KIND_RULES) == []


async def test_points_expire_when_a_late_hold_gives_them_back(bank: Bank, database_url: str) -> None:
    """What was held past its date expires as the hold lapses; another time for it is found."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 50)
    await bank.advance(timedelta(days=150))
    await _do(bank, HoldPoints, member_id=member, amount=20, ttl_seconds=30 * 86_400)
    await bank.advance(timedelta(days=25))
    await bank.advance(timedelta(days=100))
    await _do(bank, EarnPoints, member_id=member, amount=1)

    assert len(await bank.fetch("SELECT FROM {book}.journal_entries WHERE kind = 'expiry'")) >= 1
    assert (
        await unfound(database_url, ((_EXPIRY, f"{_SET}effective_at = posted_at WHERE kind = 'expiry'"),), KIND_RULES)
        == []
    )


def test_every_rule_is_planted_against() -> None:
    """No rule without its corruption."""
    assert {rule.name for rule in KIND_RULES} == {name for name, _ in PLANTED}
