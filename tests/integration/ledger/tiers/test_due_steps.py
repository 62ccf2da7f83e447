"""Levels fall when that is due: once, after the lots of the same midnight, and not for who has left."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ledger.points.sweeps import sweep_due
from ledger.vouchers.close import CloseMember
from tests.bank import Bank
from tests.campaign_desk import BASE, CampaignDesk, always, amounts
from tests.integration.ledger.tiers.priced_by_level import TENTH
from tests.tier_desk import TierDesk


async def test_what_is_due_comes_about_once_whoever_is_first(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """Two sweeps and a purchase at one moment after the midnight: one fall, and the purchase is priced after it."""
    await tiers.ladder()
    await campaigns.run("base", replace(BASE, phases=always(TENTH)))
    await campaigns.buy(member, 1000)
    await bank.advance(timedelta(days=31))
    at = datetime.now(UTC) + timedelta(days=31)

    _, bought, _ = await asyncio.gather(tiers.sweep(), campaigns.buy(member, 100, at=at), tiers.sweep())

    assert amounts(bought) == [10]
    assert await tiers.steps(member) == [("silver", "REACHED"), ("base", "FELL")]


async def test_of_one_midnight_lots_expire_before_levels_fall(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """Whether sweeps or a purchase come first (semantics 6.8): the sweep of tiers waits for that of wallets."""
    await tiers.ladder()
    await campaigns.run("base", replace(BASE, phases=always(TENTH)))
    reader, engine, other = bank.application.reader, bank.application.engine, await bank.enrol("m-2")
    for each in (member, other):
        await bank.earn(each, 5, expires_on=await tiers.in_days(29))
        await campaigns.buy(each, 1000)
    await bank.advance(timedelta(days=30))

    await campaigns.buy(member, 9, at=await bank.now())
    waiting = await tiers.sweep()
    await sweep_due(reader, engine)
    swept = await tiers.sweep()

    assert (waiting, swept) == ((0, 0), (1, 0))
    told = await bank.fetch(
        "SELECT convert_from(record, 'UTF8')::jsonb ->> 'type' AS type FROM audit.events"
        " WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' IN ('expiry', 'tier_step') ORDER BY id"
    )
    assert [row["type"] for row in told] == ["tier_step"] * 2 + ["expiry", "tier_step"] * 2


async def test_who_has_left_falls_once_and_is_due_no_more(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """So that sweeps do not come past everybody who ever left."""
    await tiers.ladder()
    await campaigns.buy(member, 1000)
    close = CloseMember(actor=bank.actor("operator", "olga"), key=bank.key(), member_id=member)
    (await bank.application.engine.execute(close)).unwrap()
    await bank.advance(timedelta(days=30))

    assert [await tiers.sweep(), await tiers.sweep()] == [(1, 0), (0, 0)]
    due = "SELECT count(*) FROM {book}.tier_standings WHERE next_due_at < '9999-12-31 00:00+00'"
    assert (await bank.fetch(due))[0][0] == 0
