"""The queue: order per lock, shares for writers, bounds."""

from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.queue import Limits, Queue, behind, order_of
from ledger.engine.unit import AnyCommand, OrderKey, Submission, Unit


def unit(locks: frozenset[int], commands: int = 1) -> Unit:
    """A unit that wants these locks."""
    made = Unit(commands=[cast("AnyCommand", None)] * commands, submission=cast("Submission", None))
    made.order_keys = frozenset((20, UUID(int=lock)) for lock in locks)
    return made


UNITS = st.lists(st.tuples(st.frozensets(st.integers(1, 6), max_size=3), st.integers(1, 5)), max_size=25)


@given(UNITS, st.lists(st.booleans(), max_size=40), st.integers(1, 8))
def test_units_of_one_lock_run_in_order_and_never_at_once(
    asked: list[tuple[frozenset[int], int]], finish: list[bool], share: int
) -> None:
    """However batches end, a unit starts only after all earlier ones that want one of its locks have ended or share
    its batch; and in the end all have run.
    """
    queue = Queue(Limits(writers=2, batch_commands_min=share, batch_commands_max=share))
    units = [unit(*each) for each in asked]
    for each in units:
        queue.put(each)
    place = {id(each): number for number, each in enumerate(units)}
    flying: list[list[Unit]] = []
    ran: list[Unit] = []

    for ends in [*finish, *([True, False] * (len(units) + 2))]:
        if ends and flying:
            queue.done(order_of(flying.pop(0)))
            continue
        batch = queue.take() if len(flying) < 2 else []
        if not batch:
            continue
        busy = frozenset[OrderKey]().union(*(each.order_keys for other in flying for each in other))
        assert all(each.order_keys.isdisjoint(busy) for each in batch)
        assert len(batch) == 1 or sum(len(each.commands) for each in batch) <= share
        assert [place[id(each)] for each in batch] == sorted(place[id(each)] for each in batch)
        started = {id(each) for each in (*ran, *batch)}
        for each in batch:
            earlier = [other for other in units[: place[id(each)]] if not other.order_keys.isdisjoint(each.order_keys)]
            assert all(id(other) in started for other in earlier)
        flying.append(batch)
        ran += batch

    assert len(ran) == len(units)
    assert queue.commands_waiting == 0


def test_a_full_queue_has_no_room() -> None:
    """Commands are counted, not units."""
    queue = Queue(Limits(queue_max=5))

    queue.put(unit(frozenset(), commands=3))

    assert queue.has_room(2)
    assert not queue.has_room(3)


def test_what_is_put_back_keeps_its_place() -> None:
    """A unit that looks again comes before what waits, with those behind it that share a key; the others go on."""
    queue = Queue(Limits(writers=1, batch_commands_min=4, batch_commands_max=4))
    units = [unit(frozenset(locks)) for locks in ({1}, {2}, {1, 3}, {3}, {1})]
    for each in units:
        queue.put(each)
    batch = queue.take()

    again = behind(batch[0], batch)
    queue.put_back(again)
    queue.done(order_of(batch))

    assert batch == units[:4]
    assert again == [units[0], units[2], units[3]]
    assert queue.take() == [units[0], units[2], units[3], units[4]]
    assert queue.commands_waiting == 0


def test_a_batch_locks_only_so_many_rows() -> None:
    """The sum of its units' locks stays within the bound; a unit that wants more by itself runs alone."""
    queue = Queue(Limits(writers=1, batch_locks_max=4))
    units = [unit(frozenset()) for _ in range(5)]
    for each, locks in zip(units, (3, 1, 1, 9, 1), strict=True):
        each.lock_count = locks
        queue.put(each)

    taken = []
    while batch := queue.take():
        taken.append(batch)
        queue.done(order_of(batch))

    assert taken == [units[:2], units[2:3], units[3:4], units[4:]]


@pytest.mark.parametrize(
    ("waiting", "taken"),
    [
        (1, [1]),
        # A part of at least so many, or an equal one for each of two, rounded up.
        (3, [2, 1]),
        (5, [3, 2]),
        (20, [10, 10]),
        # What remains had better share the next batch, unless it is a whole one.
        (29, [10, 10]),
        (30, [10, 10, 10]),
        (39, [10, 10, 10]),
        (99, [10, 10, 10, 10]),
    ],
)
def test_what_waits_is_shared(waiting: int, taken: list[int]) -> None:
    """How many commands each of four writers takes, one after the other; with the last one done the queue is idle."""
    queue = Queue(Limits(writers=4, batch_commands_min=2, batch_commands_max=10))
    for _ in range(waiting):
        queue.put(unit(frozenset()))

    batches = [batch for _ in range(4) if (batch := queue.take())]

    assert [len(batch) for batch in batches] == taken
    assert queue.commands_waiting == waiting - sum(taken)
    assert queue.is_worth_taking == (waiting == 99)
    for batch in batches:
        assert not queue.is_idle
        queue.done(order_of(batch))
    assert queue.is_idle
    assert queue.is_worth_taking == (waiting > sum(taken))
