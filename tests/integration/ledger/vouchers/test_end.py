"""How vouchers end or change hands: gift, void, expiry, closing (semantics 2.2, 2.7, 5.2, 5.7)."""

from datetime import timedelta
from uuid import UUID

from ledger.engine.outcome import Outcome
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.programme.period import close_period
from ledger.vouchers.close import CloseMember
from ledger.vouchers.receipt import VoucherReceipt
from ledger.vouchers.sweeps import sweep_vouchers
from ledger.vouchers.template_body import StoredValue, Validity
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank, code_of
from tests.voucher_desk import COFFEE, VoucherDesk


async def _void(bank: Bank, voucher: UUID) -> Outcome[VoucherReceipt]:
    command = VoidVoucher(
        actor=bank.actor("operator", "olga"),
        key=bank.key(),
        voucher_id=voucher,
        reason_code="MISTAKE",
        reason="typed twice",
    )
    return await bank.application.engine.execute(command)


async def test_a_gift_is_a_new_voucher_with_a_new_code(bank: Bank, desk: VoucherDesk) -> None:
    """Same validity, the rest of the units; the giver's is over, and the receiver's lot names the giver's."""
    giver, receiver = await bank.enrol("m-1"), await bank.enrol("m-2")
    issued = await desk.issue(giver, await desk.live("CARD", COFFEE, gives=StoredValue(value_minor=500)))

    given = (await desk.give(issued.voucher_id, giver, receiver)).unwrap()

    old, new = await desk.voucher(issued.voucher_id), await desk.voucher(given.voucher_id)
    assert (old["state"], old["units_left"]) == ("gifted", 0)
    assert (new["state"], new["units_left"], new["member_id"]) == ("live", 500, receiver)
    assert new["source_voucher_id"] == issued.voucher_id
    assert new["valid_until"] == old["valid_until"]
    assert new["code_hash"] != old["code_hash"]
    lot = (await bank.fetch("SELECT source_lot_id FROM {book}.lots WHERE id = $1", new["lot_id"]))[0]
    assert lot["source_lot_id"] == old["lot_id"]


async def test_a_gift_is_refused_where_it_may_not_be(bank: Bank, desk: VoucherDesk) -> None:
    """Not one's own, not giftable, to oneself, to nobody, by a frozen member, twice; nothing moves."""
    engine, operator = bank.application.engine, bank.actor("operator", "olga")
    giver, receiver = await bank.enrol("m-1"), await bank.enrol("m-2")
    template = await desk.live("COFFEE")
    voucher = (await desk.issue(giver, template)).voucher_id
    kept = (await desk.issue(giver, await desk.live("KEPT", is_giftable=False))).voucher_id

    outcomes = [
        await desk.give(voucher, receiver, receiver),
        await desk.give(UUID(int=5), giver, receiver),
        await desk.give(kept, giver, receiver),
        await desk.give(voucher, giver, giver),
        await desk.give(voucher, giver, bank.merchant_id),
        await desk.give(UUID(int=5), giver, bank.merchant_id),
    ]
    (await engine.execute(FreezeMember(actor=operator, key=bank.key(), member_id=giver))).unwrap()
    outcomes.append(await desk.give(voucher, giver, receiver))
    (await engine.execute(UnfreezeMember(actor=operator, key=bank.key(), member_id=giver))).unwrap()
    outcomes.append(await desk.give(voucher, giver, receiver))
    outcomes.append(await desk.give(voucher, giver, receiver))

    assert [code_of(outcome) for outcome in outcomes] == [
        "VOUCHER_NOT_FOUND", "VOUCHER_NOT_FOUND", "GIFT_NOT_ALLOWED", "GIFT_TO_SELF", "MEMBER_NOT_FOUND",
        "MEMBER_NOT_FOUND", "MEMBER_FROZEN", "", "VOUCHER_VOIDED",
    ]  # fmt: skip
    assert await desk.balance(template, "voucher") == 1


async def test_a_void_takes_what_is_left(bank: Bank, desk: VoucherDesk) -> None:
    """For good, once; the units go to the voided account, and another programme's bank finds nothing."""
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE")
    voucher = (await desk.issue(member, template)).voucher_id

    voided = (await _void(bank, voucher)).unwrap()
    again = await _void(bank, voucher)

    assert (voided.state, voided.units_left) == ("VOIDED", 0)
    assert code_of(again) == "VOUCHER_VOIDED"
    assert await desk.balance(template, "voided") == 1
    assert code_of(await _void(bank, UUID(int=9))) == "VOUCHER_NOT_FOUND"


async def test_expiry_is_posted_by_the_sweep_at_its_instant(bank: Bank, desk: VoucherDesk) -> None:
    """Two vouchers of one instant in one entry; a second sweep finds nothing."""
    reader, engine = bank.application.reader, bank.application.engine
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE", validity=Validity(expiry="3 days"))
    issued = [await desk.issue(member, template) for _ in range(2)]
    idle = await sweep_vouchers(reader, engine)

    await bank.advance(timedelta(days=5))
    swept, again = await sweep_vouchers(reader, engine), await sweep_vouchers(reader, engine)

    assert (idle.accounts, swept.accounts, swept.versions, again.accounts) == (0, 1, 1, 0)
    rows = [await desk.voucher(receipt.voucher_id) for receipt in issued]
    assert [row["state"] for row in rows] == ["expired", "expired"]
    assert [row["ended_at"] for row in rows] == [receipt.valid_until for receipt in issued]
    entry = (await bank.fetch("SELECT * FROM {book}.journal_entries WHERE kind = 'voucher_expiry'"))[0]
    assert (entry["amount"], entry["effective_at"]) == (2, issued[0].valid_until)
    assert await desk.balance(template, "breakage") == 2


async def test_expiry_is_posted_by_the_next_write(bank: Bank, desk: VoucherDesk) -> None:
    """An issue posts it first, and a void of what is past comes too late."""
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE", validity=Validity(expiry="3 days"))
    old = await desk.issue(member, template)
    await bank.advance(timedelta(days=5))

    late = await _void(bank, old.voucher_id)
    new = await desk.issue(member, template)

    assert late.refusal is not None
    assert (late.refusal.code, late.refusal.facts) == (
        "VOUCHER_EXPIRED", {"expired_at": old.valid_until.isoformat() if old.valid_until else ""},
    )  # fmt: skip
    assert (await desk.voucher(old.voucher_id))["state"] == "expired"
    assert (await desk.voucher(new.voucher_id))["state"] == "live"
    assert await desk.balance(template, "breakage") == 1


async def test_a_period_closes_after_its_expiries_are_posted(bank: Bank, desk: VoucherDesk) -> None:
    """A voucher that expired inside it and was not posted keeps the period open."""
    operator, units = bank.actor("operator", "olga"), bank.application.units
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE", validity=Validity(expiry="3 days"))
    issued = await desk.issue(member, template)
    assert issued.valid_until is not None
    await bank.advance(timedelta(days=9))

    until = issued.valid_until + timedelta(days=1)
    refused = None
    try:
        await close_period(units, operator, until=until)
    except Exception as refusal:  # noqa: BLE001 - named below
        refused = refusal
    await sweep_vouchers(bank.application.reader, bank.application.engine)
    closed = await close_period(units, operator, until=until)

    assert str(refused) == "PERIOD_NOT_SETTLED"
    assert closed.open_from == until


async def test_closing_needs_no_live_voucher_or_forfeits_it(bank: Bank, desk: VoucherDesk) -> None:
    """Points and vouchers are forfeited in one entry; afterwards the member receives nothing."""
    engine, operator = bank.application.engine, bank.actor("operator", "olga")
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE")
    await bank.earn(member, 5)
    voucher = (await desk.issue(member, template)).voucher_id

    kept = await engine.execute(CloseMember(actor=operator, key=bank.key(), member_id=member))
    closed = await engine.execute(CloseMember(actor=operator, key=bank.key(), member_id=member, forfeit=True))
    late = await engine.execute(desk.issuing(member, template))

    assert (code_of(kept), closed.unwrap().state, code_of(late)) == ("MEMBER_NOT_EMPTY", "closed", "MEMBER_CLOSED")
    assert (await desk.voucher(voucher))["state"] == "expired"
    assert await desk.balance(template, "breakage") == 1
