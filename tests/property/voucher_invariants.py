"""What must hold of vouchers in memory after every step: vouchers, lots, redemptions and counts say the same."""

from collections import Counter
from uuid import UUID

from ledger.book.account import Role
from ledger.book.units import NEVER
from ledger.engine import tables
from ledger.vouchers.rows import REDEMPTIONS, VOUCHER_COUNTS, VOUCHERS, Redemption, Voucher
from ledger.vouchers.voucher import StoredState, dies_at
from tests.property.invariants import verify
from tests.property.memory_book import MemoryBook


def verify_vouchers(book: MemoryBook) -> None:
    """The book's own invariants, then those of vouchers; AssertionError at the first row that is otherwise."""
    verify(book)
    vouchers: dict[UUID, Voucher] = {voucher.id: voucher for voucher in book.rows(VOUCHERS.table)}
    redemptions: list[Redemption] = book.rows(REDEMPTIONS.table)
    _verify_lots(book, vouchers)
    _verify_redemptions(book, vouchers, redemptions)
    _verify_bounds(book, vouchers)
    for count in book.rows(VOUCHER_COUNTS.table):
        assert min(count.total, count.in_day, count.in_week, count.in_month) >= 0, count
        assert count.in_day <= min(count.in_week, count.in_month) <= count.total, count


def _verify_lots(book: MemoryBook, vouchers: dict[UUID, Voucher]) -> None:
    lots = {lot.id: lot for lot in book.rows(tables.LOTS)}
    held: Counter[UUID] = Counter()
    for voucher in vouchers.values():
        lot = lots[voucher.lot_id]
        assert (lot.granted, lot.remaining, lot.account_id) == (voucher.units, voucher.units_left, voucher.account_id)
        assert (voucher.state == StoredState.LIVE) == (voucher.units_left > 0) == (voucher.ended_at is None), voucher
        assert (voucher.lock_until is None) == (voucher.lock_merchant_id is None) == (voucher.lock_token_hash is None)
        assert 0 <= voucher.lock_units <= voucher.units_left
        held[voucher.account_id] += voucher.units_left
    for account in book.rows(tables.ACCOUNTS):
        if account.role == Role.VOUCHER:
            assert account.posted == held[account.id], account


def _verify_redemptions(book: MemoryBook, vouchers: dict[UUID, Voucher], redemptions: list[Redemption]) -> None:
    merchants: Counter[UUID] = Counter()
    for redemption in redemptions:
        voucher = vouchers[redemption.voucher_id]
        assert redemption.member_id == voucher.member_id
        assert 0 <= redemption.reversed_units <= redemption.units
        assert 0 <= redemption.reversed_minor <= redemption.discount_minor
        merchants[redemption.merchant_id] += redemption.units - redemption.reversed_units
    assert len({(r.entry_id, r.voucher_id) for r in redemptions}) == len(redemptions)
    accounts = {account.id: account for account in book.rows(tables.ACCOUNTS)}
    received: Counter[UUID] = Counter()
    for posting in book.rows(tables.POSTINGS):
        for id_, amount in ((posting.destination_id, posting.amount), (posting.source_id, -posting.amount)):
            if accounts[id_].role == Role.RECEIVABLE:
                received[accounts[id_].holder_id] += amount
    assert +merchants == +received, "what merchants took is not what was redeemed"


def _verify_bounds(book: MemoryBook, vouchers: dict[UUID, Voucher]) -> None:
    for account in book.rows(tables.ACCOUNTS):
        deaths = [dies_at(v) for v in vouchers.values() if v.account_id == account.id and v.state == StoredState.LIVE]
        if account.role == Role.VOUCHER:
            assert account.next_due_at <= min(deaths, default=NEVER), "a voucher expires before its account says"
