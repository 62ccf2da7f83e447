"""The book's own shelves. Lock ranks: holders 10, accounts 20; features declare theirs around these."""

from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account
from ledger.book.entry import Draw, Entry, Posting, StatementLine
from ledger.book.hold import Hold, HoldState
from ledger.book.lot import Lot
from ledger.engine import tables
from ledger.engine.request import Request
from ledger.engine.shelf import Key, Shelf

RANK_HOLDER = 10
RANK_ACCOUNT = 20
ACCOUNT_UPDATES = (
    "state", "posted", "held", "version", "owing", "inactive_at", "next_due_at", "next_expiry_at", "died_version",
)  # fmt: skip


class Holder(NamedTuple):
    """A row of `holders`: whoever can hold an account, and in which state (semantics 2.7)."""

    id: UUID
    programme_id: UUID
    kind: str
    state: str


HOLDERS = Shelf(tables.HOLDERS, Holder, by="id", lock_rank=RANK_HOLDER, updates=("state",))
HOLDERS_READ = Shelf(tables.HOLDERS, Holder, by="id")
ACCOUNTS = Shelf(
    tables.ACCOUNTS,
    Account,
    by="id",
    lock_rank=RANK_ACCOUNT,
    updates=ACCOUNT_UPDATES,
)
COMPANIONS = Shelf(tables.ACCOUNTS, Account, by="id", updates=ACCOUNT_UPDATES)
"""Pending and owed accounts: changed only under the lock of the wallet they belong to, so never locked themselves."""
ACCOUNTS_OF_HOLDER = Shelf(tables.ACCOUNTS, Account, by="holder_id")
LOTS = Shelf(tables.LOTS, Lot, by="account_id", where=tables.LOTS.c.is_open, updates=("remaining", "held"))
LOTS_BY_ID = Shelf(tables.LOTS, Lot, by="id")
LOTS_OF_ENTRY = Shelf(tables.LOTS, Lot, by="entry_id")
HOLDS = Shelf(
    tables.HOLDS,
    Hold,
    by="account_id",
    where=tables.HOLDS.c.state == HoldState.OPEN,
    updates=("state", "captured"),
)
HOLDS_BY_ID = Shelf(tables.HOLDS, Hold, by="id")
ENTRIES = Shelf(tables.ENTRIES, Entry, by="id")
ENTRIES_OF_ORIGINAL = Shelf(tables.ENTRIES, Entry, by="original_entry_id")
POSTINGS = Shelf(tables.POSTINGS, Posting)
STATEMENT_LINES = Shelf(tables.STATEMENT_LINES, StatementLine)
DRAWS = Shelf(tables.DRAWS, Draw, by="entry_id", pk="line")
REQUESTS = Shelf(tables.REQUESTS, Request, by="id")


def account_key(account: Account) -> Key:
    """Asks for the account, which is made first where it is missing (and its holder exists)."""
    return ACCOUNTS.key(account.id, create=account)
