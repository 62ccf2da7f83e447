"""What must hold of the rows of a book in memory after every step, each projection recomputed from postings and draws."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ledger.book.account import Account, Role
from ledger.book.entry import Draw, Entry, Posting, StatementLine
from ledger.book.hold import Hold
from ledger.book.lot import Lot
from ledger.book.units import AMOUNT_MAX, NEVER
from ledger.engine import tables
from tests.property.memory_book import MemoryBook


def verify(book: MemoryBook) -> None:
    """Raises AssertionError at the first row that is not what the journal says."""
    accounts: dict[UUID, Account] = {account.id: account for account in book.rows(tables.ACCOUNTS)}
    entries: dict[UUID, Entry] = {entry.id: entry for entry in book.rows(tables.ENTRIES)}
    lots: list[Lot] = book.rows(tables.LOTS)
    draws: list[Draw] = book.rows(tables.DRAWS)
    holds: list[Hold] = book.rows(tables.HOLDS)
    postings: list[Posting] = book.rows(tables.POSTINGS)
    _verify_postings(accounts, entries, postings)
    _verify_headlines(accounts, entries, postings)
    _verify_lines(accounts, book.rows(tables.STATEMENT_LINES))
    _verify_lots(accounts, entries, lots, draws, holds)
    for account in accounts.values():
        if account.role == Role.WALLET:
            _verify_wallet(account, accounts, lots, holds)
    told = {event.resource_id for event in book.sink.events if event.accepted}
    assert told >= set(entries), "an entry without its event"


def _verify_postings(accounts: dict[UUID, Account], entries: dict[UUID, Entry], postings: Iterable[Posting]) -> None:
    sums: Counter[UUID] = Counter()
    for posting in postings:
        source, destination = accounts[posting.source_id], accounts[posting.destination_id]
        assert 0 < posting.amount <= AMOUNT_MAX
        assert source.asset_id == destination.asset_id == posting.asset_id
        assert source.id != destination.id
        assert posting.entry_id in entries
        sums[source.id] -= posting.amount
        sums[destination.id] += posting.amount
    assert sum(sums.values()) == 0
    for account in accounts.values():
        assert account.posted == (sums[account.id] if account.is_guarded else 0), account
    for entry in entries.values():
        assert entry.effective_at <= entry.posted_at, entry


def _verify_headlines(accounts: dict[UUID, Account], entries: dict[UUID, Entry], postings: Iterable[Posting]) -> None:
    """What a spend or capture says it moved went to its merchant or to redemption, its money from the bank to the
    merchant; a reverse brings both back.
    """
    points, money = Counter[UUID](), Counter[UUID]()
    for posting in postings:
        entry = entries[posting.entry_id]
        back = entry.kind == "reverse"
        payee = accounts[posting.source_id if back else posting.destination_id]
        payer = accounts[posting.destination_id if back else posting.source_id]
        if payee.holder_id == entry.merchant_id and payee.role == Role.RECEIVABLE and payer.role == Role.FUNDING:
            money[entry.id] += posting.amount
        elif payee.role == (Role.RECEIVABLE if entry.merchant_id else Role.REDEMPTION):
            assert payee.holder_id == (entry.merchant_id or payee.programme_id), posting
            points[entry.id] += posting.amount
    for entry in entries.values():
        if entry.kind in {"spend", "capture", "reverse"}:
            assert (points[entry.id], money[entry.id]) == (entry.amount, entry.money_minor or 0), entry


def _verify_lines(accounts: dict[UUID, Account], lines: Iterable[StatementLine]) -> None:
    last: dict[UUID, StatementLine] = {}
    for line in lines:
        before = last.get(line.account_id)
        assert line.version == (before.version if before else 0) + 1, "a gap in the versions"
        last[line.account_id] = line
    for account in accounts.values():
        line_ = last.get(account.id)
        said = (0, 0, 0) if line_ is None else (line_.version, line_.posted_after, line_.held_after)
        assert said == (account.version, account.posted, account.held)


def _verify_lots(
    accounts: dict[UUID, Account], entries: dict[UUID, Entry], lots: list[Lot], draws: list[Draw], holds: list[Hold]
) -> None:
    moved: Counter[tuple[UUID, str]] = Counter()
    granted: dict[UUID, Lot] = {lot.id: lot for lot in lots}
    for draw in draws:
        moved[draw.lot_id, draw.kind] += draw.amount
        lot = granted[draw.lot_id]
        assert draw.account_id == lot.account_id
        assert entries[draw.entry_id].effective_at >= min(lot.granted_at, entries[lot.entry_id].effective_at)
    for lot in lots:
        assert lot.remaining == lot.granted - moved[lot.id, "take"] + moved[lot.id, "give_back"], lot
        assert lot.held == moved[lot.id, "set_aside"] - moved[lot.id, "release"], lot
        assert 0 <= lot.held <= lot.remaining <= lot.granted
    by_account: Counter[UUID] = Counter()
    for lot in lots:
        by_account[lot.account_id] += lot.remaining
    for account in accounts.values():
        if account.role in {Role.WALLET, Role.PENDING}:
            assert account.posted == by_account[account.id], account
    for hold in holds:
        aside = sum(d.amount for d in draws if d.entry_id == hold.id and d.kind == "set_aside")
        assert aside == hold.amount
        assert 0 <= hold.captured <= hold.amount


def _verify_wallet(wallet: Account, accounts: dict[UUID, Account], lots: list[Lot], holds: list[Hold]) -> None:
    mine = [lot for lot in lots if lot.account_id == wallet.id and lot.remaining]
    roles = {a.role: a for a in accounts.values() if (a.holder_id, a.asset_id) == (wallet.holder_id, wallet.asset_id)}
    open_holds = [hold for hold in holds if hold.account_id == wallet.id and hold.state == "open"]
    assert wallet.held == sum(lot.held for lot in mine) == sum(hold.amount for hold in open_holds)
    owed = roles.get(Role.OWED)
    assert wallet.owing == (owed is not None and owed.posted < 0)
    waiting = [lot for lot in lots if Role.PENDING in roles and lot.account_id == roles[Role.PENDING].id]
    due = [lot.activates_at for lot in waiting if lot.remaining and lot.activates_at]
    due += [hold.deadline for hold in open_holds]
    due += [_dies(lot, wallet) for lot in mine if lot.unheld]
    assert wallet.next_due_at <= min(due, default=NEVER), "something falls due before the wallet says"
    assert wallet.next_expiry_at == min((_dies(lot, wallet) for lot in mine if lot.unheld), default=NEVER)
    assert wallet.posted >= 0


def _dies(lot: Lot, wallet: Account) -> datetime:
    if wallet.died_version is not None and lot.account_version <= wallet.died_version:
        raise AssertionError(f"alive though it died with its account: {lot}")
    return lot.expires_at if wallet.inactive_at is None else min(lot.expires_at, wallet.inactive_at)
