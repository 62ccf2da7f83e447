"""Campaigns, activities, awards and counts as rows of the write path.

Activities, awards and a member's counts have no lock of their own: whoever reports an activity locks the member's
holder, which also says whether the member is open. Campaigns are standing rows.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import AccountId, AssetId, EntryId, ProgrammeId, computed_id
from ledger.campaigns import tables
from ledger.engine.shelf import Shelf

RANK_CAMPAIGN = 6


class Campaign(NamedTuple):
    """A row of `campaigns`.

    current_version_id: approved last; None before the first approval
    latest_number:      of the newest version, approved or not
    since:              when it came into this state or under this version; `steps` says how often it did
    """

    id: UUID
    programme_id: ProgrammeId
    code: str
    state: str
    current_version_id: UUID | None
    latest_number: int
    since: datetime
    steps: int = 1
    version: int = 1


class CampaignVersion(NamedTuple):
    """A row of `campaign_versions`; `body` is the canonical JSON of a `CampaignBody`."""

    id: UUID
    campaign_id: UUID
    programme_id: ProgrammeId
    number: int
    body: str
    terms: str
    created_at: datetime


class CampaignStep(NamedTuple):
    """A row of `campaign_steps`: the state and the version of a campaign from `since` to the next step."""

    id: UUID
    campaign_id: UUID
    programme_id: ProgrammeId
    number: int
    state: str
    version_id: UUID | None
    since: datetime


class MemberList(NamedTuple):
    """A row of `member_lists`: a list of members that campaigns may be for. It only grows."""

    id: UUID
    programme_id: ProgrammeId
    code: str
    members: int
    version: int = 1


class ListedMember(NamedTuple):
    """A row of `listed_members`; the id is computed from both others."""

    id: UUID
    list_id: UUID
    member_id: UUID


class Activity(NamedTuple):
    """A row of `activities`.

    local_day: of `occurred_at` in the programme's zone
    payload:   canonical JSON by the type's schema
    amount:    the payload's amount field, in minor units; what a refund is measured by
    refund_of: the activity that this one takes back, in whole or in part
    entry_id:  None where nothing was posted; why not, the request keeps
    """

    id: UUID
    programme_id: ProgrammeId
    member_id: UUID
    request_id: bytes
    type: str
    source: str
    source_event_id: str
    occurred_at: datetime
    received_at: datetime
    local_day: date
    channel: str | None
    branch: str | None
    merchant_id: UUID | None
    payload: str
    amount: int | None
    refund_of: UUID | None
    state: str
    entry_id: EntryId | None


class Award(NamedTuple):
    """A row of `awards`: `amount` units of an asset, pieces of a voucher or steps of a counter, below zero where a refund
    took them back.

    entry_id:         None where nothing was posted
    kind:             of the rule's action (`ActionKind`)
    asset_id:         None for progress and credits of ladders
    base, multiplier: what the rule multiplied; the multiplier in percent
    wanted:           before caps
    inputs:           JSON: what the rule's condition saw
    headroom:         JSON: each cap with what it leaves now
    budget_id, cost:  the budget account that paid, and how much
    target:           the counter that moved, the ladder that was credited, or the merchant that a donation went to
    factors:          JSON: what else multiplied, each with its percent
    """

    id: UUID
    programme_id: ProgrammeId
    activity_id: UUID
    entry_id: EntryId | None
    member_id: UUID
    campaign_id: UUID
    version_id: UUID
    phase: str
    rule: str
    variant: str | None
    kind: str
    asset_id: AssetId | None
    amount: int
    base: int
    multiplier: int
    wanted: int
    inputs: str
    headroom: str
    budget_id: AccountId | None
    cost: int
    local_day: date
    awarded_at: datetime
    original_award_id: UUID | None = None
    target: str | None = None
    voucher_id: UUID | None = None
    factors: str = "[]"


class CampaignCount(NamedTuple):
    """A row of `campaign_counts`: how much of what `counter` counts a member received in a local period."""

    id: UUID
    member_id: UUID
    campaign_id: UUID
    counter: str
    period: str
    starts_on: date
    amount: int


CAMPAIGNS = Shelf(tables.CAMPAIGNS, Campaign, by="programme_id", standing=True)
CAMPAIGNS_LOCKED = Shelf(
    tables.CAMPAIGNS,
    Campaign,
    by="id",
    lock_rank=RANK_CAMPAIGN,
    updates=("state", "current_version_id", "latest_number", "since", "steps", "version"),
)
"""For commands that change the campaign."""
CAMPAIGN_VERSIONS = Shelf(tables.CAMPAIGN_VERSIONS, CampaignVersion, by="id", standing=True)
CAMPAIGN_STEPS = Shelf(tables.CAMPAIGN_STEPS, CampaignStep, by="campaign_id", standing=True)
LISTED_MEMBERS = Shelf(tables.LISTED_MEMBERS, ListedMember, by="id")
ACTIVITIES = Shelf(tables.ACTIVITIES, Activity, by="request_id")
ACTIVITIES_REFUNDING = Shelf(tables.ACTIVITIES, Activity, by="refund_of")
AWARDS = Shelf(tables.AWARDS, Award, by="activity_id")
CAMPAIGN_COUNTS = Shelf(tables.CAMPAIGN_COUNTS, CampaignCount, by="id", updates=("amount",))


@lru_cache(maxsize=4096)
def campaign_id(programme_id: UUID, code: str) -> UUID:
    """The id of the programme's campaign of that code."""
    return computed_id(b"campaign", programme_id.bytes + code.encode())


def version_id(campaign: UUID, number: int) -> UUID:
    """The id of a campaign's version."""
    return computed_id(b"campaign-version", campaign.bytes + number.to_bytes(4))


def step_id(campaign: UUID, number: int) -> UUID:
    """The id of a campaign's step."""
    return computed_id(b"campaign-step", campaign.bytes + number.to_bytes(4))


@lru_cache(maxsize=4096)
def member_list_id(programme_id: UUID, code: str) -> UUID:
    """The id of the programme's list of that code."""
    return computed_id(b"member-list", programme_id.bytes + code.encode())


def listed_member_id(list_id: UUID, member_id: UUID) -> UUID:
    """The id of a member's place on a list."""
    return computed_id(b"listed-member", list_id.bytes + member_id.bytes)
