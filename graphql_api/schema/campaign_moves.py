"""Moving a campaign through its states, and asking for more budget."""

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.campaign_enums import CampaignState
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import APPROVAL, CAMPAIGN, ENTRY, id_of, maybe_id
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_KEYED
from ledger.book.refusal import RefusalCode
from ledger.book.units import InvariantViolated, Points
from ledger.campaigns.lifecycle import CampaignCommand, EndCampaign, PauseCampaign, StartCampaign
from ledger.campaigns.submit import SubmitCampaign
from ledger.campaigns.top_up_request import RequestTopUp


@input_type
class StartCampaignInput:
    """An approved or paused campaign to run.

    campaign:        its code
    idempotency_key: the caller's key for this intent
    """

    campaign: str
    idempotency_key: IdempotencyKey


@input_type
class PauseCampaignInput(StartCampaignInput):
    """A running campaign to stop at once."""


@input_type
class EndCampaignInput(StartCampaignInput):
    """A campaign to end for good."""


@object_type
class CampaignMoved:
    """The campaign is in another state.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    campaign_id: which one
    state:       its state from now on
    moved_at:    when it came into that state
    entry_id:    the entry by which its budgets were frozen or freed; null where it has none
    """

    replayed: bool
    campaign_id: strawberry.ID
    state: CampaignState
    moved_at: datetime
    entry_id: strawberry.ID | None


async def start_campaign(info: Info, asked: Annotated[StartCampaignInput, INPUT]) -> object:
    """Let an approved campaign run from now on, or let a paused one go on."""
    return await _move(info.context, StartCampaign, asked)


async def pause_campaign(info: Info, asked: Annotated[PauseCampaignInput, INPUT]) -> object:
    """The kill switch: a running campaign awards nothing more. What was awarded before this stays; its budgets are frozen,
    so nothing slips through. `startCampaign` lets it go on.
    """
    return await _move(info.context, PauseCampaign, asked)


async def end_campaign(info: Info, asked: Annotated[EndCampaignInput, INPUT]) -> object:
    """End a campaign for good. Activities that occurred while it ran and come late are still looked at, unless it was
    paused.
    """
    return await _move(info.context, EndCampaign, asked)


async def _move(context: Context, kind: type[CampaignCommand], asked: StartCampaignInput) -> CampaignMoved:
    command = kind(actor=await context.actor(), key=asked.idempotency_key, campaign=asked.campaign)
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return CampaignMoved(
        replayed=outcome.replayed,
        campaign_id=id_of(CAMPAIGN, reply.campaign_id),
        state=CampaignState(reply.state),
        moved_at=reply.moved_at,
        entry_id=maybe_id(ENTRY, reply.entry_id),
    )


# -- what waits for a second person ------------------------------------------------------------------------------------


@input_type
class SubmitCampaignInput(StartCampaignInput):
    """A campaign whose newest version shall hold.

    reason: why, in words; kept sealed
    """

    reason: str | None = None


@object_type
class CampaignSubmitted:
    """The newest version waits for somebody else's approval.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    campaign_id: which campaign
    state:       its state from now on
    version:     the number of the version
    approval_id: what waits
    """

    replayed: bool
    campaign_id: strawberry.ID
    state: CampaignState
    version: int
    approval_id: strawberry.ID


async def submit_campaign(info: Info, asked: Annotated[SubmitCampaignInput, INPUT]) -> object:
    """Put the newest version of a campaign forward. It holds once somebody else approves it."""
    context = info.context
    command = SubmitCampaign(
        actor=await context.actor(), key=asked.idempotency_key, campaign=asked.campaign, reason=asked.reason
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    if reply.approval_id is None:
        raise InvariantViolated(f"campaign {reply.campaign_id} was put forward to nobody")
    return CampaignSubmitted(
        replayed=outcome.replayed,
        campaign_id=id_of(CAMPAIGN, reply.campaign_id),
        state=CampaignState(reply.state),
        version=reply.number,
        approval_id=id_of(APPROVAL, reply.approval_id),
    )


@input_type
class TopUpCampaignBudgetInput:
    """More budget for a campaign.

    campaign:        its code
    asset:           the code of what the budget pays for; `CAMPAIGN_NOT_FOUND` where the campaign has no such budget
    amount:          how many units more, 1 to 10^15
    idempotency_key: the caller's key for this intent
    reason:          why, in words; kept sealed
    """

    campaign: str
    amount: Points
    idempotency_key: IdempotencyKey
    asset: str = "POINTS"
    reason: str | None = None


@object_type
class CampaignBudgetRequested:
    """The budget is as it was; it grows once somebody else approves.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    campaign_id: which campaign
    asset:       the code of what the budget pays for
    amount:      how many units more
    left:        what it held when this was asked for
    approval_id: what waits
    """

    replayed: bool
    campaign_id: strawberry.ID
    asset: str
    amount: Points
    left: Points
    approval_id: strawberry.ID


async def top_up_campaign_budget(info: Info, asked: Annotated[TopUpCampaignBudgetInput, INPUT]) -> object:
    """Ask for more budget, in whatever state the campaign is. It is there once somebody else approves."""
    context = info.context
    command = RequestTopUp(
        actor=await context.actor(),
        key=asked.idempotency_key,
        campaign=asked.campaign,
        asset=asked.asset,
        amount=asked.amount,
        reason=asked.reason,
    )
    outcome = await context.execute(command)
    reply = outcome.unwrap()
    return CampaignBudgetRequested(
        replayed=outcome.replayed,
        campaign_id=id_of(CAMPAIGN, reply.campaign_id),
        asset=reply.asset,
        amount=Points(reply.amount),
        left=Points(reply.left),
        approval_id=id_of(APPROVAL, reply.approval_id),
    )


_CODE = RefusalCode
_MANAGE = requires(Scope.CAMPAIGN_MANAGE, cost=10)
_MOVES = (*EVERY_KEYED, _CODE.CAMPAIGN_NOT_FOUND, _CODE.CAMPAIGN_STATE)

SUBMIT_CAMPAIGN = mutation(submit_campaign, _MANAGE, succeeds=CampaignSubmitted, refusals=_MOVES)
START_CAMPAIGN = mutation(start_campaign, _MANAGE, succeeds=CampaignMoved, refusals=_MOVES)
PAUSE_CAMPAIGN = mutation(pause_campaign, _MANAGE, succeeds=CampaignMoved, refusals=_MOVES)
END_CAMPAIGN = mutation(end_campaign, _MANAGE, succeeds=CampaignMoved, refusals=_MOVES)
TOP_UP_CAMPAIGN_BUDGET = mutation(
    top_up_campaign_budget,
    requires(Scope.CAMPAIGN_MANAGE, moves="budget", cost=10),
    succeeds=CampaignBudgetRequested,
    refusals=(*EVERY_KEYED, _CODE.CAMPAIGN_NOT_FOUND),
)
