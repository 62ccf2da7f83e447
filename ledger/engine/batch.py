"""One batch, one transaction: create, lock, read, decide, write, record, commit. The whole write path stands here."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from time import perf_counter
from typing import cast

from ledger.book.account import Account
from ledger.book.units import AccountId, InvariantViolated
from ledger.engine.decide import AnyOutcome, Decider, request_keys
from ledger.engine.ids import IdSource
from ledger.engine.ports import Event, EventSink
from ledger.engine.request import Request
from ledger.engine.shelf import AnyShelf, Asked, Key, Shelf
from ledger.engine.shelves import ACCOUNTS, COMPANIONS, REQUESTS
from ledger.engine.standing import Standing
from ledger.engine.state import RowsMissing, State
from ledger.engine.statements import Change, Statements
from ledger.engine.unit import AnyCommand, Unit
from ledger.engine.unit_of_work import Tx

_WAVES_MAX = 6
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_MISSES_MAX = 2000
_CREATIONS_MAX = 3
"""Once with what is there, once more for locked accounts, once more for their companions."""


class AccountsMissing(Exception):
    """Locked accounts do not exist yet: the transaction starts again and creates them before it locks anything."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        super().__init__(len(accounts))
        self.accounts = accounts


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is decided together; `outcomes` and the timings are filled by `run`."""

    units: Sequence[Unit]
    create: dict[AccountId, Account] = field(default_factory=dict)
    outcomes: list[list[AnyOutcome]] = field(default_factory=list)
    decide_s: float = 0.0
    commit_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class BatchRunner:
    """Runs batches.

    known_open:   open accounts that are known to exist; they are neither locked nor read
    reached:      the latest instant of any batch: where the database's clock steps back, the ledger's stands still
    after_commit: hears the events of each committed batch; it must neither wait nor raise
    """

    statements: Statements
    standing: Standing
    decider: Decider
    sink: EventSink
    ids: IdSource
    known_open: set[AccountId] = field(default_factory=set)
    reached: datetime = _BEGINNING
    after_commit: Callable[[Sequence[Event]], None] | None = None

    async def run(self, batch: Batch, tx: Tx) -> None:
        """Decides and commits the batch; any exception leaves the database as it was, unless the commit itself broke."""
        for _ in range(_CREATIONS_MAX):
            try:
                await self._run(batch, tx)
            except AccountsMissing as missing:
                batch.create.update((account.id, account) for account in missing.accounts)
            else:
                return
        raise InvariantViolated("a batch that always asks for more accounts")

    async def _run(self, batch: Batch, tx: Tx) -> None:
        await tx.begin()
        try:
            self.ids.tick()
            keys = [key for unit in batch.units for key in unit.keys]
            # Before anything is locked, so that no insert waits for another transaction while locks are held.
            await self._create(list(batch.create.values()), tx)
            state = State(self.ids)
            await self._lock(batch, keys, state, tx)
            now = await self._read_now(batch.units, state, tx)
            await self._read(batch, keys, state, self.decider.latest_instant(batch.units, now), tx)
            await self._decide(batch, state, now, tx)
            opened = [a for a in state.open_accounts.values() if a.id not in self.known_open]
            await self._create(opened, tx)
            await self._write(state, tx)
            if state.events:
                await self.sink.append(tx, state.events)
        except BaseException:
            await tx.rollback()
            raise
        started = perf_counter()
        await tx.commit()
        batch.commit_s = perf_counter() - started
        self.known_open.update(account.id for account in opened)
        if self.after_commit is not None:
            self.after_commit(state.events)

    async def _create(self, accounts: Sequence[Account], tx: Tx) -> None:
        if accounts:
            holders = [account.holder_id for account in accounts]
            await tx.run(self.statements.create_accounts(), accounts, holders)

    async def _lock(self, batch: Batch, keys: Iterable[Key], state: State, tx: Tx) -> None:
        """Locks rank by rank, in id order within a rank, one array statement each; the rows come with the locks."""
        locked: dict[tuple[AnyShelf, Asked], Key] = {}
        for key in keys:
            # One command may only read what another one may make.
            if key.shelf.lock_rank is not None and (key.create or (key.shelf, key.value) not in locked):
                locked[key.shelf, key.value] = key
        by_rank = sorted(locked.values(), key=_rank_of)
        for _, group in groupby(by_rank, key=_rank_of):
            ranked = sorted(group, key=attrgetter("shelf.table.name"))
            for shelf, of_shelf in groupby(ranked, key=attrgetter("shelf")):
                asked = list(of_shelf)
                records = await tx.run(self.statements.lock(shelf), [key.value for key in asked])
                state.load(shelf, asked, (shelf.row._make(r) for r in records))
        self._require_accounts(batch, locked.values(), state, ACCOUNTS)

    def _require_accounts(self, batch: Batch, keys: Iterable[Key], state: State, shelf: Shelf[Account]) -> None:
        missing = [
            key.create
            for key in keys
            if isinstance(key.create, Account)
            and key.shelf is shelf
            and key.create.id not in batch.create
            and state.find(shelf, key.value) is None
        ]
        if missing:
            raise AccountsMissing(missing)

    async def _read_now(self, units: Iterable[Unit], state: State, tx: Tx) -> datetime:
        """The instant, read after the locks, with the requests on file and the version of the standing rows."""
        asked = [identity for unit in units for identity in request_keys(unit)]
        records = await tx.run(self.statements.now_and_requests(), asked)
        self.standing.at_version(records[0][1])
        rows = [Request(*record[2:]) for record in map(tuple, records) if record[2] is not None]
        shelf = cast("AnyShelf", REQUESTS)
        state.load(shelf, [Key(shelf, identity) for identity in asked], rows)
        self.reached = max(self.reached, records[0][0])
        return self.reached

    async def _read(self, batch: Batch, keys: Sequence[Key], state: State, until: datetime, tx: Tx) -> None:
        """Reads what the footprints name, then what those rows point to, until nothing new is named."""
        commands = [command for unit in batch.units for command in unit.commands]
        wanted = [*(key for key in keys if key.shelf.lock_rank is None), *_further(commands, state, until)]
        for _ in range(_WAVES_MAX):
            fresh = [key for key in wanted if not state.is_loaded(key)]
            if not fresh:
                break
            await self._load(fresh, state, tx)
            wanted = _further(commands, state, until)
        self._require_accounts(batch, keys, state, COMPANIONS)

    async def _load(self, keys: Iterable[Key], state: State, tx: Tx) -> None:
        by_shelf: dict[AnyShelf, dict[object, Key]] = {}
        for key in keys:
            by_shelf.setdefault(key.shelf, {})[key.value] = key
        for shelf, group in by_shelf.items():
            asked = list(group.values())
            if shelf.standing:
                await self.standing.load(shelf, asked, state, tx)
            else:
                records = await tx.run(self.statements.read(shelf), [key.value for key in asked])
                state.load(shelf, asked, (shelf.row._make(r) for r in records))

    async def _decide(self, batch: Batch, state: State, now: datetime, tx: Tx) -> None:
        for unit in batch.units:
            batch.outcomes.append(await self._decide_unit(batch, unit, state, now, tx))

    async def _decide_unit(self, batch: Batch, unit: Unit, state: State, now: datetime, tx: Tx) -> list[AnyOutcome]:
        """Decides; where rows turn out to be missing, reads them and decides again."""
        for _ in range(_MISSES_MAX):
            state.begin_unit()
            started = perf_counter()
            try:
                return self.decider.decide(unit, state, now)
            except RowsMissing as missing:
                state.drop_unit()
                await self._load([missing.key], state, tx)
            finally:
                batch.decide_s += perf_counter() - started
        raise InvariantViolated("a command that always asks for more rows")

    async def _write(self, state: State, tx: Tx) -> None:
        """All changes in one statement; every update must have found its row."""
        inserts = [(Change(shelf, is_insert=True), rows) for shelf, rows in state.inserted()]
        updates = [(Change(shelf, is_insert=False), rows) for shelf, rows in state.updated()]
        branches = sorted(inserts, key=_branch_order) + sorted(updates, key=_branch_order)
        if not branches:
            return
        arrays = [_rows(change, rows) for change, rows in branches]
        counts = (await tx.run(self.statements.write([change for change, _ in branches]), *arrays))[0]
        for (change, rows), count in zip(branches[len(inserts) :], tuple(counts)[1:], strict=True):
            if count != len(rows):
                raise InvariantViolated(f"{change.shelf.table.name}: {count} of {len(rows)} rows updated")


def _further(commands: Iterable[AnyCommand], state: State, until: datetime) -> list[Key]:
    return [key for command in commands for key in command.further(state, until)]


def _rank_of(key: Key) -> int:
    return key.shelf.lock_rank or 0


def _branch_order(branch: tuple[Change, object]) -> tuple[str, str]:
    return (branch[0].shelf.table.name, branch[0].shelf.by)


def _rows(change: Change, rows: Sequence[tuple[object, ...]]) -> Sequence[tuple[object, ...]]:
    """The rows as the table's row type has them; columns the database fills itself stand last."""
    padding = (None,) * (len(change.shelf.table.c) - len(change.shelf.columns))
    return [(*row, *padding) for row in rows] if padding else rows
