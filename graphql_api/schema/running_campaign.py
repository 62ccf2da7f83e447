"""Campaigns as members see them: the words, and when they hold; never how they decide."""

from datetime import date
from uuid import UUID

import strawberry

from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import CAMPAIGN, id_of
from ledger.campaigns import running_query as ledger


@object_type
class RunningPhase:
    """A part of a campaign with rules of its own.

    code:     its code
    from_on:  the first local day
    until_on: the last local day
    """

    code: str
    from_on: date
    until_on: date


@object_type
class RunningCampaign:
    """A campaign that runs for the member.

    id:         its id
    code:       its code
    version:    the number of the version that holds
    terms_text: its terms in words
    phases:     when it holds, in the order of their dates
    """

    id: strawberry.ID
    code: str
    version: int
    terms_text: str
    phases: list[RunningPhase]


async def read_running(context: Context, member_id: UUID) -> list[RunningCampaign]:
    """Those that run for the member this instant."""
    now = await context.ledger.reader.now()
    found = await context.read(ledger.running_for, member_id, now)
    return [_running(campaign) for campaign in found]


def _running(campaign: ledger.RunningCampaign) -> RunningCampaign:
    return RunningCampaign(
        id=id_of(CAMPAIGN, campaign.id),
        code=campaign.code,
        version=campaign.number,
        terms_text=campaign.words,
        phases=[
            RunningPhase(code=phase.code, from_on=phase.from_on, until_on=phase.until_on)
            for phase in campaign.body.phases
        ],
    )
