"""A campaign of a programme file: drafted, put forward with its budgets, and started once somebody else approved both.

A campaign that operators paused or ended stays so: a file is no reason to undo what people did.
"""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from uuid import UUID

from graphql_api.processes.programme_file.parts import CampaignPart
from graphql_api.processes.programme_file.step import Desk, Step
from graphql_api.processes.programme_file.strict import FileFault
from graphql_api.processes.programme_file.waiting import waiting_top_ups, waiting_version
from graphql_api.schema.kinds import APPROVAL, id_of
from ledger.campaigns.budget import TopUpBudget, budget_asset_id
from ledger.campaigns.campaign import CampaignState, change_campaign, create_campaign
from ledger.campaigns.campaign_query import CampaignView, campaign_by_id
from ledger.campaigns.campaign_text import body_text
from ledger.campaigns.lifecycle import StartCampaign
from ledger.campaigns.rows import campaign_id
from ledger.campaigns.submit import SubmitCampaign
from ledger.campaigns.top_up_request import RequestTopUp
from ledger.engine.sql_query import SqlQuery

_GRANTED = SqlQuery(
    "SELECT coalesce(sum(amount), 0)::bigint AS amount FROM {book}.journal_entries"
    " WHERE kind = :kind AND asset_id = :asset_id"
)


async def campaign_steps(desk: Desk, code: str, part: CampaignPart) -> AsyncIterator[Step]:
    """What is missing until it runs. Raises FileFault where it has ended, or got more than it was granted."""
    found = await _find(desk, code)
    if found is None:
        make = partial(create_campaign, desk.application.units, desk.actor, code=code, body=part.body, terms=part.terms)
        yield Step(what=f"campaign {code}: drafted", make=make)
    elif (found.latest.body, found.latest.terms) != (body_text(part.body), part.terms):
        if found.campaign.state == CampaignState.ENDED:
            raise FileFault(f"campaigns.{code}", "has ended, and changes no more")
        change = partial(
            change_campaign, desk.application.units, desk.actor, code=code, body=part.body, terms=part.terms
        )
        yield Step(what=f"campaign {code}: version {found.latest.number + 1} drafted", make=change)
    is_ready = True
    for steps in (_top_ups(desk, code, part.granted), _versions(desk, code)):
        async for step in steps:
            is_ready = False
            yield step
    if is_ready:
        async for step in _start(desk, code):
            yield step


async def _find(desk: Desk, code: str) -> CampaignView | None:
    return await campaign_by_id(desk.application.reader, desk.programme_id, campaign_id(desk.programme_id, code))


async def _top_ups(desk: Desk, code: str, granted: Mapping[str, int]) -> AsyncIterator[Step]:
    """What is still to be put into its budgets, or waits to be."""
    for asset, total in granted.items():
        asked = {"kind": TopUpBudget.kind, "asset_id": budget_asset_id(campaign_id(desk.programme_id, code), asset)}
        row = await desk.application.reader.row(_GRANTED, asked)
        before = 0 if row is None else int(row["amount"])
        if before > total:
            raise FileFault(f"campaigns.{code}.granted.{asset}", f"{before:,} were put in already, and stay there")
        waiting = await waiting_top_ups(desk.application.reader, desk.programme_id, code, asset)
        for amount, approval_id in waiting:
            yield _waits(f"campaign {code}: {amount:,} {asset} for its budget", approval_id)
        more = total - before - sum(amount for amount, _ in waiting)
        if more > 0:
            command = RequestTopUp(actor=desk.actor, key=desk.new_key(), campaign=code, asset=asset, amount=more)
            what = f"campaign {code}: {more:,} {asset} asked for its budget"
            yield Step(what=what, make=partial(desk.execute, command))


async def _versions(desk: Desk, code: str) -> AsyncIterator[Step]:
    """Its newest version put forward, or waiting."""
    found = await _find(desk, code)
    if found is not None and found.current == found.latest:
        return
    number = 1 if found is None else found.latest.number
    approval = await waiting_version(desk.application.reader, desk.programme_id, code, number)
    if approval is None:
        submit = SubmitCampaign(actor=desk.actor, key=desk.new_key(), campaign=code)
        yield Step(what=f"campaign {code}: version {number} put forward", make=partial(desk.execute, submit))
    else:
        yield _waits(f"campaign {code}: version {number}", approval.id)


async def _start(desk: Desk, code: str) -> AsyncIterator[Step]:
    """It runs, where it was approved and nothing else is left to do or to wait for."""
    found = await _find(desk, code)
    if found is not None and found.campaign.state == CampaignState.APPROVED:
        start = StartCampaign(actor=desk.actor, key=desk.new_key(), campaign=code)
        yield Step(what=f"campaign {code}: started", make=partial(desk.execute, start))


def _waits(what: str, approval_id: UUID) -> Step:
    return Step(what=f"{what} waits for approval {id_of(APPROVAL, approval_id)} by somebody else", make=None)
