"""A campaign of a programme file: drafted, its budgets filled, put forward, and started once somebody else approved it.

A campaign that operators paused or ended stays so: a file is no reason to undo what people did.
"""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from uuid import UUID

import orjson

from graphql_api.processes.programme_file.parts import CampaignPart
from graphql_api.processes.programme_file.step import Desk, Step
from graphql_api.processes.programme_file.strict import FileFault
from ledger.campaigns.budget import TopUpBudget, budget_asset_id
from ledger.campaigns.campaign import CampaignState, change_campaign, create_campaign
from ledger.campaigns.campaign_query import CampaignView, campaign_by_id
from ledger.campaigns.campaign_text import body_text
from ledger.campaigns.lifecycle import StartCampaign
from ledger.campaigns.rows import campaign_id
from ledger.campaigns.submit import ApproveCampaign, SubmitCampaign
from ledger.control.approval import Approval, ApprovalState
from ledger.control.queries import PAGE_MAX, approvals_page
from ledger.engine.reader import Reader
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
    async for step in _top_ups(desk, code, part.granted):
        yield step
    async for step in _moves(desk, code):
        yield step


async def waiting_versions(reader: Reader, programme_id: UUID) -> Mapping[tuple[str, int], Approval]:
    """The campaigns' versions that somebody put forward and nobody has decided on, by code and number."""
    waiting: dict[tuple[str, int], Approval] = {}
    before: UUID | None = None
    while page := await approvals_page(
        reader, programme_id, limit=PAGE_MAX, before=before, state=ApprovalState.PENDING
    ):
        for approval in page:
            if approval.kind == ApproveCampaign.kind:
                payload = orjson.loads(approval.payload)
                waiting[payload["campaign"], payload["number"]] = approval
        before = page[-1].id
    return waiting


async def _find(desk: Desk, code: str) -> CampaignView | None:
    return await campaign_by_id(desk.application.reader, desk.programme_id, campaign_id(desk.programme_id, code))


async def _top_ups(desk: Desk, code: str, granted: Mapping[str, int]) -> AsyncIterator[Step]:
    for asset, total in granted.items():
        asked = {"kind": TopUpBudget.kind, "asset_id": budget_asset_id(campaign_id(desk.programme_id, code), asset)}
        row = await desk.application.reader.row(_GRANTED, asked)
        before = 0 if row is None else int(row["amount"])
        if before > total:
            raise FileFault(f"campaigns.{code}.granted.{asset}", f"{before:,} were put in already, and stay there")
        if before < total:
            # The total is the key, so that two who apply one file at once put the difference in once.
            command = TopUpBudget(
                actor=desk.actor,
                key=f"programme-file/{code}/{asset}/{total}",
                campaign=code,
                asset=asset,
                amount=total - before,
            )
            what = f"campaign {code}: {total - before:,} {asset} put into its budget"
            yield Step(what=what, make=partial(desk.execute, command))


async def _moves(desk: Desk, code: str) -> AsyncIterator[Step]:
    found = await _find(desk, code)
    if found is None or found.current != found.latest:
        number = 1 if found is None else found.latest.number
        waiting = await waiting_versions(desk.application.reader, desk.programme_id)
        approval = waiting.get((code, number))
        if approval is None:
            submit = SubmitCampaign(actor=desk.actor, key=desk.new_key(), campaign=code)
            yield Step(what=f"campaign {code}: version {number} put forward", make=partial(desk.execute, submit))
        else:
            what = f"campaign {code}: version {number} waits for approval {approval.id} by somebody else"
            yield Step(what=what, make=None)
    if found is not None and found.campaign.state == CampaignState.APPROVED:
        start = StartCampaign(actor=desk.actor, key=desk.new_key(), campaign=code)
        yield Step(what=f"campaign {code}: started", make=partial(desk.execute, start))
