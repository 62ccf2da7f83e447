"""The demo's voucher templates: one for each campaign, with its dates. What is there already is left as it is."""

from collections.abc import Sequence
from typing import Final

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.journey_events import Campaign
from ledger.engine.command import Actor
from ledger.vouchers.template import TemplateState, create_template, publish_template
from ledger.vouchers.template_body import Exchange, Limits, Stacking, StackMode, TemplateBody, Validity
from ledger.vouchers.template_query import template_by_id
from ledger.vouchers.voucher import template_id

USES: Final = 17
"""The most that a household redeemed of one campaign."""


def template_code(campaign_id: int) -> str:
    """The code of the campaign's template; in the order of the numbers."""
    return f"campaign-{campaign_id:02}"


async def set_up_templates(application: Application, actor: Actor, campaigns: Sequence[Campaign]) -> None:
    """A live template for every campaign."""
    for campaign in campaigns:
        code = template_code(campaign.campaign_id)
        found = await template_by_id(application.reader, actor.programme_id, template_id(actor.programme_id, code))
        if found is None:
            found = await create_template(
                application.units, actor, code=code, body=_body(campaign), terms=_terms(campaign)
            )
        if found.template.state == TemplateState.DRAFT:
            await publish_template(application.units, actor, code=code)


def _body(campaign: Campaign) -> TemplateBody:
    """Goods and no discount: what a coupon took off stands in the value of its basket already.

    One voucher for a household; the category is the campaign's type, by which the report sums up.
    """
    return TemplateBody(
        gives=Exchange(item=f"coupon of campaign {campaign.campaign_id}"),
        validity=Validity(expiry=f"on {campaign.ends_on.isoformat()}", starts_on=campaign.starts_on),
        uses=USES,
        issue_limits=Limits(total=1),
        use_limits=Limits(total=USES),
        stacking=Stacking(mode=StackMode.ALL, category=campaign.campaign_type),
    )


def _terms(campaign: Campaign) -> str:
    return (
        f"Campaign {campaign.campaign_id}, {campaign.campaign_type}: good in every store from {campaign.starts_on} "
        f"through {campaign.ends_on}, {USES} times, for the household that received it."
    )
