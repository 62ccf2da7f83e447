"""Lists that are one longer than the greatest page: of everything that callers read page by page."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Final

from ledger.campaigns.campaign import change_campaign
from ledger.engine.unit import AnyCommand
from ledger.members.enrol import EnrolMember
from ledger.partners.api_key import SECRET_BYTES, issue_api_key
from ledger.partners.register import create_merchant, create_partner
from ledger.partners.terminal import create_terminal
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.refund import RefundEarn
from ledger.vouchers.template import change_template
from tests.bank import Bank
from tests.campaign_desk import BASE, CampaignDesk
from tests.integration.graphql.desk import gid
from tests.sequenced_log import sequencing
from tests.tier_desk import SPEND, TierDesk
from tests.voucher_desk import COFFEE, VoucherDesk
from tests.voucher_till import VoucherTill

COUNT: Final = 101
_MANY: Final = range(COUNT)


async def fill_lists(bank: Bank) -> dict[str, str]:
    """Makes `COUNT` of everything; the ids by which the lists are found."""
    ids = {"partner": gid("Partner", bank.partner_id), "shop": gid("Merchant", bank.merchant_id)}
    campaigns = CampaignDesk(bank=bank)
    await _steps(bank, campaigns)
    await _register(bank)
    ids |= await _points(bank)
    ids |= await _vouchers(bank)
    await _activities(bank, campaigns)
    async with sequencing(bank.url) as sequencer:
        await sequencer.sequence()
    return ids


async def _steps(bank: Bank, campaigns: CampaignDesk) -> None:
    """A member that reached a level and fell from it again and again; what time brought last is not posted yet."""
    tess = await bank.enrol("tess")
    tiers = TierDesk(bank=bank)
    await tiers.ladder()
    for _ in range(COUNT // 2 + 1):
        await campaigns.buy(tess, 1200, at=await bank.now())
        await bank.advance(timedelta(days=40))
    for number in range(1, COUNT):
        await tiers.change("spend", replace(SPEND, grace_days=number % 2))


async def _register(bank: Bank) -> None:
    units, olga = bank.application.units, bank.actor("operator", "olga")
    shop, partner = bank.merchant_id, bank.partner_id
    for number in range(1, COUNT):
        await create_partner(units, olga, code=f"P{number}", name="Partner")
        await create_merchant(units, olga, partner_id=partner, code=f"M{number}", name="Shop")
    for number in _MANY:
        await create_terminal(units, olga, merchant_id=shop, code=f"T{number}", name="Till")
        await issue_api_key(units, olga, merchant_id=shop, secret=os.urandom(SECRET_BYTES))


async def _points(bank: Bank) -> dict[str, str]:
    """Ines has lots and lines, Otto what waits, holds and refunds of one earn; nobody else did anything."""
    ines, otto = await bank.enrol("ines"), await bank.enrol("otto")
    sale = await bank.earn(otto, 100_000, sale_minor=100_000)
    for _ in _MANY:
        actor, key = bank.actor(), bank.key
        await _execute(
            bank,
            EarnPoints(actor=actor, key=key(), member_id=ines, amount=1),
            EarnPoints(actor=actor, key=key(), member_id=otto, amount=1, pending=True),
            HoldPoints(actor=actor, key=key(), member_id=otto, amount=1),
            RefundEarn(actor=actor, key=key(), entry_id=sale, sale_minor=10),
        )
    return {"sale": gid("Entry", sale)}


async def _vouchers(bank: Bank) -> dict[str, str]:
    """Templates, the versions of one, a member's vouchers, and one of those that was used and used."""
    ada, vouchers = await bank.enrol("ada"), VoucherDesk(bank=bank)
    operator = bank.actor("operator", "olga")
    for number in _MANY:
        await vouchers.live(f"t{number}")
    for number in range(1, COUNT):
        body = replace(COFFEE, minimum_spend_minor=number)
        await change_template(bank.application.units, operator, code="t0", body=body)
    await _execute(bank, *(vouchers.issuing(ada, "t1") for _ in range(1, COUNT)))
    used = (await vouchers.issue(ada, await vouchers.live("used", uses=COUNT))).voucher_id
    till = VoucherTill(bank=bank, desk=vouchers, merchant_id=bank.merchant_id)
    shown = await till.show(used)
    await _execute(bank, *(till.redeeming(shown) for _ in _MANY))
    ids = {"template": vouchers.template_id("t0"), "voucher": used}
    return {name: gid(kind, ids[name]) for name, kind in (("template", "VoucherTemplate"), ("voucher", "Voucher"))}


async def _activities(bank: Bank, campaigns: CampaignDesk) -> None:
    """Campaigns, the versions of one, another that looked at activities in so many branches; requests that wait."""
    bob, tiers = await bank.enrol("bob"), TierDesk(bank=bank)
    await campaigns.run("base")
    for number in _MANY:
        await campaigns.create(f"c{number}")
    for number in range(1, COUNT):
        operator = bank.actor("operator", "olga")
        await change_campaign(bank.application.units, operator, code="c0", body=replace(BASE, priority=number))
    now = await bank.now()
    bought = [replace(campaigns.reporting(bob, amount=10, at=now), branch=f"B{number}") for number in _MANY]
    await _execute(bank, *bought)
    members = [EnrolMember(actor=bank.actor(), key=bank.key(), external_id=f"m-{number}") for number in range(5, COUNT)]
    await _execute(bank, *members)
    for _ in _MANY:
        (await tiers.ask(bob, "gold", await tiers.in_days(3))).unwrap()


async def _execute(bank: Bank, *commands: AnyCommand) -> None:
    for outcome in await bank.application.engine.execute_list(commands):
        outcome.unwrap()
