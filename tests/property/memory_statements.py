"""The engine's statements and transactions on the book in memory.

A statement's text is the name of an operation on the rows. Locking needs nothing, because one batch runs at a time.
"""

from collections.abc import Callable, Collection, Sequence

from ledger.book.account import Account
from ledger.engine import tables
from ledger.engine.shelf import AnyShelf, Asked
from ledger.engine.shelves import ACCOUNTS, HOLDERS, Holder
from ledger.engine.statements import Change, Statements
from ledger.engine.unit_of_work import Tx
from ledger.engine.wire.pipeline import Statement
from ledger.programme.rows import ASSETS
from tests.property.memory_store import Row, Store


class MemoryStatements(Statements):
    """The engine's statements, whose texts name operations on the store."""

    def __init__(self, store: Store) -> None:
        super().__init__("memory")
        self._store = store
        self.operations: dict[str, Callable[..., Sequence[Row]]] = {}
        self.created: list[Account] = []

    def instant(self) -> Statement:
        """The instant and the standing version."""
        return self._named("instant", lambda: [(self._store.now, self._store.standing_version)])

    def lock(self, shelf: AnyShelf, ids: Collection[Asked]) -> Statement:
        """Reads; nobody else is there to wait for."""
        return self.read(shelf, ids)

    def read(self, shelf: AnyShelf, values: Collection[Asked]) -> Statement:
        """Reads rows by their `by` column."""
        named = self._named(f"read {id(shelf)}", lambda values: self._store.select(shelf, values), values)
        return named._replace(shelf=shelf)

    def create_accounts(self, accounts: Sequence[Account]) -> Statement:
        """Accounts of known members and assets that are not there yet, in their holders' state."""
        return self._named("create", self._create, accounts)

    def write(self, changes: Sequence[Change], events: str, of_events: Sequence[object]) -> Statement:
        """All inserts and updates at once; the events are a list's affair."""
        return self._named("write", self._write, changes)

    def _named(self, name: str, operation: Callable[..., Sequence[Row]], *arguments: object) -> Statement:
        self.operations.setdefault(name, operation)
        return Statement(name, arguments)

    def _create(self, accounts: Sequence[Account]) -> Sequence[Row]:
        for account in accounts:
            holders = self._store.select(HOLDERS, [account.holder_id])
            known = [h for h in holders if h.programme_id == account.programme_id and may_hold(h, account)]
            is_there = self._store.select(ACCOUNTS, [account.id])
            if known and self._store.select(ASSETS, [account.asset_id]) and not is_there:
                made = account._replace(state=known[0].state)
                self._store.of(tables.ACCOUNTS).insert(made)
                self.created.append(made)
        return []

    def _write(self, changes: Sequence[Change]) -> Sequence[Row]:
        for shelf, is_insert, rows in changes:
            for row in rows:
                made = shelf.row._make(row[: len(shelf.columns)])
                if is_insert:
                    self._store.of(shelf.table).insert(made)
                else:
                    assert self._update(shelf, made), f"{made} is not there"
        return []

    def _update(self, shelf: AnyShelf, row: Row) -> bool:
        rows = self._store.of(shelf.table)
        found = rows.find(shelf.pk, getattr(row, shelf.pk))
        return bool(found) and rows.update(found[0]._replace(**{name: getattr(row, name) for name in shelf.updates}))


def may_hold(holder: Holder, account: Account) -> bool:
    """A guarded account is a member's; the open ones are the programme's and the merchants'."""
    return holder.kind == "member" or not account.is_guarded


class MemoryTx(Tx):
    """A transaction on the store: what a batch writes is one operation, and made accounts are undone with it."""

    def __init__(self, statements: MemoryStatements, store: Store) -> None:
        self._statements = statements
        self._store = store

    async def begin(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Begins."""
        self._statements.created.clear()
        return await self.ask(statements)

    async def ask(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Runs the named operations."""
        return [list(self._statements.operations[name](*arguments)) for name, arguments, _ in statements]

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Ends."""
        await self.ask(statements)

    async def rollback(self) -> None:
        """Takes back the accounts that were made."""
        for account in self._statements.created:
            self._store.of(tables.ACCOUNTS).delete(account)
