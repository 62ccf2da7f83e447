"""The bell wakes one at a time, the latest first."""

import asyncio

from ledger.engine.bell import Bell


class Sleepers:
    """Three who wait for the bell, and in which order they woke."""

    def __init__(self, bell: Bell) -> None:
        self.woken: list[int] = []
        self.tasks = [asyncio.create_task(self._wait(bell, number)) for number in range(3)]

    async def _wait(self, bell: Bell, number: int) -> None:
        await bell.heard()
        self.woken.append(number)


async def test_one_is_woken_at_a_time_and_first_who_began_to_wait_last() -> None:
    """Nobody hears an earlier ring, nobody is woken beside one who is on the way, and who went away is passed over."""
    bell = Bell()
    bell.ring()
    sleepers = Sleepers(bell)
    await asyncio.sleep(0)
    assert sleepers.woken == []

    bell.ring()
    bell.ring()
    await asyncio.sleep(0)
    assert sleepers.woken == [2]
    sleepers.tasks[1].cancel()
    bell.ring()
    await asyncio.sleep(0)

    assert sleepers.woken == [2, 0]


async def test_who_is_cancelled_on_the_way_keeps_the_bell_from_nobody() -> None:
    """The next ring wakes the next one."""
    bell = Bell()
    sleepers = Sleepers(bell)
    await asyncio.sleep(0)

    bell.ring()
    sleepers.tasks[2].cancel()
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.sleep(0)

    assert sleepers.woken == [1]
    sleepers.tasks[0].cancel()


async def test_who_only_pauses_is_about_to_look() -> None:
    """What rings meanwhile wakes nobody else."""
    bell = Bell()
    sleepers = Sleepers(bell)
    await asyncio.sleep(0)

    pausing = asyncio.create_task(bell.pause())
    await asyncio.sleep(0)
    bell.ring()
    await pausing
    assert sleepers.woken == []
    bell.ring()
    await asyncio.sleep(0)

    assert sleepers.woken == [2]
    bell.ring_for_all()


async def test_all_may_be_woken() -> None:
    """Whoever waits, the latest first."""
    bell = Bell()
    sleepers = Sleepers(bell)
    await asyncio.sleep(0)

    bell.ring_for_all()
    await asyncio.gather(*sleepers.tasks)

    assert sleepers.woken == [2, 1, 0]
