"""Random histories of point commands and passing time, from a seed."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.transfer import TransferPoints
from ledger.programme.calendar import local_date
from tests.points_world import TIME_ZONE, World


@dataclass(slots=True, kw_only=True)
class History:
    """What one seed leads to. `step` does the next thing; what was done before is picked up again at random."""

    world: World
    random: Random
    asset: str = "POINTS"
    earned: list[UUID] = field(default_factory=list)
    spent: list[UUID] = field(default_factory=list)
    held: list[UUID] = field(default_factory=list)
    accepted: int = 0

    async def run(self, steps: int) -> None:
        """So many steps, each by a random member; everybody begins with some points."""
        if not self.accepted:
            for member_id in self.world.members:
                await self._begin(member_id)
        for _ in range(steps):
            await self.step(self.random.choice(self.world.members))

    async def _begin(self, member_id: UUID) -> None:
        world = self.world
        earn = EarnPoints(actor=world.actor, key=world.key(), member_id=member_id, asset=self.asset, amount=500)
        (await world.application.engine.execute(earn)).unwrap()
        self.accepted += 1

    async def step(self, member_id: UUID) -> None:
        """One command, or some days."""
        chance = self.random.random()
        if chance < 0.12:
            await self.world.advance(timedelta(days=self.random.randint(1, 60), seconds=self.random.randint(0, 9999)))
            return
        command = await self._command(member_id, self.random.random())
        outcome = await self.world.application.engine.execute(command)
        self._remember(command, outcome)

    async def _command(self, member_id: UUID, chance: float) -> Command[Receipt]:
        world, random = self.world, self.random
        common: dict[str, Any] = {"actor": world.actor, "key": world.key(), "reference": f"ref-{world.keys}"}
        wallet: dict[str, Any] = {**common, "member_id": member_id, "asset": self.asset}
        if chance < 0.35:
            return EarnPoints(**wallet, amount=random.randint(1, 500), **await self._earn_terms())
        if chance < 0.5:
            merchant = random.choice([None, world.merchant_id])
            return SpendPoints(**wallet, amount=random.randint(1, 300), merchant_id=merchant)
        if chance < 0.65:
            return HoldPoints(**wallet, amount=random.randint(1, 200), ttl_seconds=random.randint(3600, 2_600_000))
        if chance < 0.75 and self.held:
            hold = random.choice(self.held)
            return random.choice([CaptureHold(**common, hold_id=hold), ReleaseHold(**common, hold_id=hold)])
        if chance < 0.83 and self.spent:
            return ReverseEntry(**common, entry_id=random.choice(self.spent), amount=random.choice([None, 1, 20]))
        if chance < 0.91 and self.earned:
            entry = random.choice(self.earned)
            refund = RefundEarn(**common, entry_id=entry, sale_minor=random.randint(1, 9999))
            return random.choice(
                [refund, ConfirmPending(**common, entry_id=entry), CancelPending(**common, entry_id=entry)]
            )
        other = random.choice(world.members)
        return TransferPoints(**wallet, to_member_id=other, amount=random.randint(1, 50))

    async def _earn_terms(self) -> dict[str, Any]:
        now = await self.world.connection.fetchval(
            "SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond' FROM registry.instance"
        )
        today = local_date(now, TIME_ZONE)
        return self.random.choice(
            [
                {},
                {"sale_minor": 10_000},
                {"expires_on": today + timedelta(days=self.random.randint(0, 90))},
                {"pending": True, "sale_minor": 10_000},
                {"pending_until": today + timedelta(days=self.random.randint(1, 90))},
                {"effective_at": now - timedelta(days=self.random.randint(1, 300)), "purchased": True},
            ]
        )

    def _remember(self, command: Command[Receipt], outcome: Outcome[Receipt]) -> None:
        entry = None if outcome.reply is None else outcome.reply.entry_id
        if entry is None:
            return
        self.accepted += 1
        if isinstance(command, EarnPoints):
            self.earned.append(entry)
        if isinstance(command, SpendPoints | CaptureHold):
            self.spent.append(entry)
        if isinstance(command, HoldPoints):
            self.held.append(entry)
