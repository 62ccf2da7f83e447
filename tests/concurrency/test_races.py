"""Races with real commits between processes: locks decide, and what they decide is exact."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ledger.engine.command import Command
from ledger.members.freeze import FreezeMember
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from ledger.points.sweeps import PostDue
from ledger.points.transfer import TransferPoints
from tests.checking import assert_clean
from tests.concurrency.racers import RACERS, Racers, Result
from tests.points_world import World


class Track:
    """A world, the racers, and the database they run on."""

    def __init__(self, world: World, racers: Racers, url: str) -> None:
        self.world = world
        self.url = url
        self._racers = racers
        self._keys = 0

    def common(self, member: int = 0, asset: str = "EVER") -> dict[str, Any]:
        """What every command of a member carries; a fresh key."""
        self._keys += 1
        return {
            "actor": self.world.actor,
            "key": f"k{self._keys}",
            "member_id": self.world.members[member],
            "asset": asset,
        }

    async def now(self, command: Command[Receipt]) -> Receipt:
        """Runs a command before the race."""
        return (await self.world.application.engine.execute(command)).unwrap()

    async def race(self, *each: Sequence[Command[Any]]) -> list[list[Result]]:
        """A list for each process."""
        return await self._racers.race(self.url, self.world.application.settings, each)

    async def wallet(self, member: int = 0, asset: str = "EVER") -> tuple[int, int]:
        """Posted and held."""
        row = await self.world.connection.fetchrow(
            "SELECT posted, held FROM book.accounts WHERE holder_id = $1 AND asset_id = $2 AND role = 'wallet'",
            self.world.members[member],
            self.world.asset(asset),
        )
        assert row is not None
        return row["posted"], row["held"]


@pytest.fixture
def track(world: World, racers: Racers, database_url: str) -> Track:
    """Ready to race."""
    return Track(world, racers, database_url)


def codes(results: Sequence[Sequence[Result]]) -> Counter[str]:
    """How many came to what."""
    return Counter(result.code for each in results for result in each)


async def test_points_are_spent_once(track: Track) -> None:
    """Sixty spends of 10 from three processes against 100 points: ten are accepted."""
    await track.now(EarnPoints(**track.common(), amount=100))

    results = await track.race(*([SpendPoints(**track.common(), amount=10) for _ in range(20)] for _ in range(RACERS)))

    assert codes(results) == {"": 10, "INSUFFICIENT_POINTS": 50}
    assert await track.wallet() == (0, 0)
    await assert_clean(track.url)


async def test_a_hold_is_captured_once(track: Track) -> None:
    """Thirty captures of one hold from three processes: one is accepted."""
    await track.now(EarnPoints(**track.common(), amount=100))
    hold_id = (await track.now(HoldPoints(**track.common(), amount=60))).hold_id
    assert hold_id is not None

    results = await track.race(
        *([CaptureHold(**_of(track.common()), hold_id=hold_id) for _ in range(10)] for _ in range(RACERS))
    )

    assert codes(results) == {"": 1, "HOLD_CAPTURED": 29}
    assert await track.wallet() == (40, 0)
    await assert_clean(track.url)


async def test_a_hold_is_captured_or_released(track: Track) -> None:
    """Captures against releases of twenty holds, some of each in both processes: the loser is told which was first."""
    await track.now(EarnPoints(**track.common(), amount=100))
    holds = [(await track.now(HoldPoints(**track.common(), amount=5))).hold_id for _ in range(20)]

    ways = (CaptureHold, ReleaseHold)
    one, other = await track.race(
        *(
            [ways[(n + racer) % 2](**_of(track.common()), hold_id=hold) for n, hold in enumerate(holds) if hold]
            for racer in range(2)
        )
    )

    ends = [(pair[n % 2].code, pair[1 - n % 2].code) for n, pair in enumerate(zip(one, other, strict=True))]
    pairs = Counter(ends)
    assert set(pairs) == {("", "HOLD_CAPTURED"), ("HOLD_RELEASED", "")}
    assert pairs.total() == 20
    assert await track.wallet() == (100 - 5 * pairs["", "HOLD_CAPTURED"], 0)
    await assert_clean(track.url)


async def test_one_key_from_three_processes_posts_once(track: Track) -> None:
    """Fifty times the same key: one entry, told to all."""
    await track.now(EarnPoints(**track.common(), amount=100))
    spend = SpendPoints(**track.common(), amount=10)

    results = await track.race([spend] * 17, [spend] * 17, [spend] * 16)

    assert codes(results) == {"": 50}
    assert len({result.entry_id for each in results for result in each}) == 1
    assert [result.replayed for each in results for result in each].count(False) == 1
    assert await track.wallet() == (90, 0)
    await assert_clean(track.url)


async def test_a_reference_is_claimed_once(track: Track) -> None:
    """Thirty keys with one reference: one is accepted."""
    earns = [[EarnPoints(**track.common(n), amount=10, reference="r") for n in range(8)] for _ in range(RACERS)]

    results = await track.race(*earns)

    assert codes(results) == {"": 1, "REFERENCE_TAKEN": 23}
    await assert_clean(track.url)


async def test_points_are_spent_or_expire(track: Track) -> None:
    """Spends and sweeps while the clock passes the expiry: every point goes one way, none is spent after it."""
    await track.now(EarnPoints(**track.common(asset="POINTS"), amount=400))
    dies = await track.world.connection.fetchval("SELECT expires_at FROM book.lots")
    now = await track.world.connection.fetchval(
        "SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond' FROM registry.instance"
    )
    await track.world.advance(dies - now - timedelta(hours=1))
    spends = [[SpendPoints(**track.common(asset="POINTS"), amount=1) for _ in range(150)] for _ in range(2)]
    sweep = PostDue(
        actor=track.world.actor, key=None, member_id=track.world.members[0], asset_id=track.world.asset("POINTS")
    )

    race = asyncio.create_task(track.race(*spends, [sweep] * 50))
    begun = "SELECT true FROM book.journal_entries WHERE kind = 'spend' LIMIT 1"
    while not await track.world.connection.fetchval(begun):  # noqa: ASYNC110  nothing else tells
        await asyncio.sleep(0.001)
    await track.world.advance(timedelta(hours=1))
    results = await race
    await track.world.application.engine.execute(sweep)

    spent = codes(results[:2])[""]
    assert set(codes(results)) <= {"", "INSUFFICIENT_POINTS"}
    assert await track.wallet(asset="POINTS") == (0, 0)
    late = "SELECT count(*) FROM book.journal_entries WHERE kind = 'spend' AND effective_at >= $1"
    assert await track.world.connection.fetchval(late, dies) == 0
    expired = "SELECT array_agg(amount) FROM book.journal_entries WHERE kind = 'expiry' AND effective_at = $1"
    assert await track.world.connection.fetchval(expired, dies) == [400 - spent]
    await assert_clean(track.url)


async def test_opposite_transfers_never_deadlock(track: Track) -> None:
    """Five hundred transfers each way between two members, from two processes: all are accepted."""
    for member in (0, 1):
        await track.now(EarnPoints(**track.common(member), amount=1000))
    there = [TransferPoints(**track.common(0), to_member_id=track.world.members[1], amount=1) for _ in range(500)]
    back = [TransferPoints(**track.common(1), to_member_id=track.world.members[0], amount=1) for _ in range(500)]

    results = await track.race(there, back)

    assert codes(results) == {"": 1000}
    assert await track.wallet(0) == await track.wallet(1) == (1000, 0)
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await track.world.connection.fetchval(deadlocks) == 0
    await assert_clean(track.url)


async def test_a_wallet_is_made_once(track: Track) -> None:
    """The first earns of eight members, at once and pending, from three processes: all are accepted."""
    earns = [
        [EarnPoints(**track.common(n % 8), amount=1, pending=n % 2 == 0) for n in range(40)] for _ in range(RACERS)
    ]

    results = await track.race(*earns)

    assert codes(results) == {"": 120}
    assert (await track.wallet(1))[0] == 15
    assert await track.world.connection.fetchval("SELECT count(*) FROM book.accounts WHERE role = 'wallet'") == 8
    await assert_clean(track.url)


async def test_a_freeze_stops_every_later_spend(track: Track) -> None:
    """Spends against a freeze: those decided before it are accepted, those after it are not."""
    await track.now(EarnPoints(**track.common(), amount=1000))
    freeze = FreezeMember(actor=track.world.actor, key="freeze", member_id=track.world.members[0])
    spends = [[SpendPoints(**track.common(), amount=1) for _ in range(100)] for _ in range(2)]

    results = await track.race(*spends, [freeze])

    assert codes(results[2:]) == {"": 1}
    assert set(codes(results[:2])) <= {"", "MEMBER_FROZEN"}
    last = "SELECT e.kind FROM book.statement_lines l JOIN book.journal_entries e ON e.id = l.entry_id ORDER BY version DESC"
    assert await track.world.connection.fetchval(last) == "freeze"
    assert await track.wallet() == (1000 - codes(results[:2])[""], 0)
    await assert_clean(track.url)


def _of(common: dict[str, Any]) -> dict[str, Any]:
    """Only who acts, and the key."""
    return {name: common[name] for name in ("actor", "key")}
