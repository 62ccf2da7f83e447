"""One batch, one transaction: create, lock, read; decide; write, record, commit. The whole write path stands here.

Before and after deciding there is one round trip each, a pipeline of statements (docs/decisions/0024).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from time import perf_counter
from typing import cast

import asyncpg

from ledger.book.account import Account
from ledger.book.units import AccountId, InvariantViolated
from ledger.engine.decide import AnyOutcome, Decider
from ledger.engine.ids import IdSource
from ledger.engine.ports import Event, EventSink
from ledger.engine.shelf import AnyShelf, Asked, Key, Shelf
from ledger.engine.shelves import ACCOUNTS, COMPANIONS, REQUESTS
from ledger.engine.standing import Standing
from ledger.engine.state import RowsMissing, State
from ledger.engine.statements import Change, Statements
from ledger.engine.unit import Unit, WrongKeys
from ledger.engine.unit_of_work import Tx
from ledger.engine.wire.pipeline import Rows, Statement

CLOCK_BEHIND_MAX = timedelta(hours=1)
"""A clock that is further behind the book's entries is believed: it is they that stand in a future (a replay, a slip)."""
_WAVES_MAX = 6
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_MISSES_MAX = 20_000
UNITS_AT_A_STRETCH = 32
"""Decided before others in the process have their turn: two or three milliseconds of spends."""
_CREATIONS_MAX = 3
"""Once with what is there, once more for locked accounts, once more for their companions."""


class AccountsMissing(Exception):
    """Locked accounts do not exist yet: the transaction starts again and creates them before it locks anything."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        super().__init__(len(accounts))
        self.accounts = accounts


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is decided together. The rest is filled by `run`: `outcomes` by unit, as far as they are decided."""

    units: Sequence[Unit]
    create: dict[AccountId, Account] = field(default_factory=dict)
    outcomes: list[Sequence[AnyOutcome]] = field(default_factory=list)
    decide_s: float = 0.0
    commit_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class BatchRunner:
    """Runs batches.

    known_open:   open accounts that the server is known to have; they are neither locked nor read
    reached:      the latest instant of any batch: where the database's clock steps back, the ledger's stands still
    deciding:     held by the batch that is being decided
    after_commit: hears the events of each committed batch; it must neither wait nor raise
    """

    statements: Statements
    standing: Standing
    decider: Decider
    sink: EventSink
    ids: IdSource
    known_open: set[AccountId] = field(default_factory=set)
    reached: datetime = _BEGINNING
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    after_commit: Callable[[Sequence[Event]], None] | None = None

    def forget(self) -> None:
        """Lets go of what the server was known to have: after a failover another one answers, which may lack what the
        former one acknowledged. A batch that is still in flight there tells only the former set.
        """
        self.known_open = set()

    async def go_on(self, tx: Tx) -> None:
        """Before the first batch of a connection: where this server's clock is behind the book, time stands still until
        it has caught up. Processes that were just started, or had a standby promoted under them, go on together.
        """
        [[(now, latest)]] = await tx.ask([self.statements.latest_instants()])
        if latest is not None and now < latest <= now + CLOCK_BEHIND_MAX:
            self.reached = max(self.reached, latest)

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
        known_open = self.known_open
        state = State(self.ids, self.decider.sealer)
        try:
            now = await self._begin(batch, state, tx)
            await self._decide(batch, state, now, tx)
            opened = [a for a in state.open_accounts.values() if a.id not in known_open]
            writing = [*self._creating(opened), *await self._writing(state)]
            started = perf_counter()
            await _commit(writing, tx)
            batch.commit_s = perf_counter() - started
        except BaseException:
            await tx.rollback()
            raise
        known_open.update(account.id for account in opened)
        if self.after_commit is not None:
            self.after_commit(state.events)

    async def _begin(self, batch: Batch, state: State, tx: Tx) -> datetime:
        """In one round trip: creates what an earlier try found missing, before anything is locked, so that no insert
        waits for another transaction while locks are held; locks, rank by rank and in id order, and so reads the locked
        rows; reads, after the locks, the instant and all else that the footprints name. Then what those rows point to.
        """
        keys = [key for unit in batch.units for key in unit.keys]
        asked, absent = _by_shelf(keys), [key for key in keys if key.create is not None]
        creating = self._creating(list(batch.create.values()))
        locking = [self.statements.lock(shelf, ids) for shelf, ids in _locks(asked).items()]
        reading = [self.statements.read(shelf, values) for shelf, values in _reads(batch, asked).items()]
        *found, [(instant, version)] = await tx.begin([*creating, *locking, *reading, self.statements.instant()])
        # Under the locks: whoever waited for them is named after whoever held them, whatever process that was.
        self.ids.tick()
        _load(state, [*locking, *reading], found[len(creating) :])
        self._require_accounts(batch, absent, state, ACCOUNTS)
        state.standing = await self.standing.at_version(version, tx)
        state.derived = self.standing.derived
        self.reached = max(self.reached, instant)
        await self._read_further(batch, state, self.decider.latest_instant(batch.units, self.reached), tx)
        self._require_accounts(batch, absent, state, COMPANIONS)
        return self.reached

    def _creating(self, accounts: Sequence[Account]) -> list[Statement]:
        return [self.statements.create_accounts(accounts)] if accounts else []

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

    async def _read_further(self, batch: Batch, state: State, until: datetime, tx: Tx) -> None:
        asking = [command for unit in batch.units for command in unit.commands]
        for _ in range(_WAVES_MAX):
            wanted = [[key for key in command.further(state, until) if not state.is_loaded(key)] for command in asking]
            # Whom these rows told nothing new has nothing to ask of them.
            asking = [command for command, keys in zip(asking, wanted, strict=True) if keys]
            if not asking:
                return
            await self._load(chain.from_iterable(wanted), state, tx)

    async def _load(self, keys: Iterable[Key], state: State, tx: Tx) -> None:
        asked = _by_shelf(keys)
        standing = {shelf: asked.pop(shelf) for shelf in [*asked] if shelf.standing}
        if standing:
            await self.standing.load(state.standing, standing, tx)
        if asked:
            reading = [self.statements.read(shelf, values) for shelf, values in asked.items()]
            _load(state, reading, await tx.ask(reading))

    async def _decide(self, batch: Batch, state: State, now: datetime, tx: Tx) -> None:
        """Decides all units; rows that turn out to be missing are read without the lock, as an answer may take long."""
        misses = Counter[int]()
        while (missing := await self._decide_further(batch, state, now)) is not None:
            unit = len(batch.outcomes)
            misses[unit] += 1
            if misses[unit] >= _MISSES_MAX:
                raise InvariantViolated("a command that always asks for more rows")
            await self._load([missing], state, tx)

    async def _decide_further(self, batch: Batch, state: State, now: datetime) -> Key | None:
        """Decides the units that are left, until rows are missing. One batch after the other, so that the first is soon
        written; between stretches the statements of the others are answered and sent, and batches of one stretch are
        decided (docs/decisions/0022).
        """
        if len(batch.units) <= UNITS_AT_A_STRETCH:
            return self._decide_stretch(batch, state, now)
        async with self.deciding:
            while True:
                missing = self._decide_stretch(batch, state, now)
                if missing is not None or len(batch.outcomes) == len(batch.units):
                    return missing
                await asyncio.sleep(0)

    def _decide_stretch(self, batch: Batch, state: State, now: datetime) -> Key | None:
        started, begin = perf_counter(), len(batch.outcomes)
        try:
            for unit in batch.units[begin : begin + UNITS_AT_A_STRETCH]:
                missing = self._decide_unit(unit, batch, state, now)
                if missing is not None:
                    return missing
        finally:
            batch.decide_s += perf_counter() - started
        return None

    def _decide_unit(self, unit: Unit, batch: Batch, state: State, now: datetime) -> Key | None:
        """Decides the unit; where it asks for rows that are missing, nothing is left of it."""
        state.begin_unit()
        try:
            batch.outcomes.append(self.decider.decide(unit, state, now))
        except WrongKeys as wrong:
            wrong.unit = unit
            raise
        except RowsMissing as missing:
            state.drop_unit()
            return missing.key
        return None

    async def _writing(self, state: State) -> list[Statement]:
        """All changes and their events in one statement."""
        inserts = [Change(shelf, is_insert=True, rows=rows) for shelf, rows in state.inserted()]
        updates = [Change(shelf, is_insert=False, rows=rows) for shelf, rows in state.updated()]
        changes = sorted(inserts, key=_change_order) + sorted(updates, key=_change_order)
        if not changes and not state.events:
            return []
        return [self.statements.write(changes, *await self._events(state, len(changes) + 1))]

    async def _events(self, state: State, first: int) -> tuple[str, Sequence[object]]:
        return await self.sink.branches(state.events, first) if state.events else ("", ())


async def _commit(writing: Sequence[Statement], tx: Tx) -> None:
    try:
        await tx.commit(writing)
    except asyncpg.InvalidTextRepresentationError as error:
        raise InvariantViolated("a row to update is not there") from error


def _load(state: State, statements: Sequence[Statement], found: Sequence[Rows]) -> None:
    for (_, (values, *_), shelf), rows in zip(statements, found, strict=True):
        state.load(cast("AnyShelf", shelf), cast("Iterable[Asked]", values), rows)


def _locks(asked: Mapping[AnyShelf, dict[Asked, None]]) -> dict[AnyShelf, dict[Asked, None]]:
    """What is locked, rank by rank. The order of the ids is the statement's affair."""
    locked = [shelf for shelf in asked if shelf.lock_rank is not None]
    return {shelf: asked[shelf] for shelf in sorted(locked, key=_lock_order)}


def _reads(batch: Batch, asked: Mapping[AnyShelf, dict[Asked, None]]) -> dict[AnyShelf, dict[Asked, None]]:
    """What is read under the locks: rows that they protect, and the requests. These come last: what another process did
    under one of the keys, seen in the rows, is seen under the key too.
    """
    read = {shelf: asked[shelf] for shelf in asked if shelf.lock_rank is None and not shelf.standing}
    requests: dict[Asked, None] = dict.fromkeys(i for unit in batch.units for i in unit.request_ids)
    return {**read, cast("AnyShelf", REQUESTS): requests} if requests else read


def _by_shelf(keys: Iterable[Key]) -> dict[AnyShelf, dict[Asked, None]]:
    by_shelf: dict[AnyShelf, dict[Asked, None]] = {}
    for shelf, value, _ in keys:
        values = by_shelf.get(shelf)
        if values is None:
            values = by_shelf[shelf] = {}
        values[value] = None
    return by_shelf


def _lock_order(shelf: AnyShelf) -> tuple[int, str]:
    return shelf.lock_rank or 0, shelf.table.name


def _change_order(change: Change) -> tuple[str, str]:
    return change.shelf.table.name, change.shelf.by
