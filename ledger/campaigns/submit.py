"""Putting a campaign's newest version forward, and letting it hold once somebody else agrees (semantics 9.1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.lifecycle import CampaignCommand, CampaignMoved, told
from ledger.campaigns.rows import Campaign, version_id
from ledger.control.approval import Payload, request_approval
from ledger.engine.command import command_class
from ledger.engine.state import State


@command_class
class VersionCommand(CampaignCommand):
    """What putting forward and approving share: the newest version does not hold yet."""

    def require_unapproved(self, state: State) -> Campaign:
        """The campaign. CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE where its newest version is approved, as where it may not move."""
        campaign = self.require_campaign(state)
        if campaign.current_version_id == version_id(campaign.id, campaign.latest_number):
            raise Refusal(RefusalCode.CAMPAIGN_STATE, state=campaign.state)
        return campaign


@command_class
class SubmitCampaign(VersionCommand):
    """Puts the newest version forward: a draft is reviewed from now on; somebody else must approve.

    reason: free text, kept sealed
    """

    kind: ClassVar[str] = "campaign_submit"
    allowed: ClassVar[frozenset[CampaignState]] = frozenset(CampaignState) - {CampaignState.ENDED}

    reason: str | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"campaign": self.campaign, "reason": self.reason}

    def decide(self, state: State, now: datetime) -> CampaignMoved:
        """Refused with CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE where it has ended or its newest version is approved."""
        campaign = self.require_unapproved(state)
        payload: Payload = {"campaign": self.campaign, "number": campaign.latest_number}
        approval_id = request_approval(
            state, actor=self.actor, kind=ApproveCampaign.kind, payload=payload, now=now, reason=self.reason
        )
        if campaign.state == CampaignState.DRAFT:
            campaign = self.move(state, campaign, CampaignState.REVIEWED, now)
        return told(campaign, campaign.latest_number, now, approval_id=approval_id)


@command_class
class ApproveCampaign(VersionCommand):
    """Lets version `number` hold from now on. Run by an approval only."""

    kind: ClassVar[str] = "campaign"
    allowed: ClassVar[frozenset[CampaignState]] = frozenset(CampaignState) - {CampaignState.ENDED, CampaignState.DRAFT}

    number: int

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"campaign": self.campaign, "number": self.number}

    def decide(self, state: State, now: datetime) -> CampaignMoved:
        """Refused with CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE where it has ended, the version holds already, or a newer one
        exists.
        """
        campaign = self.require_unapproved(state)
        if campaign.latest_number != self.number:
            raise Refusal(RefusalCode.CAMPAIGN_STATE, state=campaign.state)
        first = campaign.state == CampaignState.REVIEWED
        to = CampaignState.APPROVED if first else CampaignState(campaign.state)
        moved = self.move(state, campaign, to, now, current_version_id=version_id(campaign.id, self.number))
        return told(moved, self.number, now)
