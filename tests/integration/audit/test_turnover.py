"""Turnover of the root: everything opens as before, and what the old root wrapped opens nothing any more."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from audit.act import Acts, Connect, Lent
from audit.key_provider import HeldKeyProvider, RootUnavailable, parse_root
from audit.key_store import branch_context
from audit.log import AuditLog
from audit.record import SealedPart
from audit.turnover import TurnedOver, Turnover
from tests.key_world import LOG_ORIGIN, KeyWorld, keys, new_id, somebody

__all__ = ["keys"]
ACTOR = "staff:kim"


async def _parts(keys: KeyWorld, count: int) -> list[SealedPart]:
    return [await keys.record(f"words {number}", about=somebody()) for number in range(count)]


async def test_everything_opens_after_a_turnover(keys: KeyWorld) -> None:
    """Old parts, the house key and new parts, also in a process that knew the old root only."""
    parts, house = await _parts(keys, 12), await keys.keyring.house_key(LOG_ORIGIN)
    old = await keys.provider.references()

    done = await keys.turnover.run(actor=ACTOR)

    assert (done.old, done.subjects) == (old[0], 12)
    assert await keys.provider.references() == [done.new]
    for world in (keys, await keys.another()):
        assert [await world.parts.open(part) for part in parts] == [f"words {number}" for number in range(12)]
        assert await world.keyring.house_key(LOG_ORIGIN) == house
    assert (await keys.record("after", about=somebody())).sealed
    assert [await keys.told(f"root_key_{what}") for what in ("adopted", "retired", "destroyed")] == [2, 1, 1]


async def test_a_backup_from_before_opens_nothing(keys: KeyWorld) -> None:
    """Not with the new root, and not with the buckets of today: both are others."""
    await _parts(keys, 3)
    backup = await keys.fetch("SELECT id, kind, name, wrapped FROM keys.branches")
    subjects = await keys.fetch("SELECT id, bucket_id, wrapped FROM keys.subjects")

    done = await keys.turnover.run(actor=ACTOR)

    for branch in backup:
        context = branch_context(branch["kind"], branch["name"], branch["id"])
        with pytest.raises(RootUnavailable):
            await keys.provider.unwrap(done.old, context, branch["wrapped"])
        with pytest.raises(ValueError, match="do not open"):
            await keys.provider.unwrap(done.new, context, branch["wrapped"])
    now = {row["id"]: row for row in await keys.fetch("SELECT id, bucket_id, wrapped FROM keys.subjects")}
    assert all(now[row["id"]]["wrapped"] != row["wrapped"] for row in subjects)
    assert not {row["bucket_id"] for row in now.values()} & {row["bucket_id"] for row in subjects}


async def test_an_erased_person_is_not_revived_by_a_turnover(keys: KeyWorld) -> None:
    """Only living keys are carried over."""
    person = somebody()
    await keys.record("called twice", about=person)
    await keys.eraser.erase(person)

    done = await keys.turnover.run(actor=ACTOR)

    assert done.subjects == 0


class Stopped(Exception):
    """The process died here."""


def _dying_at(step: int, connect: Connect) -> Connect:
    """Lends connections until the step-th, at which the process dies."""
    asked = itertools.count(1)

    @asynccontextmanager
    async def lend() -> AsyncIterator[Lent]:
        if next(asked) == step:
            raise Stopped
        async with connect() as connection:
            yield connection

    return lend


@pytest.mark.parametrize("step", range(1, 20))
async def test_an_interrupted_turnover_goes_on(keys: KeyWorld, step: int) -> None:
    """Killed before any transaction: everything is readable meanwhile, and the next run finishes."""
    parts = await _parts(keys, 2)
    dying = Acts(_dying_at(step, keys.connections.lending("scrip_key_admin")), AuditLog(origin="test"), new_id)
    was_stopped = False
    try:
        await Turnover(acts=dying, provider=keys.provider).run(actor=ACTOR)
    except Stopped:
        was_stopped = True

    meanwhile = await keys.another()
    assert [await meanwhile.parts.open(part) for part in parts] == [f"words {number}" for number in range(2)]
    await meanwhile.record("meanwhile", about=somebody())
    if was_stopped:
        await keys.turnover.run(actor=ACTOR)

    after = await keys.another()
    assert [await after.parts.open(part) for part in parts] == [f"words {number}" for number in range(2)]
    states = await keys.fetch("SELECT state FROM keys.roots ORDER BY adopted_at")
    assert states[-1]["state"] == "active"
    assert {row["state"] for row in states[:-1]} == {"destroyed"}


async def test_people_are_met_during_a_turnover(keys: KeyWorld) -> None:
    """Keys made while buckets move are not lost."""
    await _parts(keys, 5)
    other = await keys.another()

    turning = asyncio.create_task(keys.turnover.run(actor=ACTOR))
    parts = [await other.record(f"met {number}", about=somebody()) for number in range(25)]
    await turning

    fresh = await keys.another()
    assert [await fresh.parts.open(part) for part in parts] == [f"met {number}" for number in range(25)]


async def test_two_that_turn_over_at_once_do_it_once(keys: KeyWorld) -> None:
    """The second finds what the first has begun, and no root is made that a file could lose."""
    parts = await _parts(keys, 3)

    done = await asyncio.gather(*(keys.turnover.run(actor=ACTOR) for _ in range(2)), return_exceptions=True)

    assert all(isinstance(each, TurnedOver | RootUnavailable) for each in done)
    assert [await keys.told(f"root_key_{what}") for what in ("adopted", "retired", "destroyed")] == [2, 1, 1]
    assert len(await keys.provider.references()) == 1
    fresh = await keys.another()
    assert [await fresh.parts.open(part) for part in parts] == [f"words {number}" for number in range(3)]


async def test_a_root_given_by_a_setting_cannot_be_turned_over(keys: KeyWorld) -> None:
    """It says what to do instead, and nothing has changed."""
    root = parse_root(keys.key_file.read_text().strip())

    with pytest.raises(RootUnavailable, match="keep it in a file"):
        await Turnover(acts=keys.key_acts, provider=HeldKeyProvider(root)).run(actor=ACTOR)

    assert [row["state"] for row in await keys.fetch("SELECT state FROM keys.roots")] == ["active"]


async def test_a_turnover_is_due_by_age_or_where_one_was_left(keys: KeyWorld) -> None:
    """A young root waits; an old one does not."""
    assert not await keys.turnover.is_due(timedelta(days=90))
    assert await keys.turnover.is_due(timedelta(0))
