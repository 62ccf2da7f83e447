"""The queue before the writers: which of the waiting units run together, and which must wait for their locks."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.engine.unit import OrderKey, Unit

_SMALL_BATCHES: Final = 2
"""So many are in flight, however few commands wait: one is decided while the database works for the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the write path. Times in seconds.

    writers:            those after two write only while as many commands wait as make a whole batch
    batch_commands_min: a smaller queue is not split between writers, since a batch costs its round trips
    answer_s:           a batch that takes longer has lost its connection, whatever the network says; more than the
                        server's own limit of a statement
    """

    writers: int = 5
    queue_max: int = 10_000
    batch_commands_min: int = 32
    batch_commands_max: int = 1000
    batch_locks_max: int = 2000
    deadline_s: float = 10.0
    answer_s: float = 40.0
    tries_max: int = 6
    wrong_keys_max: int = 3


class Queue:
    """Units in the order of arrival. A unit whose locks are in flight keeps its place, and so do those behind it that
    want one of its locks: one member's commands stay in order, and all claims on one stock share a batch. The same goes
    for idempotency keys and references: whoever used one first has it.

    in_flight: what the batches in flight must be alone with; other queues before the same writers share it
    """

    def __init__(self, limits: Limits, in_flight: set[OrderKey]) -> None:
        self._limits = limits
        self._waiting: deque[Unit] = deque()
        self._in_flight = in_flight
        self._writers_busy = 0
        self.commands_waiting = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether no batch is in flight."""
        return self._writers_busy == 0

    @property
    def is_worth_taking(self) -> bool:
        """Whether something waits, and one more batch of it gains more than its round trips cost."""
        if not self._waiting or self._writers_busy >= self._limits.writers:
            return False
        return self._writers_busy < _SMALL_BATCHES or self.commands_waiting >= self._limits.batch_commands_max

    def put(self, unit: Unit) -> None:
        """Adds a unit at the end."""
        self._waiting.append(unit)
        self.commands_waiting += len(unit.commands)

    def put_back(self, units: Sequence[Unit]) -> None:
        """Returns units of a batch in flight to their places, which are before everything that waits."""
        self._waiting.extendleft(reversed(units))
        self.commands_waiting += sum(len(unit.commands) for unit in units)

    def take(self) -> list[Unit]:
        """The next batch; what it must be alone with is in flight until `done`. Empty where nothing may run.

        A unit says what it locks when it is first looked at here, not when it came: a list of a thousand would have left
        the caches before it is decided.
        """
        if not self.is_worth_taking:
            return []
        taken: list[Unit] = []
        left: deque[Unit] = deque()
        blocked = set(self._in_flight)
        share = self._share()
        commands = locks = 0
        while self._waiting:
            unit = self._waiting.popleft()
            if not unit.make_ready():
                self.commands_waiting -= len(unit.commands)
                continue
            fits = not taken or (
                commands + len(unit.commands) <= share and locks + unit.lock_count <= self._limits.batch_locks_max
            )
            if fits and blocked.isdisjoint(unit.order_keys):
                taken.append(unit)
                commands += len(unit.commands)
                locks += unit.lock_count
                continue
            left.append(unit)
            blocked |= unit.order_keys
            if not fits:
                break
        left.extend(self._waiting)
        self._waiting = left
        self.commands_waiting -= commands
        if taken:
            self._writers_busy += 1
            self._in_flight |= order_of(taken)
        return taken

    def done(self, order_keys: frozenset[OrderKey]) -> None:
        """The batch with these keys is decided; its units may have been queued again for others meanwhile."""
        self._writers_busy -= 1
        self._in_flight -= order_keys

    def _share(self) -> int:
        """How many commands one batch may take: an equal part for each idle one of the writers that small batches have."""
        idle = max(min(self._limits.writers, _SMALL_BATCHES) - self._writers_busy, 1)
        part = -(-self.commands_waiting // idle)
        return min(max(part, self._limits.batch_commands_min), self._limits.batch_commands_max)


def behind(unit: Unit, units: Sequence[Unit]) -> list[Unit]:
    """The unit, and those of `units` after it that must not overtake it or one another."""
    found, order_keys = [unit], set(unit.order_keys)
    for other in units[units.index(unit) + 1 :]:
        if not order_keys.isdisjoint(other.order_keys):
            found.append(other)
            order_keys |= other.order_keys
    return found


def order_of(units: Iterable[Unit]) -> frozenset[OrderKey]:
    """Every order key of the units."""
    return frozenset[OrderKey]().union(*(unit.order_keys for unit in units))
