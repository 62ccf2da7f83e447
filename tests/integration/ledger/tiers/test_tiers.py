"""Tiers and activities: priced at the level held before, counted afterwards, taken back by refunds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from ledger.campaigns.campaign_body import Rule
from ledger.programme.register_activity_type import register_type
from ledger.tiers.ladder_body import Demotion, Level, Metric, MetricKind, Window, WindowKind
from tests.bank import Bank
from tests.campaign_desk import BASE, CampaignDesk, always, amounts
from tests.integration.ledger.tiers.priced_by_level import POINTS, TENTH
from tests.tier_desk import SPEND, TierDesk

GOLD = Rule(
    code="gold",
    activity="purchase",
    action=replace(POINTS, asset="STARS", field=None, amount=5, ladder=None),
    when='tier.spend == "gold"',
)


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
