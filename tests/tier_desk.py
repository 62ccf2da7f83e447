"""A desk that sets up ladders of tiers, grants levels by hand and looks where members stand."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from ledger.control.decide_request import ApproveRequest
from ledger.engine.outcome import Outcome
from ledger.programme.calendar import local_date
from ledger.tiers.grant import GrantTier, TierGranted
from ledger.tiers.ladder import change_ladder, create_ladder
from ledger.tiers.ladder_body import Demotion, LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.sweeps import sweep_tiers
from ledger.tiers.tier_query import TierView, tiers_of_member
from ledger.vouchers.sweeps import sweep_packs
from tests.bank import Bank

ZONE = "Asia/Shanghai"
SPEND = LadderBody(
    metric=Metric(kind=MetricKind.AMOUNT, activities=("purchase",)),
    window=Window(kind=WindowKind.ROLLING, days=30),
    levels=(
        Level(code="base", threshold=0),
        Level(code="silver", threshold=1000, multiplier=150),
        Level(code="gold", threshold=5000, multiplier=200),
    ),
    demotion=Demotion.FULL,
)
"""What was spent in 30 days: half as many points again from 1,000 on, twice as many from 5,000 on."""


@dataclass(slots=True, kw_only=True)
class TierDesk:
    """Acts for the bank's programme: olga sets up and grants, anna approves."""

    bank: Bank

    async def ladder(self, code: str = "spend", body: LadderBody = SPEND, **changed: Any) -> str:
        """A ladder; its code."""
        operator = self.bank.actor("operator", "olga")
        await create_ladder(self.bank.application.units, operator, code=code, body=replace(body, **changed))
        return code

    async def change(self, code: str, body: LadderBody) -> None:
        """The next version."""
        operator = self.bank.actor("operator", "olga")
        await change_ladder(self.bank.application.units, operator, code=code, body=body)

    async def tier(self, member_id: UUID, ladder: str = "spend") -> TierView:
        """Where the member stands now."""
        views = await tiers_of_member(self.bank.application.reader, self.bank.programme_id, member_id)
        return next(view for view in views if view.ladder == ladder)

    async def level(self, member_id: UUID, ladder: str = "spend") -> str:
        """The code of the level that is held now."""
        return (await self.tier(member_id, ladder)).level.code

    async def steps(self, member_id: UUID) -> list[tuple[str, str]]:
        """What was written of the member's levels: level and cause."""
        sql = "SELECT level, cause FROM {book}.tier_steps WHERE member_id = $1 ORDER BY standing_id, number"
        return [(row[0], row[1]) for row in await self.bank.fetch(sql, member_id)]

    async def today(self) -> date:
        """The local day of the ledger's clock."""
        rows = await self.bank.fetch(
            "SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond' FROM registry.instance"
        )
        return local_date(rows[0][0], ZONE)

    async def in_days(self, days: int) -> date:
        """So many local days from today."""
        return await self.today() + timedelta(days=days)

    async def ask(self, member_id: UUID, level: str, until_on: date, **changed: Any) -> Outcome[TierGranted]:
        """Olga asks for a level by hand."""
        command = GrantTier(
            actor=self.bank.actor("operator", "olga"),
            key=self.bank.key(),
            member_id=member_id,
            ladder="spend",
            level=level,
            until_on=until_on,
            reason_code="GOODWILL",
            reason="She waited long.",
        )
        return await self.bank.application.engine.execute(replace(command, **changed))

    async def approve(self, approval_id: UUID, name: str = "anna") -> Outcome[Any]:
        """Somebody agrees."""
        application = self.bank.application
        command = ApproveRequest(
            actor=self.bank.actor("approver", name),
            key=self.bank.key(),
            approval_id=approval_id,
            approvables=application.approvables,
        )
        return await application.engine.execute(command)

    async def grant(self, member_id: UUID, level: str, until_on: date) -> None:
        """Asked for and approved."""
        asked = (await self.ask(member_id, level, until_on)).unwrap()
        (await self.approve(asked.approval_id)).unwrap()

    async def packs(self) -> list[tuple[str, str, str | None]]:
        """The vouchers that promotions brought: template, state and the reason why there is none."""
        rows = await self.bank.fetch("SELECT template, state, refused FROM {book}.tier_packs ORDER BY template")
        return [(row[0], row[1], row[2]) for row in rows]

    async def sweep(self) -> tuple[int, int]:
        """The worker's round: how many versions standings moved on, and how many vouchers of packs were given."""
        reader, engine = self.bank.application.reader, self.bank.application.engine
        tiers, packs = await sweep_tiers(reader, engine), await sweep_packs(reader, engine)
        return tiers.changed, packs.given
