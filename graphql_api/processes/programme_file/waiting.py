"""What a programme file put forward and nobody has decided on: versions of campaigns, and more for their budgets."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson

from ledger.campaigns.budget import TopUpBudget
from ledger.campaigns.submit import ApproveCampaign
from ledger.control.approval import Approval, ApprovalState
from ledger.control.queries import approvals_page
from ledger.engine.reader import PAGE_ROWS_MAX, Reader

_KINDS: Final = frozenset({ApproveCampaign.kind, TopUpBudget.kind})


async def waiting_approvals(reader: Reader, programme_id: UUID) -> Sequence[Approval]:
    """The requests about campaigns that wait for a second person, newest first."""
    waiting: list[Approval] = []
    before: UUID | None = None
    while page := await approvals_page(
        reader, programme_id, limit=PAGE_ROWS_MAX, before=before, state=ApprovalState.PENDING
    ):
        waiting += [approval for approval in page if approval.kind in _KINDS]
        before = page[-1].id
    return waiting


async def waiting_version(reader: Reader, programme_id: UUID, campaign: str, number: int) -> Approval | None:
    """The request that the campaign's version of that number may hold."""
    asked = {"campaign": campaign, "number": number}
    waiting = await waiting_approvals(reader, programme_id)
    return next((each for each in waiting if orjson.loads(each.payload) == asked), None)


async def waiting_top_ups(reader: Reader, programme_id: UUID, campaign: str, asset: str) -> Sequence[tuple[int, UUID]]:
    """How much was asked for the campaign's budget, and by which requests."""
    found = []
    for each in await waiting_approvals(reader, programme_id):
        payload = orjson.loads(each.payload)
        if each.kind == TopUpBudget.kind and (payload["campaign"], payload["asset"]) == (campaign, asset):
            found.append((int(payload["amount"]), each.id))
    return found
