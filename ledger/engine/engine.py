"""The funnel: `await engine.execute(command)`. A queue, and a few batches in flight.

Nothing here decides correctness: the database's locks do, also between processes. The queue only makes batches large
and keeps one member's commands in order.
"""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeVar

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.batch import UNITS_AT_A_STRETCH, Batch, BatchRunner
from ledger.engine.bell import Bell
from ledger.engine.command import Command
from ledger.engine.database import Database
from ledger.engine.lanes import Lanes
from ledger.engine.outcome import Outcome
from ledger.engine.ports import Observer
from ledger.engine.queue import Limits, behind, order_of
from ledger.engine.reader import Reader
from ledger.engine.unit import LIST_MAX, AnyCommand, Submission, Unit, WrongKeys
from ledger.engine.writer import LOST, Writer

O = TypeVar("O")  # noqa: E741 - the reply


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
        self._lanes = Lanes(limits)
        self._bell = Bell()
        self._writers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._commands_looking = 0

    async def start(self) -> None:
        """Starts the writers; each opens a connection of its own when it is first needed."""
        self._stopping = False
        self._writers = [asyncio.create_task(self._write_on()) for _ in range(self._limits.writers)]

    async def stop(self) -> None:
        """Drains: refuses new commands, finishes those that wait, disconnects."""
        self._stopping = True
        self._bell.ring_for_all()
        await asyncio.gather(*self._writers)

    # -- submitting --------------------------------------------------------------------------------------------------

    async def execute(self, command: Command[O]) -> Outcome[O]:
        """Decides one command durably, or refuses. Raises only on a bug or where the outcome stays unknown."""
        return (await self._submit([[command]]))[0]

    async def execute_list(self, commands: Sequence[Command[O]]) -> list[Outcome[O]]:
        """Independent items, each under its own key: an outcome per item in input order. Items of one member are
        decided in input order; the others share as few batches as the writers make of them.
        """
        return await self._submit([[command] for command in commands])

    async def execute_group(self, commands: Sequence[Command[O]], key: str) -> list[Outcome[O]]:
        """An atomic list under one key: all or nothing; the failing item carries its code.

        The items take the list's key for theirs, so that their entries name the request that stands on file.
        """
        keyed = [replace(command, key=key) for command in commands]
        return await self._submit([keyed] if keyed else [], key)

    async def _submit(self, parts: Sequence[Sequence[AnyCommand]], group_key: str | None = None) -> list[Outcome[Any]]:
        """The outcomes of all commands, in input order; each part is decided as one."""
        if not parts:
            return []
        count = sum(map(len, parts))
        submission = self._new_submission(len(parts), count)
        units = [Unit(commands=part, submission=submission, group_key=group_key) for part in parts]
        refusal = self._refuse_early(count)
        if refusal is None:
            self._enqueue(await self._looked_up(units))
        else:
            for unit in units:
                unit.refuse(refusal)
        await submission.caller
        outcomes = [outcome for unit in units for outcome in unit.outcomes or ()]
        for outcome in outcomes:
            if outcome.refusal is not None:
                self._observer.refused(outcome.refusal.code)
        return outcomes

    def _enqueue(self, units: Sequence[Unit]) -> None:
        """The last writer may have left while the units were looked up; then nobody would ever take them."""
        for unit in units:
            if self._stopping:
                unit.refuse(Refusal(RefusalCode.OVERLOADED, retry_after_seconds=1))
            else:
                self._lanes.of(unit).put(unit)
        self._call_writer()

    def _call_writer(self) -> None:
        if self._lanes.is_worth_taking:
            self._bell.ring()

    def _new_submission(self, units: int, commands: int) -> Submission:
        loop = asyncio.get_running_loop()
        now = loop.time()
        return Submission(
            caller=loop.create_future(),
            is_long=commands > UNITS_AT_A_STRETCH,
            unanswered=units,
            arrived_s=now,
            deadline_s=now + self._limits.deadline_s,
        )

    def _refuse_early(self, count: int) -> Refusal | None:
        if count > LIST_MAX:
            return Refusal(RefusalCode.LIST_TOO_LONG, limit=LIST_MAX)
        if self._stopping or not self._lanes.has_room(count + self._commands_looking):
            return Refusal(RefusalCode.OVERLOADED, retry_after_seconds=1)
        return None

    async def _looked_up(self, units: Sequence[Unit]) -> Sequence[Unit]:
        """Those that may be queued, after a look at the book; the callers of the others have been told."""
        looking = [unit for unit in units if unit.has_looks]
        if not looking:
            return units
        await self._look_up(looking, sum(len(unit.commands) for unit in units))
        return [unit for unit in units if unit.is_awaited]

    async def _look_up(self, units: Sequence[Unit], waiting: int) -> None:
        """Lets these look, all at once; meanwhile so many commands count as waiting."""
        self._reader.standing_version = self._runner.standing.version
        self._commands_looking += waiting
        try:
            if len(units) == 1:
                await self._look(units[0])
            else:
                await asyncio.gather(*map(self._look, units))
        finally:
            self._commands_looking -= waiting

    async def _look(self, unit: Unit) -> None:
        try:
            await unit.look(self._reader)
        except LOST:
            unit.refuse(Refusal(RefusalCode.UNAVAILABLE, retry_after_seconds=1))
        except Exception as error:  # noqa: BLE001 - handed to the one caller whose command caused it
            unit.fail(error)

    # -- writing -----------------------------------------------------------------------------------------------------

    async def _write_on(self) -> None:
        """Takes what may run, runs it, waits for more; ends when stopping and nothing waits."""
        with closing(Writer(self._database, self._runner, self._observer, self._limits)) as writer:
            while not self._stopping or len(self._lanes):
                units = self._lanes.take()
                if units:
                    self._call_writer()
                    await self._run(units, writer)
                    # Whoever was just answered may ask again at once, and shares the next batch.
                    await self._bell.pause()
                elif not self._stopping or not self._lanes.is_idle:
                    await self._bell.heard()

    async def _run(self, units: Sequence[Unit], writer: Writer) -> None:
        order_keys, queue = order_of(units), self._lanes.of(units[0])
        try:
            await self._run_units(units, writer)
        finally:
            queue.done(order_keys)
            if self._stopping:
                self._bell.ring_for_all()

    async def _run_units(self, units: Sequence[Unit], writer: Writer) -> None:
        """Runs a batch to its end; an error that no retry heals halves it until the culprit is found."""
        units = _in_time(units)
        if not units:
            return
        begun_s = asyncio.get_running_loop().time()
        try:
            self._deliver(await writer.run(units), begun_s)
        except Refusal as refusal:
            for unit in units:
                unit.refuse(refusal)
        except Exception as error:  # noqa: BLE001 - handed to the one caller whose command caused it
            if isinstance(error, WrongKeys) and error.unit is not None:
                await self._look_again(error.unit, units, writer)
            elif len(units) > 1:
                half = len(units) // 2
                await self._run_units(units[:half], writer)
                await self._run_units(units[half:], writer)
            else:
                units[0].fail(error)

    async def _look_again(self, culprit: Unit, units: Sequence[Unit], writer: Writer) -> None:
        """Looks up and queues again, with what must not overtake it; a unit that keeps asking for other keys is refused.
        The others run without it.
        """
        culprit.attempts += 1
        again = behind(culprit, units)
        if culprit.attempts > self._limits.wrong_keys_max:
            culprit.refuse(Refusal(RefusalCode.CONTENDED))
        looked_up = await self._looked_up([unit for unit in again if unit.is_awaited])
        self._lanes.of(culprit).put_back(looked_up)
        held = set(again)
        await self._run_units([unit for unit in units if unit not in held], writer)

    def _deliver(self, batch: Batch, begun_s: float) -> None:
        commands = sum(len(unit.commands) for unit in batch.units)
        # The items of a list waited together: once, not a thousand times.
        waits = [begun_s - submission.arrived_s for submission in {unit.submission for unit in batch.units}]
        self._observer.batch_done(commands, waits, batch.decide_s, batch.commit_s)
        for unit, outcomes in zip(batch.units, batch.outcomes, strict=True):
            unit.resolve(outcomes)


def _in_time(units: Sequence[Unit]) -> list[Unit]:
    """Refuses the units whose deadline has passed or whose submission was given up, and leaves out those nobody waits
    for.
    """
    now = asyncio.get_running_loop().time()
    for unit in units:
        if unit.submission.deadline_s <= now:
            unit.refuse(Refusal(RefusalCode.DEADLINE_EXCEEDED))
        elif unit.submission.refusal is not None:
            unit.refuse(unit.submission.refusal)
    return [unit for unit in units if unit.is_awaited]
