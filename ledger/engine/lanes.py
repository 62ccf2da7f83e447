"""Two queues before the same writers, so that a till does not wait for somebody's list of a thousand."""

from dataclasses import replace
from typing import Final

from ledger.engine.queue import Limits, Queue
from ledger.engine.unit import OrderKey, Unit

_BESIDE_ONE_LONG: Final = 2
"""So many batches of short ones are in flight wherever there are two writers: one is decided while the other waits."""


class Lanes:
    """Short submissions, and long ones. Short ones are taken first, and one writer is left to them where there are two,
    and one to each where there are more; a batch is of one lane. Within a lane the order is that of arrival. No batch is
    in flight with another that shares a lock or a request row, of whichever lane.
    """

    def __init__(self, limits: Limits) -> None:
        in_flight: set[OrderKey] = set()
        writers = limits.writers
        self._queue_max = limits.queue_max
        self._short = Queue(replace(limits, writers=min(writers, max(_BESIDE_ONE_LONG, writers - 1))), in_flight)
        self._long = Queue(replace(limits, writers=max(1, writers - 1)), in_flight)

    def __len__(self) -> int:
        return len(self._short) + len(self._long)

    @property
    def is_idle(self) -> bool:
        """Whether no batch is in flight."""
        return self._short.is_idle and self._long.is_idle

    @property
    def is_worth_taking(self) -> bool:
        """Whether one of the queues has a batch for one more writer."""
        return self._short.is_worth_taking or self._long.is_worth_taking

    def has_room(self, commands: int) -> bool:
        """Whether so many more commands may wait."""
        return self._short.commands_waiting + self._long.commands_waiting + commands <= self._queue_max

    def of(self, unit: Unit) -> Queue:
        """The queue that the unit waits in, and every unit of its batch."""
        return self._long if unit.submission.is_long else self._short

    def take(self) -> list[Unit]:
        """The next batch; empty where nothing may run."""
        return self._short.take() or self._long.take()
