"""The book in memory: the real batch runner and decider over a dictionary of rows instead of PostgreSQL.

Only the statements are replaced: a statement's text is the name of an operation on the rows. Locking needs nothing,
because one batch runs at a time.
"""

from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Table

from audit.cipher import KeySealer
from ledger.book.account import LOCKED_ROLES, Account, AccountState
from ledger.campaigns import lock_plan, refund
from ledger.campaigns.rows import ACTIVITIES, AWARDS, CAMPAIGN_STEPS, CAMPAIGN_VERSIONS, Activity
from ledger.engine import tables
from ledger.engine.batch import Batch, BatchRunner
from ledger.engine.command import Command
from ledger.engine.decide import Decider
from ledger.engine.ids import IdSource
from ledger.engine.outcome import Outcome
from ledger.engine.ports import Event
from ledger.engine.preview import _read
from ledger.engine.reader import NOW, Query, Reader, Snapshot
from ledger.engine.shelf import AnyShelf, Asked
from ledger.engine.shelves import ACCOUNTS, HOLDERS, HOLDS, LOTS, LOTS_BY_ID, Holder
from ledger.engine.standing import Standing
from ledger.engine.statements import Change, Statements
from ledger.engine.unit import Submission, Unit
from ledger.engine.unit_of_work import Tx
from ledger.engine.wire.pipeline import Statement
from ledger.members import state_change
from ledger.partners.rows import MERCHANTS, TERMINALS
from ledger.points import owner_query
from ledger.points.tables import PAYMENT_CODES
from ledger.programme.clock import ReplayClock
from ledger.programme.rows import ASSETS, PROGRAMMES
from ledger.vouchers import presented, reverse, stock
from ledger.vouchers.rows import (
    REDEMPTIONS,
    TEMPLATE_VERSIONS,
    TEMPLATES,
    VOUCHER_COUNTS,
    VOUCHERS,
    VOUCHERS_BY_ID,
    Template,
    Voucher,
)

Row = Any
"""A NamedTuple of some shelf; rows of all tables lie side by side here."""
AnyCommand = Command[Any]
T = TypeVar("T")

SEALER = KeySealer(bytes(32))
KEPT_BY: dict[AnyShelf, Callable[[Row], bool]] = {
    LOTS: lambda lot: lot.remaining > 0,
    HOLDS: lambda hold: hold.state == "open",
    VOUCHERS: lambda voucher: voucher.state == "live",
}
"""What the where-clauses of shelves say, in Python."""
PREVIEWED: tuple[AnyShelf, ...] = (
    ACCOUNTS,
    LOTS,
    LOTS_BY_ID,
    MERCHANTS,
    TERMINALS,
    PROGRAMMES,
    TEMPLATES,
    TEMPLATE_VERSIONS,
    VOUCHERS,
    VOUCHERS_BY_ID,
    VOUCHER_COUNTS,
    REDEMPTIONS,
)
"""What reads of vouchers look at on a snapshot."""


class Rows:
    """The rows of one table, found by any column."""

    def __init__(self, table: Table) -> None:
        self._pk = [column.name for column in table.primary_key]
        self._rows: dict[tuple[object, ...], Row] = {}
        self._by: dict[str, dict[object, dict[tuple[object, ...], None]]] = {}

    def all(self) -> list[Row]:
        """Every row, in the order of insertion."""
        return list(self._rows.values())

    def insert(self, row: Row) -> None:
        """A new row; fails as a primary key does."""
        identity = self._identity(row)
        assert identity not in self._rows, f"duplicate {row}"
        self._rows[identity] = row
        for name, index in self._by.items():
            index.setdefault(getattr(row, name), {})[identity] = None

    def update(self, row: Row) -> bool:
        """Replaces the row with that key; False where there is none."""
        identity = self._identity(row)
        found = identity in self._rows
        if found:
            self._rows[identity] = row
        return found

    def delete(self, row: Row) -> None:
        """Forgets a row; only a rollback does."""
        identity = self._identity(row)
        del self._rows[identity]
        for name, index in self._by.items():
            del index[getattr(row, name)][identity]

    def find(self, column: str, value: object) -> list[Row]:
        """The rows whose `column` is `value`."""
        index = self._by.get(column)
        if index is None:
            index = self._by[column] = {}
            for identity, row in self._rows.items():
                index.setdefault(getattr(row, column), {})[identity] = None
        return [self._rows[identity] for identity in index.get(value, ())]

    def copy(self) -> "Rows":
        """The same rows, to be changed apart."""
        twin = Rows.__new__(Rows)
        twin._pk, twin._rows, twin._by = self._pk, dict(self._rows), {}
        return twin

    def _identity(self, row: Row) -> tuple[object, ...]:
        return tuple(getattr(row, name) for name in self._pk)


@dataclass(slots=True, kw_only=True)
class Store:
    """Every table's rows, the instant and the version of the standing rows."""

    now: datetime
    tables: dict[Table, Rows] = field(default_factory=dict)
    standing_version: int = 1

    def of(self, table: Table) -> Rows:
        """The rows of a table."""
        rows = self.tables.get(table)
        if rows is None:
            rows = self.tables[table] = Rows(table)
        return rows

    def select(self, shelf: AnyShelf, values: Iterable[object]) -> list[Row]:
        """What reading the shelf by these values returns."""
        assert (shelf.where is None) == (shelf not in KEPT_BY), f"say in Python what {shelf} reads"
        keep = KEPT_BY.get(shelf, lambda _: True)
        rows = self.of(shelf.table)
        return [row for value in dict.fromkeys(values) for row in rows.find(shelf.by, value) if keep(row)]


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


class MemoryReader(Reader):
    """Answers the look-ups of `find`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.book_schema = "memory"

    async def row(self, query: Query, parameters: Mapping[str, Any]) -> Row:
        """Whose entry, hold or payment code it is, and in which asset."""
        id_, programme = parameters["id"], parameters["programme_id"]
        if query is owner_query._ENTRY_OWNER:
            owners = [(e.member_id, e.asset_id) for e in self._store.of(tables.ENTRIES).find("id", id_)]
        elif query is owner_query._HOLD_OWNER:
            holds = self._store.of(tables.HOLDS).find("id", id_)
            accounts = [a for h in holds for a in self._store.of(tables.ACCOUNTS).find("id", h.account_id)]
            owners = [(account.holder_id, account.asset_id) for account in accounts]
        else:
            owners = [(c.member_id, c.asset_id) for c in self._store.of(PAYMENT_CODES).find("id", id_)]
        assets = [(member, asset) for member, id_ in owners for asset in self._store.select(ASSETS, [id_])]
        return next(((member, asset.code) for member, asset in assets if asset.programme_id == programme), None)

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """The wallets of a member."""
        assert query is state_change._LOCKED
        accounts = self._store.of(tables.ACCOUNTS).find("holder_id", parameters["holder_id"])
        return [{"id": a.id, "asset_id": a.asset_id} for a in accounts if a.role in LOCKED_ROLES]

    async def look_up(self, query: Query, value: Asked) -> Row:
        """Whose voucher a code is or a redemption used; what is in stock."""
        if query is presented._BY_CODE:
            return next(((v.code_hash, *_found(v)) for v in self._vouchers("code_hash", value)), None)
        if query is reverse._BY_ID:
            redeemed = self._store.of(REDEMPTIONS.table).find("id", value)
            vouchers = [(r, v) for r in redeemed for v in self._vouchers("id", r.voucher_id)]
            return next(((r.id, r.entry_id, *_found(v)) for r, v in vouchers), None)
        if query is lock_plan._PLANS:
            return self._ran(value)
        if query is refund._AWARDED:
            return next((self._awarded(a) for a in self._store.of(ACTIVITIES.table).find("request_id", value)), None)
        assert query is stock._SEEN
        templates = self._store.select(TEMPLATES, [value])
        return next((self._stock(template) for template in templates), None)

    async def look_up_all(self, query: Query, values: Sequence[Asked]) -> list[Row]:
        """One by one."""
        return [await self.look_up(query, value) for value in values]

    def _ran(self, programme: Asked) -> Row:
        """Every version of the programme's campaigns under which they ran or were paused or ended."""
        steps = self._store.of(CAMPAIGN_STEPS.table).all()
        ran = {step.version_id for step in steps if step.state in {"running", "paused", "ended"}}
        versions = [v for v in self._store.of(CAMPAIGN_VERSIONS.table).find("programme_id", programme) if v.id in ran]
        return {"campaigns": [v.campaign_id for v in versions], "bodies": [v.body for v in versions]}

    def _awarded(self, activity: Activity) -> Row:
        awards = self._store.of(AWARDS.table).find("activity_id", activity.id)
        budgets = {award.budget_id for award in awards if award.budget_id is not None}
        by_kind = {kind: {a.asset_id for a in awards if a.kind == kind} for kind in ("POINTS", "VOUCHER")}
        return {
            "member_id": activity.member_id,
            "assets": list(by_kind["POINTS"]),
            "vouchers": list(by_kind["VOUCHER"]),
            "budgets": list(budgets),
        }

    def _vouchers(self, column: str, value: object) -> list[Voucher]:
        return self._store.of(VOUCHERS.table).find(column, value)

    def _stock(self, template: Template) -> Row:
        accounts = self._store.of(tables.ACCOUNTS).find("asset_id", template.asset_id)
        posted = sum(account.posted for account in accounts if account.role == "stock")
        [version] = self._store.select(TEMPLATE_VERSIONS, [template.current_version_id])
        return {"stock": template.stock, "posted": posted, "body": version.body}

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """The rows as they are."""
        yield MemorySnapshot(self._store)


def _found(voucher: Voucher) -> Row:
    ids = (voucher.id, voucher.account_id, voucher.member_id, voucher.template_id)
    return (*ids, voucher.template_version_id, voucher.lot_id)


class MemorySnapshot(Snapshot):
    """What previews read, from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves = {_read(shelf): shelf for shelf in PREVIEWED}

    async def rows(self, query: Query, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """The instant, or rows of a shelf."""
        if query is NOW:
            return [(self._store.now,)]
        return self._store.select(self._shelves[query], parameters["asked"])


class EventList:
    """The audit log as a list."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def append(self, tx: object, events: Sequence[Event]) -> None:
        """Keeps the events."""
        self.events += events

    async def branches(self, events: Sequence[Event], first: int) -> tuple[str, Sequence[object]]:
        """Keeps the events; nothing is left to write."""
        self.events += events
        return "", ()


class MemoryBook:
    """A book to run commands on. Every command is decided at its own `replay_at`, else at `store.now`."""

    def __init__(self, store: Store, *, generation: int = 1) -> None:
        self.store = store
        self._generation = generation
        statements = MemoryStatements(store)
        self.sink = EventList()
        self._tx = MemoryTx(statements, store)
        self._reader = MemoryReader(store)
        self._runner = BatchRunner(
            statements=statements,
            standing=Standing(statements),
            decider=Decider(SEALER, ReplayClock()),
            sink=self.sink,
            ids=IdSource(1, seed=b"memory", clock_ms=lambda: generation),
        )
        self._runner.known_open.update(account.id for account in store.of(tables.ACCOUNTS).all())

    def copy(self) -> "MemoryBook":
        """The same book, to go another way."""
        rows = {table: rows.copy() for table, rows in self.store.tables.items()}
        store = Store(now=self.store.now, tables=rows, standing_version=self.store.standing_version)
        return MemoryBook(store, generation=self._generation + 1)

    def add(self, shelf: AnyShelf, *rows: Row) -> None:
        """Puts rows there without any command: members, merchants, terms."""
        for row in rows:
            self.store.of(shelf.table).insert(row)
        self.store.standing_version += 1

    def change(self, shelf: AnyShelf, row: Row) -> None:
        """Replaces a row without any command: new terms, another state."""
        assert self.store.of(shelf.table).update(row)
        self.store.standing_version += 1

    def read(self, reading: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """What a read answers."""
        return _finish(reading(self._reader))

    def set_member_state(self, member_id: UUID, state: AccountState) -> None:
        """Freezes, reopens or closes a member and its accounts."""
        for holder in self.store.select(HOLDERS, [member_id]):
            self.change(HOLDERS, cast("Holder", holder)._replace(state=state))
        for account in self.rows(tables.ACCOUNTS, "holder_id", member_id):
            self.change(ACCOUNTS, account._replace(state=state))

    def rows(self, table: Table, column: str | None = None, value: object = None) -> list[Row]:
        """The rows of a table, all or those with this value."""
        rows = self.store.of(table)
        return rows.all() if column is None else rows.find(column, value)

    def execute(self, command: AnyCommand) -> Outcome[Any]:
        """A batch of one command."""
        return self.run([self.unit([command])])[0][0]

    def execute_list(self, commands: Sequence[AnyCommand]) -> list[Outcome[Any]]:
        """An independent list, in one batch."""
        return [outcome for (outcome,) in self.run([self.unit([command]) for command in commands])]

    def execute_group(self, commands: Sequence[AnyCommand], key: str) -> Sequence[Outcome[Any]]:
        """An atomic list."""
        return self.run([self.unit(commands, key)])[0]

    def unit(self, commands: Sequence[AnyCommand], group_key: str | None = None) -> Unit:
        """What the engine queues, after `find`."""
        unit = Unit(commands=commands, submission=cast("Submission", None), group_key=group_key)
        self._reader.standing_version = self.store.standing_version
        unit.commands = [_finish(command.find(self._reader)) for command in commands]
        unit.prepare()
        return unit

    def run(self, units: Sequence[Unit]) -> list[Sequence[Outcome[Any]]]:
        """One batch."""
        batch = Batch(units=units)
        _finish(self._runner.run(batch, self._tx))
        return batch.outcomes


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that never waits; where it gives others a turn, nobody is there to take it."""
    try:
        while work.send(None) is None:
            pass
    except StopIteration as end:
        return cast("T", end.value)
    raise AssertionError("nothing in memory waits")
