"""Tiers and activities: priced at the level held before, counted afterwards, taken back by refunds."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import orjson
import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.campaign_body import PointsAward, Rule
from ledger.engine.unit_of_work import PRESENT_LOCK
from ledger.points.sweeps import sweep_due
from ledger.programme.register_activity_type import register_type
from ledger.tiers.ladder_body import Demotion, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.rows import ladder_id, ladder_version_id
from ledger.vouchers.close import CloseMember
from tests.bank import Bank
from tests.campaign_desk import BASE, CampaignDesk, always, amounts
from tests.tier_desk import SPEND, TierDesk

POINTS = PointsAward(asset="POINTS", field="amount", rate=1, per=10, ladder="spend")
TENTH = Rule(code="tenth", activity="purchase", action=POINTS)
GOLD = Rule(
    code="gold",
    activity="purchase",
    action=replace(POINTS, asset="STARS", field=None, amount=5, ladder=None),
    when='tier.spend == "gold"',
)
EASIER = tuple(replace(level, threshold=level.threshold // 2) for level in SPEND.levels)


async def test_an_activity_is_priced_at_the_level_held_before_it(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID, bank: Bank
) -> None:
    """The purchase that reaches a level is priced at the one below; the next one is multiplied, and conditions see it."""
    await tiers.ladder()
    await campaigns.run("base", replace(BASE, phases=always(TENTH)))
    await campaigns.run("stars", replace(BASE, phases=always(GOLD)), segment='tier.spend != "base"')

    receipts = [await campaigns.buy(member, amount) for amount in (1000, 4000, 100)]

    assert [amounts(receipt) for receipt in receipts] == [[100], [600], [20, 5]]
    assert await tiers.level(member) == "gold"
    assert await tiers.steps(member) == [("silver", "REACHED"), ("gold", "REACHED")]
    rows = await bank.fetch("SELECT factors FROM {book}.awards WHERE amount = 600")
    assert orjson.loads(rows[0][0]) == [{"ladder": "spend", "level": "silver", "percent": 150}]


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


async def test_a_late_activity_is_priced_at_the_level_of_its_time_and_counts_on_its_day(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID
) -> None:
    """What occurred before the promotion earns as it would have then; what is later than the ladder's limit counts not."""
    await tiers.ladder()
    await campaigns.run("base", replace(BASE, phases=always(TENTH), late_hours=200))
    before = datetime.now(UTC)
    await campaigns.buy(member, 1000)

    late = await campaigns.report(campaigns.reporting(member, at=before, amount=100))
    too_late = await campaigns.report(campaigns.reporting(member, at=before - timedelta(hours=73), amount=9000))

    assert amounts(late.unwrap()) == [10]
    assert amounts(too_late.unwrap()) == []
    tier = await tiers.tier(member)
    assert (tier.level.code, tier.progress.counted, tier.progress.missing) == ("silver", 1100, 3900)


async def test_a_refund_lowers_what_counts_at_once(campaigns: CampaignDesk, tiers: TierDesk, member: UUID) -> None:
    """The level itself falls with the next local midnight, once; whoever buys again before keeps it."""
    await tiers.ladder()
    sale = campaigns.reporting(member, amount=1000)
    (await campaigns.report(sale)).unwrap()

    (await campaigns.report(campaigns.refunding(sale, 400))).unwrap()

    tier = await tiers.tier(member)
    assert (tier.level.code, tier.progress.counted) == ("silver", 600)
    assert tier.progress.keep is not None
    assert (tier.progress.keep.missing, tier.progress.keep.by) == (400, await tiers.today())
    await tiers.bank.advance(timedelta(days=1))
    assert await tiers.level(member) == "base"
    assert await tiers.steps(member) == [("silver", "REACHED")]
    assert [await tiers.sweep() for _ in range(2)] == [(1, 0), (0, 0)]
    assert await tiers.steps(member) == [("silver", "REACHED"), ("base", "FELL")]


async def test_every_metric_counts_what_it_names(campaigns: CampaignDesk, tiers: TierDesk, member: UUID) -> None:
    """Points awarded, activities, amounts and the last value of a snapshot, which may be below zero, each on a ladder of
    its own.
    """
    operator, schema = tiers.bank.actor("operator", "olga"), '{"type": "integer"}'
    flat = f'{{"type": "object", "properties": {{"score": {schema}}}, "additionalProperties": false}}'
    await register_type(tiers.bank.application.units, operator, code="rated", schema=flat)
    levels = (Level(code="base", threshold=0), Level(code="up", threshold=10))
    window = Window(kind=WindowKind.YEAR)
    body = replace(SPEND, window=window, levels=levels, demotion=Demotion.NONE)
    metrics = {
        "points": Metric(kind=MetricKind.POINTS, activities=("purchase",), asset="POINTS"),
        "visits": Metric(kind=MetricKind.COUNT, activities=("purchase", "login")),
        "deposits": Metric(kind=MetricKind.AMOUNT, activities=("deposit",)),
        "assets": Metric(kind=MetricKind.SNAPSHOT, activities=("assets_snapshot",), field="amount"),
        "scores": Metric(kind=MetricKind.SNAPSHOT, activities=("rated",), field="score"),
    }
    for code, metric in metrics.items():
        await tiers.ladder(code, replace(body, metric=metric))
    await campaigns.run("base")
    sale = campaigns.reporting(member, amount=99)

    (await campaigns.report(sale)).unwrap()
    (await campaigns.report(campaigns.reporting(member, "login"))).unwrap()
    for type_, amount in (("deposit", 12), ("assets_snapshot", 30), ("assets_snapshot", 7)):
        (await campaigns.report(campaigns.reporting(member, type_, amount=amount))).unwrap()
    for score in (30, -7):
        (await campaigns.report(campaigns.reporting(member, "rated", score=score))).unwrap()
    (await campaigns.report(campaigns.refunding(sale, 33))).unwrap()

    counted = {code: (await tiers.tier(member, code)).progress.counted for code in metrics}
    assert counted == {"points": 6, "visits": 2, "deposits": 12, "assets": 7, "scores": 0}
    assert {code: await tiers.level(member, code) for code in metrics} == {
        "points": "base",
        "visits": "base",
        "deposits": "up",
        "assets": "up",
        "scores": "up",
    }


async def test_what_has_no_room_counts_not_but_every_snapshot_does(
    campaigns: CampaignDesk, tiers: TierDesk, member: UUID
) -> None:
    """A bucket holds 10^15; the checker knows of it. A snapshot takes the place of the one before it, however large."""
    most = 10**15
    await tiers.ladder()
    assets = Metric(kind=MetricKind.SNAPSHOT, activities=("assets_snapshot",), field="amount")
    await tiers.ladder("wealth", replace(SPEND, metric=assets))

    for type_, amount in (("purchase", most), ("purchase", 1), ("assets_snapshot", most), ("assets_snapshot", 7)):
        (await campaigns.report(campaigns.reporting(member, type_, amount=amount))).unwrap()

    counted = [(await tiers.tier(member, code)).progress.counted for code in ("spend", "wealth")]
    assert counted == [most, 7]


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
