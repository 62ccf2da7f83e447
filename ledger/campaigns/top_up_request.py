"""Asking for more budget: what a campaign may spend changes only once somebody else agrees (semantics 9.1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.campaigns.budget import BudgetCommand, TopUpBudget
from ledger.control.approvable import Approvable, Approved
from ledger.control.approval import Payload, request_approval
from ledger.engine.command import command_class
from ledger.engine.reply import reply
from ledger.engine.state import State


@reply
class TopUpRequested:
    """What waits for a second person, and what the budget holds until then."""

    campaign_id: UUID
    asset: str
    amount: int
    left: int
    approval_id: UUID
    requested_at: datetime


@command_class
class RequestTopUp(BudgetCommand[TopUpRequested]):
    """Asks for `amount` more in a campaign's budget for `asset`, in whatever state the campaign is.

    reason: free text, kept sealed
    """

    kind: ClassVar[str] = "campaign_budget_request"
    reply: ClassVar[type] = TopUpRequested

    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {**BudgetCommand.fields(self), "reason": self.reason}

    def decide(self, state: State, now: datetime) -> TopUpRequested:
        """Refused with CAMPAIGN_NOT_FOUND, also where it has no such budget."""
        budget = self.locked_budget(state)
        payload: Payload = {"campaign": self.campaign, "asset": self.asset, "amount": self.amount}
        approval_id = request_approval(
            state, actor=self.actor, kind=TopUpBudget.kind, payload=payload, now=now, reason=self.reason
        )
        return TopUpRequested(
            campaign_id=self.campaign_id,
            asset=self.asset,
            amount=self.amount,
            left=budget.posted,
            approval_id=approval_id,
            requested_at=now,
        )


def _rebuild(approved: Approved) -> TopUpBudget:
    # The approver's key is used up by the approval; that the budget grows is its consequence.
    return TopUpBudget(
        actor=approved.requester,
        key=None,
        campaign=str(approved.payload["campaign"]),
        asset=str(approved.payload["asset"]),
        amount=int(approved.payload["amount"] or 0),
    )


TOP_UP = Approvable(kind=TopUpBudget.kind, rebuild=_rebuild)
"""Budgets that wait for more, as control rebuilds them once a second person agrees."""
