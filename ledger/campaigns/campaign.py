"""Campaigns as drafts: made, and changed by new versions, which hold only once somebody else has approved them.

What moves a campaign through its states stands in `lifecycle.py`.
"""

import asyncio
from dataclasses import asdict
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import ProgrammeId
from ledger.campaigns import tables
from ledger.campaigns.budget import budget_asset_code, budget_asset_id, new_budget
from ledger.campaigns.campaign_body import CampaignBody, Donation, PointsAward, VoucherAward
from ledger.campaigns.campaign_rules import Nameable, require_body, require_campaign_code
from ledger.campaigns.campaign_text import body_text
from ledger.campaigns.rows import (
    Campaign,
    CampaignStep,
    CampaignVersion,
    campaign_id,
    member_list_id,
    step_id,
    version_id,
)
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import ACCOUNTS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.members.attribute_query import known_attributes
from ledger.partners.tables import MERCHANTS
from ledger.programme.activity_type_query import known_types
from ledger.programme.asset_kinds import require_asset
from ledger.programme.input_rules import AssetTerms, require_terms_text
from ledger.programme.registry_change import Change, registry_change
from ledger.programme.rows import Asset, AssetKind
from ledger.programme.tables import ASSETS
from ledger.tiers.tables import TIER_LADDERS
from ledger.vouchers.tables import TEMPLATES
from ledger.vouchers.template_body import Kind
from ledger.vouchers.voucher import template_id


class CampaignState(StrEnum):
    """A draft becomes reviewed when it is put forward, approved by somebody else, then runs until it is ended."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class CampaignRecord(NamedTuple):
    """A campaign with its newest version."""

    campaign: Campaign
    latest: CampaignVersion


_COLUMNS = [tables.CAMPAIGNS.c[name] for name in Campaign._fields]
_OURS = (tables.CAMPAIGNS.c.id == bindparam("campaign_id")) & (
    tables.CAMPAIGNS.c.programme_id == bindparam("of_programme")
)
_LOCK = Query(select(*_COLUMNS).where(_OURS).with_for_update(key_share=True))
_ADD_VERSION = Query(
    update(tables.CAMPAIGNS)
    .where(_OURS)
    .values(latest_number=tables.CAMPAIGNS.c.latest_number + 1, version=tables.CAMPAIGNS.c.version + 1)
    .returning(*_COLUMNS)
)
_INSERT_CAMPAIGN = Query(insert(tables.CAMPAIGNS))
_INSERT_VERSION = Query(insert(tables.CAMPAIGN_VERSIONS))
_INSERT_STEP = Query(insert(tables.CAMPAIGN_STEPS))
_INSERT_ASSET = Query(postgres_insert(ASSETS).on_conflict_do_nothing().returning(ASSETS.c.id))
_INSERT_ACCOUNT = Query(postgres_insert(ACCOUNTS).on_conflict_do_nothing())
_KIND_OF_TEMPLATE = Query(select(TEMPLATES.c.kind).where(TEMPLATES.c.id == bindparam("template_id")))
_MEMBER_LIST = Query(select(tables.MEMBER_LISTS.c.id).where(tables.MEMBER_LISTS.c.id == bindparam("list_id")))
_MERCHANT = Query(
    select(MERCHANTS.c.id).where(
        MERCHANTS.c.id == bindparam("merchant_id"), MERCHANTS.c.programme_id == bindparam("programme_id")
    )
)
_LADDERS = Query(select(TIER_LADDERS.c.code).where(TIER_LADDERS.c.programme_id == bindparam("programme_id")))


async def create_campaign(
    units: UnitsOfWork, actor: Actor, *, code: str, body: CampaignBody, terms: str = ""
) -> CampaignRecord:
    """A new draft of the actor's programme, with its empty budgets.

    INVALID_INPUT, CODE_TAKEN, PROGRAMME_NOT_FOUND, and the codes of `_require_named`.
    """
    async with registry_change(units, actor, "campaign_created") as change:
        require_campaign_code(code)
        await _require_valid(change, body, terms)
        await _require_named(change, body)
        programme_id = ProgrammeId(actor.programme_id)
        id_ = campaign_id(programme_id, code)
        campaign = Campaign(id_, programme_id, code, CampaignState.DRAFT, None, 1, change.now)
        await change.insert(_INSERT_CAMPAIGN, campaign)
        change.record(campaign.id, facts={"code": code})
        await _insert_first_step(change, campaign)
        await _open_budgets(change, campaign, body)
        latest = await _insert_version(change, campaign, body, terms)
    return CampaignRecord(campaign, latest)


async def change_campaign(
    units: UnitsOfWork, actor: Actor, *, code: str, body: CampaignBody, terms: str = ""
) -> CampaignRecord:
    """The next version, which holds once it is approved; until then the approved one does.

    The codes of `create_campaign`; CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE where the campaign has ended.
    """
    async with registry_change(units, actor, "campaign_changed") as change:
        await _require_valid(change, body, terms)
        await _require_named(change, body)
        asked = {"campaign_id": campaign_id(actor.programme_id, code), "of_programme": actor.programme_id}
        found = await change.row(_LOCK, asked)
        if found is None:
            raise Refusal(RefusalCode.CAMPAIGN_NOT_FOUND)
        if found["state"] == CampaignState.ENDED:
            raise Refusal(RefusalCode.CAMPAIGN_STATE, state=found["state"])
        campaign = Campaign(*(await change.row(_ADD_VERSION, asked) or ()))
        change.record(campaign.id, version=campaign.version, facts={"code": code, "latest": campaign.latest_number})
        await _open_budgets(change, campaign, body)
        latest = await _insert_version(change, campaign, body, terms)
    return CampaignRecord(campaign, latest)


async def _insert_first_step(change: Change, campaign: Campaign) -> None:
    step = CampaignStep(
        step_id(campaign.id, 1), campaign.id, campaign.programme_id, 1, campaign.state, None, campaign.since
    )
    await change.insert(_INSERT_STEP, step)
    change.record(step.id, facts={"code": campaign.code, "state": step.state})


async def _insert_version(change: Change, campaign: Campaign, body: CampaignBody, terms: str) -> CampaignVersion:
    number = campaign.latest_number
    version = CampaignVersion(
        id=version_id(campaign.id, number),
        campaign_id=campaign.id,
        programme_id=campaign.programme_id,
        number=number,
        body=body_text(body),
        terms=terms,
        created_at=change.now,
    )
    await change.insert(_INSERT_VERSION, version)
    told = {
        "body_sha256": sha256(version.body.encode()).hexdigest(),
        "terms_sha256": sha256(terms.encode()).hexdigest(),
    }
    change.record(version.id, facts={"campaign": campaign.code, "number": number, **told})
    return version


async def _open_budgets(change: Change, campaign: Campaign, body: CampaignBody) -> None:
    """Each budget that is not there yet, with an asset of its own. A budget stays though a later version has none."""
    for code in body.budgets:
        asset = Asset(
            id=budget_asset_id(campaign.id, code),
            programme_id=campaign.programme_id,
            code=budget_asset_code(campaign.code, code),
            kind=AssetKind.BUDGET,
            version=1,
            **asdict(AssetTerms()),
        )
        if await change.row(_INSERT_ASSET, asset._asdict()) is None:
            continue
        is_paused = campaign.state == CampaignState.PAUSED
        account = new_budget(campaign.programme_id, campaign.id, code)
        frozen = account._replace(state=AccountState.FROZEN)
        await change.insert(_INSERT_ACCOUNT, frozen if is_paused else account)
        change.record(asset.id, facts={"code": asset.code, "kind": asset.kind})


async def _require_valid(change: Change, body: CampaignBody, terms: str) -> None:
    """INVALID_INPUT, also where there is no such list of members."""
    types = await known_types(change)
    # In a thread, since a large campaign's conditions take seconds to check, and others want their answers meanwhile.
    await asyncio.to_thread(
        require_body, body, Nameable(types.get, await _ladders(change), await known_attributes(change))
    )
    require_terms_text(terms)
    if body.member_list is not None:
        list_id = member_list_id(change.actor.programme_id, body.member_list)
        if await change.row(_MEMBER_LIST, {"list_id": list_id}) is None:
            refuse_input("memberList")


async def _ladders(change: Change) -> list[str]:
    """The codes of the programme's ladders of tiers."""
    return [row["code"] for row in await change.work.run(_LADDERS, {"programme_id": change.actor.programme_id})]


async def _require_named(change: Change, body: CampaignBody) -> None:
    """What the rules name is the programme's, and of the kind that is meant. MERCHANT_NOT_FOUND, ASSET_NOT_FOUND,
    TEMPLATE_NOT_FOUND.
    """
    actions = [rule.action for rule in body.rules]
    points = [action for action in actions if isinstance(action, PointsAward)]
    donations = [action for action in actions if isinstance(action, Donation)]
    for merchant in sorted({donation.merchant for donation in donations}):
        await _require_merchant(change, merchant)
    for asset in sorted({award.asset for award in points}):
        await require_asset(change, asset, AssetKind.POINTS)
    for asset in sorted({donation.asset for donation in donations}):
        await require_asset(change, asset, AssetKind.POINTS, AssetKind.MONEY)
    for card in sorted({card for award in points for card in award.cards}):
        await _require_template(change, card, Kind.MULTIPLIER)
    for template in sorted({action.template for action in actions if isinstance(action, VoucherAward)}):
        await _require_template(change, template, *Kind)


async def _require_merchant(change: Change, merchant: UUID) -> None:
    asked = {"merchant_id": merchant, "programme_id": change.actor.programme_id}
    if await change.row(_MERCHANT, asked) is None:
        raise Refusal(RefusalCode.MERCHANT_NOT_FOUND)


async def _require_template(change: Change, code: str, *kinds: Kind) -> None:
    row = await change.row(_KIND_OF_TEMPLATE, {"template_id": template_id(change.actor.programme_id, code)})
    if row is None or row["kind"] not in kinds:
        raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
