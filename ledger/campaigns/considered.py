"""Which campaigns look at an activity: those that ran when it occurred, under the version that held then (semantics 6.7)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import InvariantViolated
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import CampaignBody
from ledger.campaigns.campaign_terms import Terms, terms_of
from ledger.campaigns.rows import CAMPAIGN_STEPS, CAMPAIGN_VERSIONS, CAMPAIGNS, Campaign, CampaignVersion
from ledger.engine.state import State

NEVER_RAN = frozenset({CampaignState.DRAFT, CampaignState.REVIEWED, CampaignState.APPROVED})


class Considered(NamedTuple):
    """A campaign that ran, or was paused, when the activity occurred.

    name:      how receipts name it, with the number of the version
    is_paused: then or now, or it was ended so
    """

    campaign: Campaign
    version: CampaignVersion
    terms: Terms
    name: str
    is_paused: bool = False

    @property
    def body(self) -> CampaignBody:
        """What the version promises."""
        return self.terms.body


def name_of(campaign: Campaign, version: CampaignVersion) -> str:
    """A campaign's code with a version's number; codes have no colon."""
    return f"{campaign.code}:{version.number}"


def considered(state: State, programme_id: UUID, activity: str, occurred_at: datetime) -> Sequence[Considered]:
    """The campaigns with a rule for such an activity, in the order of priority and code."""
    found = []
    for campaign in state.rows(CAMPAIGNS, programme_id):
        was, in_force = _then(state, campaign, occurred_at)
        if in_force is None or was not in (CampaignState.RUNNING, CampaignState.PAUSED):
            continue
        version = state.find(CAMPAIGN_VERSIONS, in_force)
        if version is None:
            raise InvariantViolated(f"campaign {campaign.id} has no version {in_force}")
        terms = terms_of(version.body)
        if activity in terms.activities:
            is_paused = was == CampaignState.PAUSED or _is_stopped(state, campaign)
            found.append(Considered(campaign, version, terms, name_of(campaign, version), is_paused))
    return sorted(found, key=lambda each: (each.body.priority, each.campaign.code))


def _is_stopped(state: State, campaign: Campaign) -> bool:
    """Whether it is paused, or was when it ended: the end undoes no pause."""
    if campaign.state != CampaignState.ENDED:
        return campaign.state == CampaignState.PAUSED
    before = campaign.steps - 1
    steps = state.rows(CAMPAIGN_STEPS, campaign.id)
    return any(step.number == before and step.state == CampaignState.PAUSED for step in steps)


def _then(state: State, campaign: Campaign, occurred_at: datetime) -> tuple[str, UUID | None]:
    """The campaign's state and version at the instant."""
    if campaign.state in NEVER_RAN:
        return campaign.state, None
    if campaign.since <= occurred_at:
        return campaign.state, campaign.current_version_id
    steps = [step for step in state.rows(CAMPAIGN_STEPS, campaign.id) if step.since <= occurred_at]
    last = max(steps, key=lambda step: step.number, default=None)
    return ("", None) if last is None else (last.state, last.version_id)
