"""Reads of vouchers: by state, newest first, with what is true now (semantics 2.2, 5.7)."""

from datetime import timedelta
from uuid import UUID

from ledger.vouchers.template_body import Validity
from ledger.vouchers.void import VoidVoucher
from ledger.vouchers.voucher import VoucherState
from ledger.vouchers.voucher_history import voucher_history
from ledger.vouchers.voucher_query import expiring_vouchers, voucher_by_id, vouchers_of_member
from tests.bank import Bank
from tests.voucher_desk import VoucherDesk

S = VoucherState


async def _lock(bank: Bank, voucher: UUID, seconds: int) -> None:
    """A merchant's lock, as a row; taking one is the counter's."""
    await bank.fetch(
        "UPDATE {book}.vouchers SET lock_until = instant.now + make_interval(secs => $2), lock_merchant_id = $3,"
        " lock_token_hash = 'x', lock_units = 1 FROM (SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond'"
        " AS now FROM registry.instance) instant WHERE id = $1", voucher, seconds, bank.merchant_id,
    )  # fmt: skip


async def test_every_state_is_told_as_it_is_now(bank: Bank, desk: VoucherDesk) -> None:
    """An expiry and a lock's end are true at their instants, whether or not anything was posted."""
    reader, programme = bank.application.reader, bank.programme_id
    member, other = await bank.enrol("m-1"), await bank.enrol("m-2")
    long, short = await desk.live("LONG"), await desk.live("SHORT", validity=Validity(expiry="2 days"))
    whole, voided, given, locked = [(await desk.issue(member, long)).voucher_id for _ in range(4)]
    short_one = (await desk.issue(member, short)).voucher_id
    operator, engine = bank.actor("operator", "olga"), bank.application.engine
    (await engine.execute(VoidVoucher(actor=operator, key=bank.key(), voucher_id=voided, reason_code="X"))).unwrap()
    (await desk.give(given, member, other)).unwrap()
    await _lock(bank, locked, 600)

    before = {view.id: view.state for view in await vouchers_of_member(reader, programme, member, first=100)}
    await bank.advance(timedelta(days=4))
    after = {view.id: view for view in await vouchers_of_member(reader, programme, member, first=100)}

    assert before == {whole: S.ISSUED, voided: S.VOIDED, given: S.GIFTED, locked: S.LOCKED, short_one: S.ISSUED}
    assert {id_: view.state for id_, view in after.items()} == {
        whole: S.ISSUED, voided: S.VOIDED, given: S.GIFTED, locked: S.ISSUED, short_one: S.EXPIRED,
    }  # fmt: skip
    expired = after[short_one]
    assert (expired.ended_at, expired.units_left) == (expired.valid_until, 0)
    await bank.fetch("UPDATE {book}.vouchers SET lock_until = NULL, lock_merchant_id = NULL, lock_token_hash = NULL,"
                     " lock_units = 0")  # fmt: skip


async def test_a_members_list_is_paged_and_filtered(bank: Bank, desk: VoucherDesk) -> None:
    """Newest first, by key; another member's and another programme's are not in it."""
    reader, programme = bank.application.reader, bank.programme_id
    member, other = await bank.enrol("m-1"), await bank.enrol("m-2")
    template = await desk.live("COFFEE")
    mine = [(await desk.issue(member, template)).voucher_id for _ in range(3)]
    await desk.issue(other, template)

    first = await vouchers_of_member(reader, programme, member, first=2)
    rest = await vouchers_of_member(reader, programme, member, first=2, before=first[-1].id)
    none = await vouchers_of_member(reader, programme, member, first=2, states=[S.REDEEMED, S.EXPIRED])

    assert [view.id for view in [*first, *rest]] == mine[::-1]
    assert [view.template for view in first] == ["COFFEE", "COFFEE"]
    assert first[0].terms == "As they say."
    assert none == []
    assert await vouchers_of_member(reader, UUID(int=3), member, first=2) == []
    assert await voucher_by_id(reader, UUID(int=3), mine[0]) is None


async def test_what_ends_soon_comes_first(bank: Bank, desk: VoucherDesk) -> None:
    """Only live ones whose validity ends in time."""
    reader, programme = bank.application.reader, bank.programme_id
    member = await bank.enrol("m-1")
    for days in (9, 3, 40):
        await desk.issue(member, await desk.live(f"T{days}", validity=Validity(expiry=f"{days} days")))

    until = (await vouchers_of_member(reader, programme, member, first=1))[0].issued_at + timedelta(days=20)
    soon = await expiring_vouchers(reader, programme, member, until=until, first=10)
    await bank.advance(timedelta(days=5))
    later = await expiring_vouchers(reader, programme, member, until=until, first=10)

    assert [view.template for view in soon] == ["T3", "T9"]
    assert [view.template for view in later] == ["T9"]


async def test_the_history_names_every_entry(bank: Bank, desk: VoucherDesk) -> None:
    """Of this voucher, not of its neighbours in the account; a gift is the end of one and the beginning of another."""
    reader, programme = bank.application.reader, bank.programme_id
    member, other = await bank.enrol("m-1"), await bank.enrol("m-2")
    template = await desk.live("COFFEE")
    await desk.issue(member, template)
    voucher = (await desk.issue(member, template)).voucher_id
    given = (await desk.give(voucher, member, other)).unwrap().voucher_id

    history = await voucher_history(reader, programme, voucher, first=10)
    received = await voucher_history(reader, programme, given, first=10)

    assert [(event.kind, event.units) for event in history] == [("voucher_issue", 1), ("voucher_gift", -1)]
    assert [(event.kind, event.units) for event in received] == [("voucher_gift", 1)]
    assert await voucher_history(reader, programme, voucher, first=10, after=history[-1].version) == []
    assert await voucher_history(reader, UUID(int=3), voucher, first=10) == []
