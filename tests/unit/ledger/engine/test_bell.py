"""The bell wakes all who wait, the latest first."""

import asyncio

from ledger.engine.bell import Bell


async def test_who_began_to_wait_last_is_woken_first() -> None:
    """Everybody who waits hears one ring, and nobody an earlier one."""
    bell, woken = Bell(), list[int]()

    async def wait(number: int) -> None:
        await bell.heard()
        woken.append(number)

    bell.ring()
    waiting = [asyncio.create_task(wait(number)) for number in range(3)]
    await asyncio.sleep(0)
    assert woken == []
    waiting[1].cancel()
    bell.ring()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert woken == [2, 0]


async def test_who_waits_for_so_long_at_most_is_told_what_came() -> None:
    """The ring, or the end of its time; an alarm that nobody needs any more rings for nobody."""
    bell = Bell()

    waiting = asyncio.create_task(bell.heard_within(60))
    await asyncio.sleep(0)
    bell.ring()

    assert await waiting
    assert not await bell.heard_within(0.01)
    bell.ring()
    assert not await bell.heard_within(0.01)
