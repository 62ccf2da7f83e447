"""The book in memory: the real batch runner and decider over a dictionary of rows instead of PostgreSQL.

Only the statements are replaced (`memory_statements`), on the rows of a store (`memory_store`); reads beside a batch are
`memory_reader`'s.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Table

from audit.cipher import KeySealer
from ledger.book.account import AccountState
from ledger.engine import tables
from ledger.engine.batch import Batch, BatchRunner
from ledger.engine.command import Command
from ledger.engine.decide import Decider
from ledger.engine.ids import IdSource
from ledger.engine.outcome import Outcome
from ledger.engine.ports import Event
from ledger.engine.reader import Reader
from ledger.engine.shelf import AnyShelf
from ledger.engine.shelves import ACCOUNTS, HOLDERS, Holder
from ledger.engine.standing import Standing
from ledger.engine.unit import Submission, Unit
from ledger.programme.clock import ReplayClock
from tests.property.memory_reader import MemoryReader
from tests.property.memory_statements import MemoryStatements, MemoryTx
from tests.property.memory_store import Row, Store

AnyCommand = Command[Any]
T = TypeVar("T")

SEALER = KeySealer(bytes(32))


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
