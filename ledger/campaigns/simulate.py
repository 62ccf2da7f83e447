"""Simulating: a draft over recorded activities, in the order in which they came; nothing is posted (semantics 6.4).

The draft is the campaign's newest version, approved or not. Its budgets are as large as it needs, unless told. Its
phases may be moved to other days, so that next month's campaign is tried on last month's activities.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import AMOUNT_MAX, InvariantViolated
from ledger.campaigns.budget import budget_account_id, new_budget
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import CampaignBody, PointsAward, VoucherAward
from ledger.campaigns.campaign_query import campaign_by_id
from ledger.campaigns.campaign_terms import terms_of
from ledger.campaigns.campaign_text import body_text, parse_body
from ledger.campaigns.considered import Considered, name_of
from ledger.campaigns.recorded import Span, recorded_pages
from ledger.campaigns.rehearsal import Rehearsal
from ledger.campaigns.rehearsed_members import find_known
from ledger.campaigns.rows import campaign_id
from ledger.campaigns.simulation_report import BudgetLine, SimulationReport
from ledger.engine.preview import Preview
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import StandingRows, State
from ledger.members.rows import MEMBER_ATTRIBUTES
from ledger.programme.activity_type import SHIPPED
from ledger.programme.rows import ACTIVITY_TYPES, ASSETS, PROGRAMMES, activity_type_id, asset_id
from ledger.tiers.rows import LADDER_VERSIONS, LADDERS
from ledger.vouchers.rows import TEMPLATE_VERSIONS, TEMPLATES
from ledger.vouchers.stock import stock_account_id
from ledger.vouchers.template_body import Stock
from ledger.vouchers.voucher import template_id, voucher_asset_id

_BREATH: Final = 100
"""Activities between two chances for whatever else the process does."""

Progress = Callable[[int], None]
"""Told how many more activities and refunds were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to simulate.

    starting_on:    the local day on which the first phase begins, all others moved along; None: as the draft says
    budgets:        what the draft may spend on assets that it has budgets for; the others are as large as needed
    activities_max: stops after so many, refunds not counted; None: goes on to the end
    """

    campaign: str
    starting_on: date | None = None
    budgets: Mapping[str, int] = field(default_factory=dict)
    activities_max: int | None = None


async def simulate(
    reader: Reader, programme_id: UUID, asked: Simulation, on_progress: Progress = lambda _: None
) -> SimulationReport:
    """What the draft would have come to. CAMPAIGN_NOT_FOUND; INVALID_INPUT where a budget is none of the draft's."""
    draft = await _find_draft(reader, programme_id, asked)
    body = draft.body
    for asset, amount in asked.budgets.items():
        if asset not in body.budgets or not 0 <= amount <= AMOUNT_MAX:
            refuse_input(f"budgets.{asset}")
    rehearsal = await _prepare(reader, draft, asked.budgets)
    span = Span(
        programme_id=programme_id,
        types=draft.terms.activities,
        from_on=body.phases[0].from_on,
        until_on=body.phases[-1].until_on,
    )
    is_complete = await _run(reader, rehearsal, span, asked.activities_max, on_progress)
    return rehearsal.tally.report(_budget_lines(rehearsal, asked.budgets), is_complete=is_complete)


async def _find_draft(reader: Reader, programme_id: UUID, asked: Simulation) -> Considered:
    found = await campaign_by_id(reader, programme_id, campaign_id(programme_id, asked.campaign))
    if found is None:
        raise Refusal(RefusalCode.CAMPAIGN_NOT_FOUND)
    text = body_text(starting(parse_body(found.latest.body), asked.starting_on))
    campaign = found.campaign._replace(state=CampaignState.RUNNING, current_version_id=found.latest.id)
    version = found.latest._replace(body=text)
    return Considered(campaign, version, terms_of(text), name_of(campaign, version))


def starting(body: CampaignBody, first: date | None) -> CampaignBody:
    """The body with all phases moved by as many days as lets the first begin on `first`."""
    if first is None:
        return body
    by = first - body.phases[0].from_on
    try:
        phases = tuple(
            replace(phase, from_on=phase.from_on + by, until_on=phase.until_on + by) for phase in body.phases
        )
    except OverflowError:
        refuse_input("startingOn")
    return replace(body, phases=phases)


# -- what the rules see ------------------------------------------------------------------------------------------------


async def _prepare(reader: Reader, draft: Considered, limits: Mapping[str, int]) -> Rehearsal:
    """The rehearsal at its beginning, with what stands today."""
    programme_id, body = draft.campaign.programme_id, draft.body
    templates = sorted({rule.action.template for rule in body.rules if isinstance(rule.action, VoucherAward)})
    keys = _keys(programme_id, draft, templates)
    async with reader.snapshot() as snapshot:
        preview = Preview(snapshot)
        await preview.load(keys, lambda state: _versions(state, keys))
    state = preview.state
    standing: StandingRows = {
        (key.shelf, key.value): list(state.peek(key.shelf, key.value)) for key in (*keys, *_versions(state, keys))
    }
    programme = state.find(PROGRAMMES, programme_id)
    if programme is None:
        raise InvariantViolated(f"campaign {draft.campaign.id} without its programme")
    budgets = [
        new_budget(programme_id, draft.campaign.id, asset)._replace(posted=limits.get(asset, AMOUNT_MAX))
        for asset in body.budgets
    ]
    return Rehearsal(
        draft, programme, standing, {account.id: account for account in budgets}, _stock(state, templates, programme_id)
    )


def _keys(programme_id: UUID, draft: Considered, templates: Sequence[str]) -> list[Key]:
    """What stands, and the stocks of the templates."""
    points = [rule.action for rule in draft.body.rules if isinstance(rule.action, PointsAward)]
    cards = {card for action in points for card in action.cards}
    stocks = [stock_account_id(programme_id, voucher_asset_id(programme_id, code)) for code in templates]
    return [
        PROGRAMMES.key(programme_id),
        LADDERS.key(programme_id),
        MEMBER_ATTRIBUTES.key(programme_id),
        *(ACTIVITY_TYPES.key(activity_type_id(programme_id, code)) for code in draft.terms.activities - set(SHIPPED)),
        *(ASSETS.key(asset_id(programme_id, code)) for code in sorted({action.asset for action in points})),
        *(TEMPLATES.key(template_id(programme_id, code)) for code in sorted({*templates, *cards})),
        *(ACCOUNTS.key(stock) for stock in stocks),
    ]


def _versions(state: State, keys: Sequence[Key]) -> list[Key]:
    """The terms of the templates and ladders among the keys."""
    found: list[Key] = []
    for key in keys:
        if key.shelf is TEMPLATES:
            found += [TEMPLATE_VERSIONS.key(row.current_version_id) for row in state.peek(TEMPLATES, key.value)]
        if key.shelf is LADDERS:
            found += [LADDER_VERSIONS.key(row.id) for row in state.peek(LADDERS, key.value)]
    return found


def _stock(state: State, templates: Sequence[str], programme_id: UUID) -> dict[str, int]:
    """The units that are left of each template that is not unlimited."""
    left = {}
    for code in templates:
        for row in state.peek(TEMPLATES, template_id(programme_id, code)):
            for account in state.peek(ACCOUNTS, stock_account_id(programme_id, row.asset_id)):
                if row.stock != Stock.UNLIMITED:
                    left[code] = account.posted
    return left


# -- running -----------------------------------------------------------------------------------------------------------


async def _run(
    reader: Reader, rehearsal: Rehearsal, span: Span, activities_max: int | None, on_progress: Progress
) -> bool:
    """Whether all activities of the span were looked at."""
    async for page in recorded_pages(reader, span):
        known = await find_known(reader, rehearsal.programme, rehearsal.draft, rehearsal.standing, page)
        for start in range(0, len(page), _BREATH):
            part = page[start : start + _BREATH]
            for recorded in part:
                if recorded.refund_of is not None:
                    rehearsal.take_back(recorded)
                    continue
                if rehearsal.tally.activities == activities_max:
                    return False
                rehearsal.look(recorded, known)
            on_progress(len(part))
            await asyncio.sleep(0)
    return True


def _budget_lines(rehearsal: Rehearsal, limits: Mapping[str, int]) -> list[BudgetLine]:
    campaign = rehearsal.draft.campaign
    lines = []
    for asset in rehearsal.draft.body.budgets:
        id_ = budget_account_id(campaign.programme_id, campaign.id, asset)
        given = limits.get(asset)
        left = None if given is None else rehearsal.budgets[id_].posted
        at = rehearsal.tally.exhausted_at(asset)
        lines.append(BudgetLine(asset=asset, given=given, left=left, exhausted_at=at))
    return lines
