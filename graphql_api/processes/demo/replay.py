"""Replaying the journey through the engine: members first, then everything that happens in time order.

Keys and references are the numbers of the files, so a replay that was killed is simply run again.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, assert_never
from uuid import UUID

from graphql_api.processes.demo.basket_commands import BasketCommands
from graphql_api.processes.demo.campaign_vouchers import CouponVouchers
from graphql_api.processes.demo.journey import STARTS_AT
from graphql_api.processes.demo.journey_events import Basket, CampaignStart, Event, Redemption, VoucherUse
from graphql_api.processes.demo.programme import POINTS, DemoProgramme
from graphql_api.processes.demo.share import EVERYBODY, Share, household_of
from graphql_api.processes.submitting import Lanes, submit_list
from ledger.book.refusal import RefusalCode
from ledger.engine.engine import Engine
from ledger.engine.unit import LIST_MAX, AnyCommand
from ledger.members.enrol import EnrolMember
from ledger.points.spend import SpendPoints

SPEND_POINTS: Final = 100
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
    """One run through the events; `members` by household, `share` those of them whose events these are.

    A coupon redemption is two things, each decided by itself: a spend of 100 points, refused where points are lacking,
    and a use of the campaign's voucher, which no lack of points prevents.
    """

    engine: Engine
    programme: DemoProgramme
    baskets: BasketCommands
    vouchers: CouponVouchers
    members: Mapping[int, UUID]
    progress: Progress
    share: Share = EVERYBODY

    async def run(self, events: Iterable[Event], lane_count: int = LANES) -> None:
        """Submits every event, each member's in the order of time, everybody's where there is one lane; a refusal other
        than for lack of points is raised.
        """
        lanes, skipped = _HouseholdLanes(self.share, lane_count, self._submit), 0
        try:
            for event in events:
                if isinstance(event, CampaignStart):
                    await self._issue(event, lanes)
                    continue
                command = self.command_of(event)
                if command is None:
                    skipped += 1
                    continue
                await lanes.add(household_of(event), command)
            await lanes.flush()
        finally:
            await lanes.finish()
        self.progress(skipped)

    async def _issue(self, start: CampaignStart, lanes: "_HouseholdLanes") -> None:
        """In lists of their own: a voucher is looked up before its list is decided, so it has to be there by then."""
        await lanes.flush()
        for household_id in start.campaign.households:
            command = self.vouchers.issue(start, household_id, self.members[household_id])
            if command is not None:
                await lanes.add(household_id, command)
        await lanes.flush()
        await lanes.finish()
        await self.vouchers.issued(start)

    async def _submit(self, commands: list[AnyCommand]) -> None:
        outcomes = await submit_list(self.engine, commands)
        for outcome in outcomes:
            if outcome.refusal is not None and outcome.refusal.code is not RefusalCode.INSUFFICIENT_POINTS:
                raise outcome.refusal
        self.progress(len(commands))

    def command_of(self, event: Basket | Redemption | VoucherUse) -> AnyCommand | None:
        """What the event asks of the ledger; None for a basket that asks nothing."""
        match event:
            case Basket():
                member_id, merchant_id = self.members[event.household_id], self.programme.merchants[event.store_id]
                return self.baskets.command_of(event, member_id, merchant_id)
            case Redemption():
                return self._spend(event)
            case VoucherUse():
                redemption = event.redemption
                member_id = self.members[redemption.household_id]
                return self.vouchers.use(event, member_id, self.programme.merchants[redemption.store_id])
            case _:
                assert_never(event)

    def _spend(self, redemption: Redemption) -> SpendPoints:
        return SpendPoints(
            actor=self.programme.actor,
            key=f"redemption-{redemption.row}",
            reference=f"redemption-{redemption.row}",
            member_id=self.members[redemption.household_id],
            asset=POINTS,
            amount=SPEND_POINTS,
            merchant_id=self.programme.merchants[redemption.store_id],
            replay_at=redemption.at,
        )


class _HouseholdLanes:
    """Gathers commands into lists, a household always into the same lane."""

    def __init__(self, share: Share, count: int, submit: Callable[[list[AnyCommand]], Awaitable[None]]) -> None:
        self._share = share
        self._lanes = Lanes(count, submit)
        self._gathered: list[list[AnyCommand]] = [[] for _ in range(count)]

    async def add(self, household_id: int, command: AnyCommand) -> None:
        """Behind everything of the household before it; a list that is full is sent."""
        lane = self._share.lane(household_id, len(self._gathered))
        self._gathered[lane].append(command)
        if len(self._gathered[lane]) == LIST:
            await self._send(lane)

    async def flush(self) -> None:
        """Sends what is gathered: nothing that comes later shares a list with it."""
        for lane in range(len(self._gathered)):
            if self._gathered[lane]:
                await self._send(lane)

    async def finish(self) -> None:
        """Waits for all that was sent."""
        await self._lanes.finish()

    async def _send(self, lane: int) -> None:
        commands, self._gathered[lane] = self._gathered[lane], []
        await self._lanes.send(lane, commands)
