"""The funnel: `await engine.execute(command)`. A queue, and at most two batches in flight.

Nothing here decides correctness: the database's locks do, also between processes. The queue only makes batches large
and keeps one member's commands in order.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

import asyncpg

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.batch import Batch, BatchRunner
from ledger.engine.command import Command
from ledger.engine.database import Database
from ledger.engine.outcome import Outcome
from ledger.engine.ports import Observer
from ledger.engine.reader import Reader
from ledger.engine.unit import LIST_MAX, AnyCommand, LockKey, Unit, WrongKeys
from ledger.engine.unit_of_work import Tx

O = TypeVar("O")  # noqa: E741 - the reply
_TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.LockNotAvailableError,
)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    OSError,
    asyncio.IncompleteReadError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the write path. Times in seconds."""

    writers: int = 2
    queue_max: int = 10_000
    batch_commands_min: int = 16
    batch_commands_max: int = 1000
    batch_locks_max: int = 2000
    deadline_s: float = 10.0
    tries_max: int = 6
    wrong_keys_max: int = 3


class Engine:
    """Accepts commands from any task of the process; `start` before, `stop` after."""

    def __init__(
        self, database: Database, runner: BatchRunner, reader: Reader, observer: Observer, limits: Limits
    ) -> None:
        self._database = database
        self._runner = runner
        self._reader = reader
        self._observer = observer
        self._limits = limits
        self._waiting: deque[Unit] = deque()
        self._commands_waiting = 0
        self._in_flight: set[LockKey] = set()
        self._wake = asyncio.Event()
        self._writers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._busy = 0
        self._jitter = Random()  # noqa: S311 - spreads retries, keeps no secret

    async def start(self) -> None:
        """Starts the writers; each holds a connection of its own."""
        self._stopping = False
        self._writers = [asyncio.create_task(self._write_on()) for _ in range(self._limits.writers)]

    async def stop(self) -> None:
        """Drains: refuses new commands, finishes those that wait, disconnects."""
        self._stopping = True
        self._wake.set()
        await asyncio.gather(*self._writers)

    # -- submitting --------------------------------------------------------------------------------------------------

    async def execute(self, command: Command[O]) -> Outcome[O]:
        """Decides one command durably, or refuses. Raises only on a bug or where the outcome stays unknown."""
        return (await self._submit([command], None))[0]

    async def execute_list(self, commands: Sequence[Command[O]]) -> list[Outcome[O]]:
        """Independent items, each under its own key: an outcome per item in input order, in one batch."""
        return await self._submit(commands, None) if commands else []

    async def execute_group(self, commands: Sequence[Command[O]], key: str) -> list[Outcome[O]]:
        """An atomic list under one key: all or nothing; the failing item carries its code."""
        return await self._submit(commands, key) if commands else []

    async def _submit(self, commands: Sequence[AnyCommand], group_key: str | None) -> list[Outcome[Any]]:
        refusal = self._refuse_early(len(commands))
        if refusal is not None:
            self._observer.refused(refusal.code)
            return [Outcome(refusal=refusal) for _ in commands]
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            found = [await command.find(self._reader) for command in commands]
        except Refusal as refused:
            self._observer.refused(refused.code)
            return [Outcome(refusal=refused) for _ in commands]
        unit = Unit(
            commands=found,
            future=loop.create_future(),
            enqueued_at=started,
            deadline=started + self._limits.deadline_s,
            group_key=group_key,
        )
        unit.prepare()
        self._enqueue(unit)
        outcomes = await unit.future
        for outcome in outcomes:
            if outcome.refusal is not None:
                self._observer.refused(outcome.refusal.code)
        return outcomes

    def _refuse_early(self, count: int) -> Refusal | None:
        if count > LIST_MAX:
            return Refusal(RefusalCode.LIST_TOO_LONG, limit=LIST_MAX)
        if self._stopping or self._commands_waiting + count > self._limits.queue_max:
            return Refusal(RefusalCode.OVERLOADED, retry_after_seconds=1)
        return None

    def _enqueue(self, unit: Unit) -> None:
        self._waiting.append(unit)
        self._commands_waiting += len(unit.commands)
        self._wake.set()

    # -- batching ----------------------------------------------------------------------------------------------------

    def _take_batch(self) -> list[Unit]:
        """The next units that may run: in order, leaving those whose locks are in flight or wanted by one left."""
        taken: list[Unit] = []
        left: deque[Unit] = deque()
        blocked = set(self._in_flight)
        commands = locks = 0
        share = self._share()
        while self._waiting:
            unit = self._waiting.popleft()
            fits = not taken or (
                commands + len(unit.commands) <= share
                and locks + len(unit.lock_keys) <= self._limits.batch_locks_max
            )
            if fits and blocked.isdisjoint(unit.lock_keys):
                taken.append(unit)
                commands += len(unit.commands)
                locks += len(unit.lock_keys)
                continue
            left.append(unit)
            blocked |= unit.lock_keys
            if not fits:
                break
        left.extend(self._waiting)
        self._waiting = left
        self._commands_waiting -= commands
        return self._drop_late(taken)

    def _share(self) -> int:
        """How many commands one batch may take: an equal part for each idle writer, so that one decides while the
        database works for the other; a small queue is not split, since a batch costs its round trips."""
        idle = self._limits.writers - self._busy
        part = -(-self._commands_waiting // max(idle, 1))
        return min(max(part, self._limits.batch_commands_min), self._limits.batch_commands_max)

    def _drop_late(self, units: Sequence[Unit]) -> list[Unit]:
        now = asyncio.get_running_loop().time()
        late = [unit for unit in units if unit.deadline <= now]
        for unit in late:
            _resolve(unit, Refusal(RefusalCode.DEADLINE_EXCEEDED))
        return [unit for unit in units if unit.deadline > now and not unit.future.done()]

    async def _write_on(self) -> None:
        """A writer: takes what may run, runs it, waits for more; ends when stopping and nothing waits."""
        writer = Writer(self._database)
        while True:
            units = self._take_batch()
            if not units:
                if self._stopping and not self._waiting:
                    break
                self._wake.clear()
                if not self._waiting or self._in_flight:
                    await self._wake.wait()
                continue
            locks = frozenset[LockKey]().union(*(unit.lock_keys for unit in units))
            self._in_flight |= locks
            self._busy += 1
            try:
                await self._run_units(units, writer)
            finally:
                self._in_flight -= locks
                self._busy -= 1
                self._wake.set()
        await writer.close()

    async def _run_units(self, units: Sequence[Unit], writer: "Writer") -> None:
        """Runs a batch to its end: retries what is transient, halves what is not until the culprit is found."""
        try:
            batch = await self._run_with_retries(units, writer)
        except WrongKeys:
            await self._requeue(units)
        except Refusal as refusal:
            for unit in units:
                _resolve(unit, refusal)
        except Exception as error:  # noqa: BLE001 - handed to the one caller whose command caused it
            if len(units) == 1:
                _fail(units[0], error)
                return
            half = len(units) // 2
            await self._run_units(units[:half], writer)
            await self._run_units(units[half:], writer)
        else:
            self._deliver(batch)

    async def _run_with_retries(self, units: Sequence[Unit], writer: "Writer") -> Batch:
        for attempt in range(self._limits.tries_max):
            batch = Batch(units=units)
            try:
                await self._runner.run(batch, await writer.tx())
            except _TRANSIENT as error:
                self._observer.retried(type(error).__name__)
                await asyncio.sleep(self._jitter.random() * 0.01 * 2**attempt)
            except _LOST as error:
                self._observer.retried(type(error).__name__)
                await writer.close()
                await asyncio.sleep(self._jitter.random() * 0.05 * 2**attempt)
            else:
                return batch
        if writer.is_lost:
            raise Refusal(RefusalCode.UNAVAILABLE, retry_after_seconds=1)
        raise Refusal(RefusalCode.CONTENDED)

    async def _requeue(self, units: Sequence[Unit]) -> None:
        """Looks up and queues again; a unit that keeps asking for other keys is refused."""
        for unit in units:
            unit.attempts += 1
            if unit.attempts > self._limits.wrong_keys_max:
                _resolve(unit, Refusal(RefusalCode.CONTENDED))
                continue
            unit.commands = [await replace(command).find(self._reader) for command in unit.commands]
            unit.prepare()
            self._enqueue(unit)

    def _deliver(self, batch: Batch) -> None:
        now = asyncio.get_running_loop().time()
        waits = [now - unit.enqueued_at for unit in batch.units]
        self._observer.batch_done(
            sum(len(unit.commands) for unit in batch.units), waits, batch.decide_s, batch.commit_s
        )
        for unit, outcomes in zip(batch.units, batch.outcomes, strict=True):
            if not unit.future.done():
                unit.future.set_result(outcomes)


class Writer:
    """A writer's connection, opened when first needed and again after a loss."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._tx: Tx | None = None

    @property
    def is_lost(self) -> bool:
        """Whether there is no connection now."""
        return self._connection is None

    async def tx(self) -> Tx:
        """The transaction handle of the connection."""
        if self._connection is None or self._connection.is_closed() or self._tx is None:
            self._connection = await self._database.open_writer()
            self._tx = Tx(self._connection)
        return self._tx

    async def close(self) -> None:
        """Disconnects at once; what was open is undone by the server."""
        connection, self._connection, self._tx = self._connection, None, None
        if connection is not None:
            connection.terminate()


def _resolve(unit: Unit, refusal: Refusal) -> None:
    if not unit.future.done():
        unit.future.set_result([Outcome(refusal=refusal) for _ in unit.commands])


def _fail(unit: Unit, error: Exception) -> None:
    if not unit.future.done():
        unit.future.set_exception(error)
