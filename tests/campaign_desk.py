"""A desk that makes campaigns, lets them be approved, and reports activities through the commands."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from ledger.campaigns.budget import TopUpBudget, budget_account_id
from ledger.campaigns.campaign import change_campaign, create_campaign
from ledger.campaigns.campaign_body import CampaignBody, Phase, PointsAward, Rule
from ledger.campaigns.lifecycle import CampaignCommand, CampaignMoved, StartCampaign
from ledger.campaigns.receipt import ActivityReceipt
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import campaign_id
from ledger.campaigns.submit import SubmitCampaign
from ledger.control.decide_request import ApproveRequest
from ledger.engine.outcome import Outcome
from tests.bank import Bank

TENTH_POINTS = PointsAward(asset="POINTS", field="amount", rate=1, per=10)
"""A point for every ten minor units."""
TENTH = Rule(code="tenth", activity="purchase", action=TENTH_POINTS)
"""The same of a purchase."""


def always(*rules: Rule) -> tuple[Phase, ...]:
    """One phase that holds for a century."""
    return (Phase(code="all", from_on=date(2000, 1, 1), until_on=date(2100, 1, 1), rules=rules),)


BASE = CampaignBody(phases=always(TENTH))


@dataclass(slots=True, kw_only=True)
class CampaignDesk:
    """Acts for the bank's programme: olga makes campaigns, anna approves them."""

    bank: Bank
    events: int = field(default=0)

    def campaign_id(self, code: str) -> UUID:
        """The campaign's id."""
        return campaign_id(self.bank.programme_id, code)

    async def create(self, code: str, body: CampaignBody = BASE, **changed: Any) -> str:
        """A draft; its code."""
        operator, units = self.bank.actor("operator", "olga"), self.bank.application.units
        await create_campaign(units, operator, code=code, body=replace(body, **changed), terms="As they say.")
        return code

    async def change(self, code: str, body: CampaignBody) -> None:
        """The next version, approved at once."""
        await change_campaign(self.bank.application.units, self.bank.actor("operator", "olga"), code=code, body=body)
        await self.approve(code)

    async def approve(self, code: str) -> None:
        """Put forward by olga, approved by anna."""
        moved = (await self.move(SubmitCampaign, code)).unwrap()
        assert moved.approval_id is not None
        application = self.bank.application
        command = ApproveRequest(
            actor=self.bank.actor("approver", "anna"),
            key=self.bank.key(),
            approval_id=moved.approval_id,
            approvables=application.approvables,
        )
        (await application.engine.execute(command)).unwrap()

    async def move(self, kind: type[CampaignCommand], code: str) -> Outcome[CampaignMoved]:
        """One of olga's moves."""
        command = kind(actor=self.bank.actor("operator", "olga"), key=self.bank.key(), campaign=code)
        return await self.bank.application.engine.execute(command)

    async def run(self, code: str, body: CampaignBody = BASE, *, budget: int = 0, **changed: Any) -> str:
        """A running campaign, with so many points in its budget; its code."""
        changed |= {"budgets": ("POINTS",)} if budget else {}
        await self.create(code, body, **changed)
        await self.approve(code)
        if budget:
            (await self.top_up(code, budget)).unwrap()
        (await self.move(StartCampaign, code)).unwrap()
        return code

    async def top_up(self, code: str, amount: int, asset: str = "POINTS") -> Outcome[Any]:
        """Puts so much into the budget."""
        actor = self.bank.actor("operator", "olga")
        command = TopUpBudget(actor=actor, key=self.bank.key(), campaign=code, asset=asset, amount=amount)
        return await self.bank.application.engine.execute(command)

    async def left(self, code: str, asset: str = "POINTS") -> int:
        """What is left in the budget."""
        id_ = budget_account_id(self.bank.programme_id, self.campaign_id(code), asset)
        rows = await self.bank.fetch("SELECT posted FROM {book}.accounts WHERE id = $1", id_)
        return int(rows[0][0])

    def reporting(
        self, member_id: UUID, type_: str = "purchase", *, at: datetime | None = None, **payload: object
    ) -> ReportActivity:
        """The report of the bank's core system, of something that occurred just now."""
        self.events += 1
        return ReportActivity(
            actor=self.bank.actor(),
            member_id=member_id,
            type=type_,
            source="core",
            event_id=f"event-{self.events}",
            occurred_at=at or datetime.now(UTC),
            payload=orjson.dumps(payload).decode(),
        )

    def refunding(self, original: ReportActivity, amount: int) -> ReportRefund:
        """The report of so much of it being taken back just now."""
        self.events += 1
        return ReportRefund(
            actor=original.actor,
            member_id=original.member_id,
            source=original.source,
            event_id=f"event-{self.events}",
            refund_of=original.event_id,
            occurred_at=datetime.now(UTC),
            payload=orjson.dumps({"amount": amount}).decode(),
        )

    async def report(self, command: ReportActivity | ReportRefund) -> Outcome[ActivityReceipt]:
        """Its outcome."""
        return await self.bank.application.engine.execute(command)

    async def buy(self, member_id: UUID, amount: int, **more: Any) -> ActivityReceipt:
        """A purchase of so many minor units."""
        return (await self.report(self.reporting(member_id, amount=amount, **more))).unwrap()

    async def balance(self, member_id: UUID, asset: str = "POINTS") -> int:
        """What the member's wallet holds."""
        return int((await self.bank.account(member_id, asset=asset))["posted"])


def amounts(receipt: ActivityReceipt) -> list[int]:
    """The awarded amounts."""
    return [award.amount for award in receipt.awards]


def reasons(receipt: ActivityReceipt) -> list[str]:
    """Why there were no awards."""
    return [skip.reason for skip in receipt.skipped]
