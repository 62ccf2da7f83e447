"""Simulations: what a campaign would have given is what it gives, and nothing is posted."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.campaign_body import (
    CampaignBody,
    Cap,
    Donation,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    TierCredit,
    Variant,
    VoucherAward,
)
from ledger.campaigns.member_list import extend_list
from ledger.campaigns.receipt import Reason
from ledger.campaigns.simulate import Simulation, simulate
from ledger.campaigns.simulation_report import SimulationReport
from ledger.tiers.ladder_body import Metric, MetricKind, Window, WindowKind
from ledger.vouchers.template_body import Multiplier
from tests.bank import Bank
from tests.campaign_desk import TENTH, CampaignDesk, always
from tests.tier_desk import TierDesk
from tests.voucher_desk import VoucherDesk

MULTIPLIED = PointsAward(asset="POINTS", field="amount", per=10, ladder="spend", cards=("DOUBLE",))
OPENED = Rule(code="opened", activity="account_opened", action=PointsAward(asset="POINTS", amount=1))
FLAT = PointsAward(asset="POINTS", amount=7, ladder="spend")


def rich_body(bank: Bank) -> CampaignBody:
    """Progress, a limited voucher at every third purchase, a donation for small ones, and points from a budget: capped,
    multiplied by the member's level, by another rule for each arm.
    """
    return CampaignBody(
        phases=always(
            Rule(code="step", activity="purchase", action=ProgressStep(counter="buys", amount=1)),
            Rule(
                code="coffee",
                activity="purchase",
                action=VoucherAward(template="COFFEE"),
                when="progress.buys % 3 == 0",
            ),
            Rule(
                code="gift",
                activity="purchase",
                action=Donation(asset="POINTS", merchant=bank.merchant_id, amount=2),
                when="activity.amount < 50",
            ),
            replace(TENTH, action=MULTIPLIED, variants=("a",)),
            Rule(code="flat", activity="purchase", action=FLAT, variants=("b",)),
        ),
        counters=(ProgressCounter(code="buys", period=Period.MONTH),),
        caps=(Cap(counter="POINTS", period=Period.DAY, limit=60),),
        budgets=("POINTS",),
        variants=(Variant(code="a", weight=1), Variant(code="b", weight=1)),
    )


async def simulated(desk: CampaignDesk, code: str = "rich", **asked: object) -> SimulationReport:
    """The simulation of the campaign."""
    reader = desk.bank.application.reader
    return await simulate(reader, desk.bank.programme_id, replace(Simulation(campaign=code), **asked))  # type: ignore[arg-type]


async def test_a_simulation_is_what_the_campaign_gives(desk: CampaignDesk, bank: Bank) -> None:
    """A campaign that ran, simulated over what it was given: the same awards, costs and refunds to the last point, and
    the same reasons; the ledger is as it was. Its cards, of which no member has one, change nothing.
    """
    vouchers = VoucherDesk(bank=bank)
    await vouchers.live("COFFEE", pieces=4)
    await vouchers.live("DOUBLE", gives=Multiplier(percent=200))
    await TierDesk(bank=bank).ladder()
    await desk.run("rich", rich_body(bank), budget=300)
    stock = "SELECT posted FROM book.accounts WHERE role = 'stock'"
    await _history(desk, bank)
    left_in_stock = (await bank.fetch(stock))[0][0]
    await vouchers.top_up("COFFEE", 4 - left_in_stock)
    before = [
        await bank.count(f"book.{table}") for table in ("journal_entries", "awards", "requests", "campaign_counts")
    ]

    report = await simulated(desk, budgets={"POINTS": 300})

    assert {(line.kind, line.awards, line.amount, line.returned, line.cost) for line in report.costs} == {
        tuple(row)
        for row in await bank.fetch(
            """
            SELECT kind, count(*) FILTER (WHERE amount > 0), sum(greatest(amount, 0))::bigint,
                   sum(greatest(-amount, 0))::bigint, sum(cost)::bigint FROM book.awards GROUP BY kind
            """
        )
    }
    assert await bank.count("book.awards WHERE factors <> '[]'") > 0
    assert [(line.given, line.left) for line in report.budgets] == [(300, await desk.left("rich"))]
    assert (report.activities, report.refunds, report.is_complete) == (60, 6, True)
    assert {(line.reason, line.rule, line.activities) for line in report.reasons} == await _told_reasons(bank)
    exhausted = [line for line in report.reasons if line.reason == Reason.BUDGET_EXHAUSTED]
    assert bool(exhausted) == (report.budgets[0].exhausted_at is not None)
    winners = await bank.fetch(
        "SELECT variant AS code, count(*) AS awards, count(DISTINCT member_id) AS winners FROM book.awards"
        " WHERE amount > 0 AND kind <> 'PROGRESS' GROUP BY 1 ORDER BY 1"
    )
    assert [(line.code, line.awards, line.winners) for line in report.variants] == [tuple(row) for row in winners]
    assert report.awards == sum(row["awards"] for row in winners)
    assert report.winners == sum(row["winners"] for row in winners)
    assert before == [
        await bank.count(f"book.{table}") for table in ("journal_entries", "awards", "requests", "campaign_counts")
    ]


async def test_a_simulation_sees_members_as_reports_saw_them(desk: CampaignDesk, bank: Bank) -> None:
    """What ladders stood at, days since enrolment and counts are the same, for late activities and after refunds too."""
    snapshot = Metric(kind=MetricKind.SNAPSHOT, activities=("assets_snapshot",), field="amount")
    await TierDesk(bank=bank).ladder("spend", window=Window(kind=WindowKind.ROLLING, days=2))
    await TierDesk(bank=bank).ladder("wealth", metric=snapshot, window=Window(kind=WindowKind.ROLLING, days=3))
    odd = replace(TENTH, code="odd", when="qualifying.spend % 2 == 1 && member.enrolled_days < 4")
    third = replace(TENTH, code="third", when="(qualifying.spend + qualifying.wealth) % 3 == 0")
    await desk.run("rich", phases=always(odd, third), segment="qualifying.wealth % 3 != 0 || awards.day == 0")

    await bank.advance(timedelta(hours=60))
    await _late_history(desk, bank)
    report = await simulated(desk)

    assert {(line.reason, line.rule, line.activities) for line in report.reasons} == await _told_reasons(bank)
    assert {line.reason for line in report.reasons} == {Reason.OTHER_SEGMENT, Reason.CONDITION_FALSE}
    posted = await bank.fetch("SELECT rule, sum(amount)::bigint AS points FROM book.awards GROUP BY 1")
    assert {row["rule"] for row in posted} == {"odd", "third"}
    assert sum(line.amount - line.returned for line in report.costs) == sum(row["points"] for row in posted)


async def _late_history(desk: CampaignDesk, bank: Bank) -> None:
    """Forty purchases and snapshots of two members over four days, many reported late, some refunded in part."""
    dice, sales = Random(11), []
    members = [await bank.enrol(f"m-{number}") for number in range(2)]
    for number in range(40):
        at = await bank.now() - timedelta(hours=dice.choice([0, 0, 5, 30, 50]))
        type_ = "assets_snapshot" if number % 5 == 2 else "purchase"
        reported = desk.reporting(dice.choice(members), type_, at=at, amount=dice.randrange(10, 400))
        (await desk.report(reported)).unwrap()
        if type_ == "purchase":
            sales.append(reported)
        if number % 8 == 7:
            refund = replace(desk.refunding(dice.choice(sales[-5:]), 3), occurred_at=await bank.now())
            (await desk.report(refund)).unwrap()
        await bank.advance(timedelta(hours=dice.choice([1, 4])))


async def _told_reasons(bank: Bank) -> set[tuple[str, str, int]]:
    """The reasons that were told for activities: reason, rule and how often."""
    rows = await bank.fetch(
        "SELECT under ->> 'reason', substring(look FROM '[^:]*:[^:]*:(.*)'), count(*) FROM book.requests,"
        " jsonb_array_elements(outcome::jsonb -> 6) under, jsonb_array_elements_text(under -> 'looks') look"
        " WHERE kind = 'activity' GROUP BY 1, 2"
    )
    return {(row[0], row[1], row[2]) for row in rows}


async def _history(desk: CampaignDesk, bank: Bank) -> None:
    """Sixty purchases of five members, six of them refunded in part or whole, in random order."""
    dice = Random(7)
    members = [await bank.enrol(f"m-{number}") for number in range(5)]
    sales = []
    for number in range(60):
        sale = desk.reporting(dice.choice(members), amount=dice.choice([10, 45, 120, 200, 333]))
        (await desk.report(sale)).unwrap()
        sales.append(sale)
        if number % 10 == 9:
            original = sales[dice.randrange(len(sales) - 9, len(sales))]
            (await desk.report(desk.refunding(original, 10))).unwrap()


async def test_credit_that_no_ladder_would_take_is_told(desk: CampaignDesk, bank: Bank) -> None:
    """A ladder of snapshots, one that is full, and one for which it is too late: the reasons of the campaign that ran, and
    a refund takes back what was credited only, all of it or nothing where activities are counted, and of the
    sum where several rules credit a ladder.
    """
    tiers, most = TierDesk(bank=bank), 10**15
    await tiers.ladder()
    await tiers.ladder("twice")
    await tiers.ladder("visits", metric=Metric(kind=MetricKind.COUNT, activities=("purchase",)))
    await tiers.ladder("prompt", late_hours=0)
    await tiers.ladder(
        "assets", metric=Metric(kind=MetricKind.SNAPSHOT, activities=("assets_snapshot",), field="amount")
    )
    rules = [
        Rule(code=ladder, activity="purchase", action=TierCredit(ladder=ladder, field="amount", rate=2))
        for ladder in ("spend", "prompt", "assets", "visits")
    ]
    twice = [Rule(code=f"t{n}", activity="purchase", action=TierCredit(ladder="twice", amount=1)) for n in (1, 2)]
    await desk.run("boost", phases=always(*rules, *twice, TENTH))
    member, rich = [await bank.enrol(name) for name in ("m-1", "m-2")]
    sale = desk.reporting(member, amount=100)

    (await desk.report(sale)).unwrap()
    await desk.buy(rich, most // 2)
    (await desk.report(desk.refunding(sale, 50))).unwrap()
    simulation = await simulated(desk, "boost")

    reasons = {(line.reason, line.rule, line.activities) for line in simulation.reasons}
    assert reasons == {
        (Reason.NOT_CREDITED, ladder, times)
        for ladder, times in (("assets", 2), ("prompt", 2), ("spend", 1), ("visits", 1))
    }
    assert reasons == await _told_reasons(bank)
    credits_ = [(line.code, line.awards, line.amount, line.returned) for line in simulation.costs]
    assert credits_[-3:] == [("spend", 1, 200, 100), ("twice", 4, 4, 1), ("visits", 1, 200, 0)]
    taken_back = "SELECT amount FROM book.tier_credits WHERE source = 'RULE' AND amount < 0 ORDER BY amount"
    assert [row["amount"] for row in await bank.fetch(taken_back)] == [-100, -1]


async def test_a_draft_is_tried_on_other_days_and_under_other_budgets(desk: CampaignDesk, bank: Bank) -> None:
    """Of next year it finds nothing; moved to today it does, and a small budget says when it ran out. A cap that holds
    somebody back is told with the member.
    """
    members = [await bank.enrol(f"m-{number}") for number in range(3)]
    for member in members:
        await desk.buy(member, 100)
    await desk.buy(members[0], 100)
    today = date.today()  # noqa: DTZ011 - any day near the bank's
    future = today + timedelta(days=365)
    phase = Phase(code="p", from_on=future, until_on=future + timedelta(days=4), rules=(TENTH,))
    stars = replace(TENTH, action=PointsAward(asset="STARS", amount=1))
    last = Phase(code="q", from_on=future + timedelta(days=5), until_on=future + timedelta(days=5), rules=(stars,))
    caps = (Cap(counter="POINTS", period=Period.TOTAL, limit=15),)
    await desk.create("later", CampaignBody(phases=(phase, last), caps=caps, budgets=("POINTS", "STARS")))

    as_drafted = await simulated(desk, "later")
    moved = await simulated(desk, "later", starting_on=today - timedelta(days=2))
    poor = await simulated(desk, "later", starting_on=today - timedelta(days=2), budgets={"POINTS": 25})
    short = await simulated(desk, "later", starting_on=today - timedelta(days=2), activities_max=2)

    assert (as_drafted.activities, as_drafted.costs, as_drafted.is_complete) == (0, (), True)
    assert [(line.awards, line.amount, line.cost) for line in moved.costs] == [(4, 35, 35)]
    assert [(line.member_id, line.times) for line in moved.most_capped] == [(members[0], 1)]
    assert (moved.reached, moved.winners, moved.capped) == (3, 3, 1)
    assert [(line.given, line.left) for line in poor.budgets] == [(25, 0), (None, None)]
    assert [line.exhausted_at is None for line in poor.budgets] == [False, True]
    assert [(line.reason, line.rule, line.activities) for line in poor.reasons] == [
        (Reason.BUDGET_EXHAUSTED, "tenth", 1)
    ]
    assert (short.activities, short.is_complete) == (2, False)


async def test_a_phase_without_a_rule_for_the_activity_is_simulated_too(desk: CampaignDesk, bank: Bank) -> None:
    """It asks all the same whom the campaign means, as it does when an activity is reported."""
    today = date.today()  # noqa: DTZ011 - any day near the bank's
    now = Phase(code="now", from_on=today - timedelta(days=2), until_on=today + timedelta(days=2), rules=(OPENED,))
    later = Phase(code="later", from_on=today + timedelta(days=9), until_on=today + timedelta(days=9), rules=(TENTH,))
    members = [await bank.enrol(f"m-{number}") for number in range(2)]
    await extend_list(bank.application.units, bank.actor("operator", "olga"), code="friends", members=[members[0]])
    await desk.run("rich", phases=(now, later), segment="awards.total == 0", member_list="friends")
    for member in members:
        await desk.buy(member, 100)

    report = await simulated(desk)

    reasons = {(line.reason, line.rule, line.activities) for line in report.reasons}
    assert reasons == {(Reason.OTHER_ACTIVITY, None, 1), (Reason.OTHER_SEGMENT, None, 1)}
    assert reasons == await _told_reasons(bank)


async def test_the_purchase_that_reaches_a_level_gets_no_voucher_that_requires_it(
    desk: CampaignDesk, bank: Bank
) -> None:
    """The next one does, in a simulation as in the reports."""
    await TierDesk(bank=bank).ladder()
    await VoucherDesk(bank=bank).live("VIP", tiers=("silver",))
    await desk.run("rich", phases=always(Rule(code="vip", activity="purchase", action=VoucherAward(template="VIP"))))
    member = await bank.enrol("m-1")
    receipts = [await desk.buy(member, 1000) for _ in range(2)]

    report = await simulated(desk)

    assert [len(receipt.awards) for receipt in receipts] == [0, 1]
    assert [(line.reason, line.activities) for line in report.reasons] == [(Reason.NOT_ELIGIBLE, 1)]
    assert report.awards == 1


async def test_what_cannot_be_simulated_is_refused(desk: CampaignDesk) -> None:
    """A campaign that is not there, and a budget that the draft does not have."""
    await desk.create("base")

    with pytest.raises(Refusal, match=RefusalCode.CAMPAIGN_NOT_FOUND):
        await simulated(desk, "no-such")
    with pytest.raises(Refusal, match=RefusalCode.INVALID_INPUT):
        await simulated(desk, "base", budgets={"POINTS": 1})
