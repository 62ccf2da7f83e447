"""Campaigns that wait for approval, as control rebuilds them once a second person agrees."""

from ledger.campaigns.submit import ApproveCampaign
from ledger.control.approvable import Approvable, Approved


def _rebuild(approved: Approved) -> ApproveCampaign:
    # The approver's key is used up by the approval; that the version holds is its consequence.
    return ApproveCampaign(
        actor=approved.requester,
        key=None,
        campaign=str(approved.payload["campaign"]),
        number=int(approved.payload["number"] or 0),
    )


CAMPAIGN = Approvable(kind=ApproveCampaign.kind, rebuild=_rebuild)
