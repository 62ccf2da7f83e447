"""Replaying the journey through the engine: members first, then baskets and redemptions in time order.

Keys and references are basket ids and row numbers, so a replay that was killed is simply run again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from graphql_api.processes.demo.journey import STARTS_AT
from graphql_api.processes.demo.journey_events import Basket, Redemption
from graphql_api.processes.demo.programme import POINTS, DemoProgramme
from graphql_api.processes.submitting import Lanes, submit_list
from ledger.book.refusal import RefusalCode
from ledger.engine.engine import Engine
from ledger.engine.unit import LIST_MAX
from ledger.members.enrol import EnrolMember
from ledger.points.command import PointsCommand
from ledger.points.earn import EarnPoints
from ledger.points.spend import SpendPoints

SPEND_POINTS: Final = 100
CENTS_PER_POINT: Final = 100
LIST: Final = 500
"""Commands in a list: half the engine's bound costs no more time and keeps the process 20 MB smaller."""
LANES: Final = 2
"""Lists in flight. Each lane has its own members, so one member's events stay in order."""

Progress = Callable[[int], None]
"""Told how many more events are done."""


async def enrol_households(engine: Engine, programme: DemoProgramme, households: Iterable[int]) -> dict[int, UUID]:
    """The member of each household, enrolled at the year's first instant, under the household's number."""
    numbers = list(households)
    members: dict[int, UUID] = {}
    for begin in range(0, len(numbers), LIST_MAX):
        part = numbers[begin : begin + LIST_MAX]
        commands = [
            EnrolMember(actor=programme.actor, key=f"household-{number}", external_id=str(number), replay_at=STARTS_AT)
            for number in part
        ]
        outcomes = await submit_list(engine, commands)
        members.update((number, outcome.unwrap().member_id) for number, outcome in zip(part, outcomes, strict=True))
    return members


@dataclass(slots=True, kw_only=True)
class Replay:
    """One run through the events; `members` by household."""

    engine: Engine
    programme: DemoProgramme
    members: Mapping[int, UUID]
    progress: Progress

    async def run(self, events: Iterable[Basket | Redemption]) -> None:
        """Submits every event; a refusal other than for lack of points is raised."""
        lanes = Lanes(LANES, self._submit)
        gathered: list[list[PointsCommand]] = [[] for _ in range(LANES)]
        skipped = 0
        try:
            for event in events:
                command = self.command_of(event)
                if command is None:
                    skipped += 1
                    continue
                lane = event.household_id % LANES
                gathered[lane].append(command)
                if len(gathered[lane]) == LIST:
                    await lanes.send(lane, gathered[lane])
                    gathered[lane] = []
            for lane, commands in enumerate(gathered):
                await lanes.send(lane, commands)
        finally:
            await lanes.finish()
        self.progress(skipped)

    async def _submit(self, commands: list[PointsCommand]) -> None:
        outcomes = await submit_list(self.engine, commands)
        for outcome in outcomes:
            if outcome.refusal is not None and outcome.refusal.code is not RefusalCode.INSUFFICIENT_POINTS:
                raise outcome.refusal
        self.progress(len(commands))

    def command_of(self, event: Basket | Redemption) -> PointsCommand | None:
        """What the event asks of the ledger; None for a basket under a dollar, which earns nothing."""
        if isinstance(event, Basket):
            return self._earn(event) if event.cents >= CENTS_PER_POINT else None
        return SpendPoints(
            actor=self.programme.actor,
            key=f"redemption-{event.row}",
            reference=f"redemption-{event.row}",
            member_id=self.members[event.household_id],
            asset=POINTS,
            amount=SPEND_POINTS,
            merchant_id=self.programme.merchants[event.store_id],
            replay_at=event.at,
        )

    def _earn(self, basket: Basket) -> EarnPoints:
        return EarnPoints(
            actor=self.programme.actor,
            key=f"basket-{basket.basket_id}",
            reference=f"basket-{basket.basket_id}",
            member_id=self.members[basket.household_id],
            asset=POINTS,
            amount=basket.cents // CENTS_PER_POINT,
            sale_minor=basket.cents,
            merchant_id=self.programme.merchants[basket.store_id],
            replay_at=basket.at,
        )
