"""Ladders and their versions: what one cannot be, and from which instant it holds for everybody."""

import asyncio
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.unit_of_work import PRESENT_LOCK
from ledger.tiers.ladder_body import Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.rows import ladder_id, ladder_version_id
from tests.bank import Bank
from tests.campaign_desk import BASE, CampaignDesk, always
from tests.integration.ledger.tiers.priced_by_level import TENTH
from tests.tier_desk import SPEND, TierDesk

EASIER = tuple(replace(level, threshold=level.threshold // 2) for level in SPEND.levels)


async def test_what_is_decided_while_a_change_is_written_is_under_the_new_version(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """From its instant on a version holds for everybody, though its commit comes later: whoever cannot see it waits."""
    await tiers.ladder()
    await campaigns.run("base", replace(BASE, phases=always(TENTH)))
    second = ladder_version_id(ladder_id(bank.programme_id, "spend"), 2)
    keeper = await asyncpg.connect(bank.url, server_settings={"session_replication_role": "replica"})
    written = keeper.transaction()
    await written.start()
    await keeper.execute(
        "INSERT INTO registry.tier_ladder_versions SELECT $1, ladder_id, programme_id, 2, body, created_at"
        " FROM registry.tier_ladder_versions",
        second,
    )

    changing = asyncio.create_task(tiers.change("spend", replace(SPEND, levels=EASIER)))
    await bank.until_waiting(1)
    buying = asyncio.create_task(campaigns.buy(member, 600))
    await bank.until_waiting(2)
    await written.rollback()
    await changing
    await buying
    await keeper.close()

    assert await tiers.level(member) == "silver"


async def test_what_is_decided_before_a_change_is_under_the_former_version(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """A version holds from an instant at which every batch that began before it is over."""
    await tiers.ladder()
    await campaigns.run("base", replace(BASE, phases=always(TENTH)))
    await campaigns.buy(member, 10)
    keeper = await asyncpg.connect(bank.url)

    async with keeper.transaction():
        await keeper.execute("SELECT FROM book.holders WHERE id = $1 FOR UPDATE", member)
        buying = asyncio.create_task(campaigns.buy(member, 600))
        await bank.until_waiting(1)
        changing = asyncio.create_task(tiers.change("spend", replace(SPEND, levels=EASIER)))
        await bank.until_waiting(2)
    await changing
    await buying
    await keeper.close()

    assert await tiers.level(member) == "base"
    await campaigns.buy(member, 10)
    assert await tiers.level(member) == "silver"


async def test_whoever_is_decided_after_a_ladder_was_made_is_credited_on_it(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """Also where its commit comes later: the checker asks it of every activity that was received from its instant on."""
    keeper = await asyncpg.connect(bank.url)

    async with keeper.transaction():
        await keeper.execute("SELECT FROM registry.instance FOR UPDATE")
        making = asyncio.create_task(tiers.ladder())
        await bank.until_waiting(1)
        buying = asyncio.create_task(campaigns.buy(member, 1000))
        await bank.until_waiting(2)
    await making
    await buying
    await keeper.close()

    assert await tiers.level(member) == "silver"


async def test_a_change_keeps_nobody_waiting_for_long(tiers: TierDesk, bank: Bank) -> None:
    """Batches that begin wait behind it: where one that is there already does not end, it is refused with CONTENDED."""
    await tiers.ladder()
    keeper = await asyncpg.connect(bank.url)

    async with keeper.transaction():
        await keeper.execute("SELECT pg_advisory_xact_lock_shared($1)", PRESENT_LOCK)
        with pytest.raises(Refusal) as refused:
            await tiers.change("spend", replace(SPEND, levels=EASIER))
    await keeper.close()

    assert refused.value.code == RefusalCode.CONTENDED
    assert await bank.count("registry.tier_ladder_versions") == 1


async def test_what_a_ladder_cannot_be_is_refused(tiers: TierDesk) -> None:
    """Every breach names its field; a later version keeps what is counted, over which time, and the levels there were."""
    await tiers.ladder()
    first, silver, gold = SPEND.levels
    wrong = {
        "window.days": replace(SPEND, window=Window(kind=WindowKind.YEAR, days=3)),
        "graceDays": replace(SPEND, grace_days=30),
        "lateHours": replace(SPEND, late_hours=-1),
        "metric.asset": replace(SPEND, metric=Metric(kind=MetricKind.POINTS, activities=("purchase",))),
        "metric.field": replace(SPEND, metric=Metric(kind=MetricKind.SNAPSHOT, activities=("purchase",))),
        "metric.activities.1": replace(SPEND, metric=replace(SPEND.metric, activities=("purchase", "purchsae"))),
        "levels": replace(SPEND, levels=()),
        "levels.0.threshold": replace(SPEND, levels=(silver, gold)),
        "levels.2.threshold": replace(SPEND, levels=(first, gold, replace(silver, code="x"))),
        "levels.1.multiplier": replace(SPEND, levels=(first, replace(silver, multiplier=0))),
        "metric": replace(SPEND, metric=Metric(kind=MetricKind.COUNT, activities=("purchase",))),
        "window": replace(SPEND, window=Window(kind=WindowKind.ROLLING, days=31)),
    }

    for field, body in wrong.items():
        with pytest.raises(Refusal) as caught:
            await tiers.change("spend", body)
        assert (caught.value.code, caught.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})
    for code, body in (
        (RefusalCode.ASSET_NOT_FOUND, replace(SPEND, metric=Metric(kind=MetricKind.POINTS, asset="CNY"))),
        (RefusalCode.TEMPLATE_NOT_FOUND, replace(SPEND, levels=(first, replace(silver, pack=("NONE",)), gold))),
    ):
        with pytest.raises(Refusal) as caught:
            await tiers.ladder("other", body)
        assert caught.value.code == code
    for code, call in (
        (RefusalCode.TIER_LADDER_NOT_FOUND, tiers.change("nowhere", SPEND)),
        (RefusalCode.INVALID_INPUT, tiers.change("nowhere", replace(SPEND, levels=()))),
        (RefusalCode.CODE_TAKEN, tiers.ladder("spend")),
        (RefusalCode.INVALID_INPUT, tiers.ladder("in")),
    ):
        with pytest.raises(Refusal) as caught:
            await call
        assert caught.value.code == code
    for number in range(19):
        await tiers.ladder(f"more{number}")
    with pytest.raises(Refusal) as caught:
        await tiers.ladder("one_too_many")
    assert caught.value.facts == {"field": "ladders"}
    added = (first, Level(code="bronze", threshold=10), silver, gold)
    await tiers.change("spend", replace(SPEND, levels=added))
