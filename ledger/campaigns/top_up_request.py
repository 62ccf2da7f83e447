"""Asking for more budget: what a campaign may spend changes only once somebody else agrees (semantics 9.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.campaigns.budget import TopUpBudget, budget_account_id, locked_budget
from ledger.campaigns.rows import campaign_id
from ledger.control.approvable import Approvable, Approved
from ledger.control.approval import Payload, request_approval
from ledger.engine.command import Command
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.points.command import require_amount


@reply
class TopUpRequested:
    """What waits for a second person, and what the budget holds until then."""

    campaign_id: UUID
    asset: str
    amount: int
    left: int
    approval_id: UUID
    requested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTopUp(Command[TopUpRequested]):
    """Asks for `amount` more in a campaign's budget for `asset`, in whatever state the campaign is.

    reason: free text, kept sealed
    """

    kind: ClassVar[str] = "campaign_budget_request"
    reply: ClassVar[type] = TopUpRequested

    campaign: str
    asset: str
    amount: int
    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"campaign": self.campaign, "asset": self.asset, "amount": self.amount, "reason": self.reason}

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        require_amount(self.amount)

    @property
    def campaign_id(self) -> UUID:
        """The campaign's id."""
        return campaign_id(self.actor.programme_id, self.campaign)

    def footprint(self) -> Sequence[Key]:
        """The budget's account, locked."""
        return [ACCOUNTS.key(budget_account_id(self.actor.programme_id, self.campaign_id, self.asset))]

    def decide(self, state: State, now: datetime) -> TopUpRequested:
        """Refused with CAMPAIGN_NOT_FOUND, also where it has no such budget."""
        budget = locked_budget(state, self.actor.programme_id, self.campaign_id, self.asset)
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
