"""The queue: order per lock, shares for writers, bounds."""

import asyncio
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.lanes import Lanes
from ledger.engine.queue import Limits, Queue, behind, order_of
from ledger.engine.unit import AnyCommand, OrderKey, Submission, Unit


def unit(locks: frozenset[int], commands: int = 1, *, is_long: bool = False) -> Unit:
    """A unit that wants these locks."""
    submission = Submission(
        caller=cast("asyncio.Future[None]", None), is_long=is_long, unanswered=1, arrived_s=0.0, deadline_s=0.0
    )
    made = Unit(commands=[cast("AnyCommand", None)] * commands, submission=submission)
    made.order_keys, made.is_ready = frozenset((20, UUID(int=lock)) for lock in locks), True
    return made


UNITS = st.lists(st.tuples(st.frozensets(st.integers(1, 6), max_size=3), st.integers(1, 5)), max_size=25)


@given(UNITS, st.lists(st.booleans(), max_size=40), st.integers(1, 8))
def test_units_of_one_lock_run_in_order_and_never_at_once(
    asked: list[tuple[frozenset[int], int]], finish: list[bool], share: int
) -> None:
    """However batches end, a unit starts only after all earlier ones that want one of its locks have ended or share
    its batch; and in the end all have run.
    """
    queue = Queue(Limits(writers=2, batch_commands_min=share, batch_commands_max=share), set())
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
    lanes = Lanes(Limits(queue_max=5))

    for is_long in (False, True):
        each = unit(frozenset(), commands=2, is_long=is_long)
        lanes.of(each).put(each)

    assert lanes.has_room(1)
    assert not lanes.has_room(2)


def test_what_is_put_back_keeps_its_place() -> None:
    """A unit that looks again comes before what waits, with those behind it that share a key; the others go on."""
    queue = Queue(Limits(writers=1, batch_commands_min=4, batch_commands_max=4), set())
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
    queue = Queue(Limits(writers=1, batch_locks_max=4), set())
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
    queue = Queue(Limits(writers=4, batch_commands_min=2, batch_commands_max=10), set())
    for _ in range(waiting):
        queue.put(unit(frozenset()))

    batches = [batch for _ in range(4) if (batch := queue.take())]

    assert [len(batch) for batch in batches] == taken
    assert queue.commands_waiting == waiting - sum(taken)
    assert not queue.is_worth_taking
    for batch in batches:
        assert not queue.is_idle
        queue.done(order_of(batch))
    assert queue.is_idle
    assert queue.is_worth_taking == (waiting > sum(taken))


def lanes_of(writers: int, *units: Unit) -> Lanes:
    """Lanes in which these wait, for batches of two."""
    lanes = Lanes(Limits(writers=writers, batch_commands_min=2, batch_commands_max=2))
    for each in units:
        lanes.of(each).put(each)
    return lanes


def test_short_submissions_go_first_and_one_writer_is_left_to_them() -> None:
    """However many long ones wait, three of four writers are all that they get."""
    long = [unit(frozenset(), is_long=True) for _ in range(9)]
    short = [unit(frozenset()) for _ in range(2)]
    lanes = lanes_of(4, *long, *short)

    batches = [lanes.take() for _ in range(5)]

    assert batches == [short, long[:2], long[2:4], long[4:6], []]
    later = unit(frozenset())
    lanes.of(later).put(later)
    assert lanes.is_worth_taking
    assert lanes.take() == [later]


def test_one_writer_is_left_to_long_submissions_too() -> None:
    """However many short ones wait, a list goes on."""
    long = [unit(frozenset(), is_long=True) for _ in range(2)]
    short = [unit(frozenset()) for _ in range(9)]
    lanes = lanes_of(4, *long, *short)

    batches = [lanes.take() for _ in range(4)]

    assert batches == [short[:2], short[2:4], short[4:6], long]


def test_a_lone_writer_serves_both_lanes() -> None:
    """The short one first, then the long one."""
    long, short = unit(frozenset(), is_long=True), unit(frozenset())
    lanes = lanes_of(1, long, short)

    assert lanes.take() == [short]
    lanes.of(short).done(order_of([short]))
    assert lanes.take() == [long]
    assert not lanes.is_idle
    lanes.of(long).done(order_of([long]))
    assert lanes.is_idle


async def test_what_cannot_say_its_locks_waits_no_longer() -> None:
    """Its caller is told why; the others run."""
    told = asyncio.get_running_loop().create_future()
    broken, others = unit(frozenset(), 3), [unit(frozenset()), unit(frozenset())]
    broken.is_ready, broken.submission.caller = False, told
    queue = Queue(Limits(), set())
    for each in (others[0], broken, others[1]):
        queue.put(each)

    assert queue.take() == others
    assert (len(queue), queue.commands_waiting) == (0, 0)
    assert isinstance(told.exception(), AttributeError)


def test_a_lone_writer_takes_all_that_fits() -> None:
    """There is no other whose part it would leave."""
    short = [unit(frozenset()) for _ in range(4)]
    lanes = Lanes(Limits(writers=1, batch_commands_min=1, batch_commands_max=4))
    for each in short:
        lanes.of(each).put(each)

    assert lanes.take() == short


def test_what_another_lane_has_in_flight_must_wait() -> None:
    """Two batches never share a lock, of whichever lane they are."""
    long, short = unit(frozenset({1}), is_long=True), unit(frozenset({1}))
    lanes = lanes_of(4, long)

    assert lanes.take() == [long]
    lanes.of(short).put(short)
    assert lanes.take() == []
    lanes.of(long).done(order_of([long]))
    assert lanes.take() == [short]
