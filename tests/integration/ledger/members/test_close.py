"""Closing needs an empty member, or forfeits what is there; holds keep it open either way."""

from datetime import timedelta
from uuid import UUID

import pytest

from ledger.book.refusal import RefusalCode
from ledger.members.queries import member_by_id
from ledger.points.hold import HoldPoints
from ledger.points.refund import RefundEarn
from ledger.points.spend import SpendPoints
from ledger.vouchers.close import CloseMember
from tests.bank import Bank, code_of


def _close(bank: Bank, member_id: UUID, *, forfeit: bool = False) -> CloseMember:
    return CloseMember(
        actor=bank.actor("operator", "olga"), key=bank.key(), member_id=member_id, forfeit=forfeit, reason="moved away"
    )


async def _breakage(bank: Bank, asset: str = "POINTS") -> int:
    rows = await bank.fetch(
        "SELECT coalesce(sum(amount), 0)::bigint FROM {book}.postings p JOIN {book}.accounts a ON a.id = p.destination_id"
        " WHERE a.role = 'breakage' AND a.asset_id = $1", bank.asset(asset),
    )  # fmt: skip
    return int(rows[0][0])


async def test_an_empty_member_is_closed_for_good(bank: Bank) -> None:
    """No earn, spend or second closing is taken afterwards; the member can still be read."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)
    spend = SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=5)
    (await engine.execute(spend)).unwrap()

    closed = (await engine.execute(_close(bank, member))).unwrap()
    again = await engine.execute(_close(bank, member))
    late = await engine.execute(SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=1))

    assert closed.state == "closed"
    assert code_of(again) == RefusalCode.MEMBER_CLOSED
    assert code_of(late) == RefusalCode.MEMBER_CLOSED
    view = await member_by_id(bank.application.reader, bank.programme_id, member)
    assert view is not None
    assert view.state == "closed"
    account = await bank.account(member)
    assert (account["state"], account["version"], account["next_due_at"].year) == ("closed", 3, 9999)


async def test_a_member_who_never_had_a_wallet_is_closed(bank: Bank) -> None:
    """Nothing to lock but the holder; a wallet made afterwards is closed from the start."""
    member = await bank.enrol("m-1")

    outcome = await bank.application.engine.execute(_close(bank, member))

    assert outcome.unwrap().state == "closed"
    assert await bank.count(f"{bank.application.settings.book_schema}.accounts") == 0


async def test_points_keep_a_member_open(bank: Bank) -> None:
    """MEMBER_NOT_EMPTY, and nothing changed."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5, asset="STARS")

    outcome = await engine.execute(_close(bank, member))

    assert code_of(outcome) == RefusalCode.MEMBER_NOT_EMPTY
    account = await bank.account(member, asset="STARS")
    assert (account["state"], account["posted"], account["version"]) == ("open", 5, 1)


async def test_what_is_due_is_posted_before_closing(bank: Bank) -> None:
    """A member whose last points are overdue is empty: they expire, then the member closes."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)
    await bank.advance(timedelta(days=300))

    outcome = await engine.execute(_close(bank, member))

    assert outcome.unwrap().state == "closed"
    assert await _breakage(bank) == 5
    kinds = await bank.fetch("SELECT kind FROM {book}.journal_entries WHERE member_id = $1 ORDER BY id", member)
    assert [row["kind"] for row in kinds] == ["enrol", "earn", "expiry", "close"]


@pytest.mark.parametrize("book_schema", ["book", "second_book"], indirect=True)
async def test_forfeit_posts_wallet_and_pending_to_breakage(bank: Bank) -> None:
    """Each asset of its own, every lot drawn to the end, in the one entry that closes."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)
    await bank.earn(member, 6)
    await bank.earn(member, 7, pending=True)
    await bank.earn(member, 8, asset="STARS")

    closed = (await engine.execute(_close(bank, member, forfeit=True))).unwrap()

    assert (await _breakage(bank), await _breakage(bank, "STARS")) == (18, 8)
    accounts = await bank.fetch("SELECT posted, held, state FROM {book}.accounts WHERE holder_id = $1", member)
    assert {tuple(row) for row in accounts} == {(0, 0, "closed")}
    assert len(accounts) == 3
    left = await bank.fetch("SELECT sum(remaining)::int FROM {book}.lots")
    assert left[0][0] == 0
    postings = await bank.fetch(
        "SELECT amount FROM {book}.postings WHERE entry_id = $1 ORDER BY amount", closed.entry_id
    )
    assert [row["amount"] for row in postings] == [7, 8, 11]


async def test_one_forfeited_asset_is_the_entrys_headline(bank: Bank) -> None:
    """Asset and amount stand on the entry where they are of one asset."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)

    closed = (await engine.execute(_close(bank, member, forfeit=True))).unwrap()

    entry = await bank.fetch("SELECT asset_id, amount FROM {book}.journal_entries WHERE id = $1", closed.entry_id)
    assert tuple(entry[0]) == (bank.asset(), 5)


async def test_a_debt_keeps_the_member_open_until_written_off(bank: Bank) -> None:
    """What is owed is posted from issuance with a forfeit, and the books of the asset still sum to nothing."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    earned = await bank.earn(member, 50, sale_minor=5000)
    (await engine.execute(SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=50))).unwrap()
    refund = RefundEarn(actor=bank.actor(), key=bank.key(), entry_id=earned, sale_minor=2000)
    (await engine.execute(refund)).unwrap()

    refused = await engine.execute(_close(bank, member))
    closed = (await engine.execute(_close(bank, member, forfeit=True))).unwrap()

    assert code_of(refused) == RefusalCode.MEMBER_NOT_EMPTY
    written_off = await bank.fetch(
        "SELECT s.role, d.role, p.amount FROM {book}.postings p JOIN {book}.accounts s ON s.id = p.source_id"
        " JOIN {book}.accounts d ON d.id = p.destination_id WHERE p.entry_id = $1", closed.entry_id,
    )  # fmt: skip
    assert [tuple(row) for row in written_off] == [("issuance", "owed", 20)]
    wallet = await bank.account(member)
    assert (wallet["owing"], wallet["posted"], (await bank.account(member, "owed"))["posted"]) == (False, 0, 0)


async def test_an_open_hold_keeps_the_member_open_even_with_forfeit(bank: Bank) -> None:
    """A hold is a promise to a merchant; once it has lapsed, the member closes."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)
    hold = HoldPoints(
        actor=bank.actor("member", str(member)), key=bank.key(), member_id=member, amount=2, ttl_seconds=60,
        merchant_id=bank.merchant_id,
    )  # fmt: skip
    (await engine.execute(hold)).unwrap()

    refused = await engine.execute(_close(bank, member, forfeit=True))
    await bank.advance(timedelta(seconds=61))
    closed = await engine.execute(_close(bank, member, forfeit=True))

    assert code_of(refused) == RefusalCode.MEMBER_NOT_EMPTY
    assert closed.unwrap().state == "closed"
    assert await _breakage(bank) == 5
