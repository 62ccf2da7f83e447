"""What rules do beside awarding points: on the database, and clean by every rule of the checker afterwards."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from ledger.book.refusal import Refusal
from ledger.campaigns.campaign_body import (
    Action,
    Cap,
    Combination,
    Donation,
    Period,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    Streak,
    TierCredit,
    VoucherAward,
)
from ledger.campaigns.receipt import Reason
from ledger.campaigns.simulate import Simulation, simulate
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import create_asset
from ledger.tiers.ladder_body import Metric, MetricKind
from ledger.vouchers.template_body import Limits, Multiplier
from tests.bank import Bank
from tests.campaign_desk import TENTH_POINTS, CampaignDesk, always, amounts, reasons
from tests.faults_told import fault_in
from tests.tier_desk import TierDesk
from tests.voucher_desk import VoucherDesk


def rule(action: Action, code: str = "r", activity: str = "purchase", **more: Any) -> Rule:
    """A rule on purchases, unless said otherwise."""
    return Rule(code=code, activity=activity, action=action, **more)


async def test_a_voucher_comes_with_the_points_in_one_entry_and_goes_with_a_refund(
    desk: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """Stock, budget, cap and code move in one step; the refund voids what was not used and pays the budget back."""
    vouchers = VoucherDesk(bank=bank)
    await vouchers.live("latte", pieces=2)
    caps = (Cap(counter="voucher:latte", period=Period.DAY, limit=1),)
    phases = always(rule(VoucherAward(template="latte")))
    await desk.run("base")
    await desk.run("thanks", phases=phases, budgets=("voucher:latte",), caps=caps)
    await desk.top_up("thanks", 5, "voucher:latte")

    sale = desk.reporting(member, amount=100)
    bought = (await desk.report(sale)).unwrap()
    again = await desk.buy(member, 100)
    refunded = (await desk.report(desk.refunding(sale, 40))).unwrap()

    assert [(award.kind, award.amount) for award in bought.awards] == [("POINTS", 10), ("VOUCHER", 1)]
    assert (amounts(again), reasons(again)) == ([10], ["CAPPED"])
    given = await vouchers.voucher(bought.awards[1].voucher_id or member)
    assert (given["entry_id"], given["member_id"], given["state"]) == (bought.entry_id, member, "voided")
    assert len((await vouchers.text_of(given["id"])).replace("-", "")) == 18
    assert [(award.kind, award.amount) for award in refunded.awards] == [("POINTS", -4), ("VOUCHER", -1)]
    assert await desk.left("thanks", "voucher:latte") == 5


async def test_an_award_keeps_points_alive_that_die_of_inactivity(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """What the member did counts, as an earning does; a late activity revives nothing."""
    terms = AssetTerms(expiry="inactive 1 months")
    await create_asset(bank.application.units, bank.actor("operator", "olga"), code="MILES", kind="points", terms=terms)
    await desk.run("miles", phases=always(rule(replace(TENTH_POINTS, asset="MILES"))))
    await desk.buy(member, 100)
    await bank.advance(timedelta(days=20))
    now = await bank.now()
    await desk.buy(member, 100, at=now)
    kept = (await bank.account(member, asset="MILES"))["inactive_at"]

    await desk.buy(member, 100, at=now - timedelta(days=2))
    await bank.advance(timedelta(days=15))
    await bank.earn(member, 1, asset="MILES")

    assert kept > now + timedelta(days=27)
    assert await desk.balance(member, "MILES") == 31


async def test_imported_codes_are_dealt_and_run_out(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """The last piece goes to one of two campaigns, the other one says why it gave none."""
    await VoucherDesk(bank=bank).live("latte", pieces=1)
    for code in ("a", "b"):
        await desk.run(code, phases=always(rule(VoucherAward(template="latte"))))

    bought = await desk.buy(member, 100)

    assert (amounts(bought), reasons(bought)) == ([1], ["OUT_OF_STOCK"])


async def test_what_is_late_passes_no_limit_of_a_template(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """A voucher counts on the day on which it is given, whenever that for which it is given occurred; simulated too."""
    await VoucherDesk(bank=bank).live("latte", issue_limits=Limits(day=1))
    await desk.run("thanks", phases=always(rule(VoucherAward(template="latte"))))
    await bank.advance(timedelta(days=2))
    today = await bank.now()
    days = [today, today - timedelta(days=1), today - timedelta(days=1), today]

    bought = [await desk.buy(member, 100, at=day) for day in days]
    await bank.advance(timedelta(days=1))
    bought += [await desk.buy(member, 100, at=day) for day in days[1:]]
    simulated = await simulate(bank.application.reader, bank.programme_id, Simulation(campaign="thanks"))

    assert [amounts(each) for each in bought] == [[1], [], [], [], [1], [], []]
    assert [(line.awards, line.amount) for line in simulated.costs] == [(2, 2)]
    assert [(line.reason, line.activities) for line in simulated.reasons] == [(Reason.LIMIT_REACHED, 5)]


async def test_a_donation_leaves_the_budget_for_the_merchant(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """The member gets nothing; the merchant's account has what the budget lost."""
    merchant = bank.merchant_id
    trees = Donation(asset="POINTS", merchant=merchant, field="amount", per=10)
    await desk.run("trees", phases=always(rule(trees)), budget=15)

    first, second = await desk.buy(member, 100), await desk.buy(member, 60)

    assert [(award.kind, award.target, award.amount) for award in first.awards] == [("DONATION", str(merchant), 10)]
    assert reasons(second) == ["BUDGET_EXHAUSTED"]
    assert await desk.left("trees") == 5
    assert not await bank.fetch("SELECT FROM {book}.accounts WHERE holder_id = $1", member)


async def test_progress_streaks_and_combinations_are_counted_and_explained(
    desk: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """The counters move, the conditions see them moved, and the award says what it looked back on."""
    counters = (
        ProgressCounter(code="buys", period=Period.DAY),
        ProgressCounter(code="visits", period=Period.DAY),
    )
    rules = (
        rule(ProgressStep(counter="buys", amount=1), "buy"),
        rule(ProgressStep(counter="visits", amount=1), "visit", "login"),
        rule(PointsAward(asset="POINTS", amount=5), "third", when="progress.buys == 3"),
        rule(
            PointsAward(asset="POINTS", amount=7),
            "both",
            "login",
            combination=Combination(counters=("buys", "visits"), days=2),
        ),
        rule(PointsAward(asset="POINTS", amount=9), "week", streak=Streak(counter="buys", length=7)),
    )
    await desk.run("quest", phases=always(*rules), counters=counters)

    bought = [await desk.buy(member, 1) for _ in range(3)]
    logins = [(await desk.report(desk.reporting(member, "login"))).unwrap() for _ in range(2)]

    assert [[(award.rule, award.amount) for award in each.awards] for each in bought] == [
        [("buy", 1)],
        [("buy", 1)],
        [("buy", 1), ("third", 5)],
    ]
    assert reasons(bought[0]) == ["CONDITION_FALSE", "STREAK_INCOMPLETE"]
    assert [award.rule for award in logins[0].awards] == ["visit", "both"]
    assert reasons(logins[1]) == ["COMBINATION_INCOMPLETE"]
    kept = await bank.fetch("SELECT inputs FROM {book}.awards WHERE rule = 'both'")
    assert orjson.loads(kept[0]["inputs"]) == {"progress.buys": [3, 0], "progress.visits": [1, 0]}
    assert bought[0].entry_id is None


async def test_a_card_multiplies_and_is_used_up(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """A card of one use doubles one award, is redeemed by its entry, and the award names it."""
    vouchers = VoucherDesk(bank=bank)
    await vouchers.live("double", gives=Multiplier(percent=200), money_asset=None)
    card = await vouchers.issue(member, "double")
    await desk.run("base", phases=always(rule(replace(TENTH_POINTS, cards=("double",)))))

    bought = [await desk.buy(member, 100) for _ in range(2)]

    assert [amounts(each) for each in bought] == [[20], [10]]
    assert (await vouchers.voucher(card.voucher_id))["state"] == "redeemed"
    kept = await bank.fetch("SELECT factors FROM {book}.awards WHERE entry_id = $1", bought[0].entry_id)
    assert orjson.loads(kept[0]["factors"]) == [{"card": str(card.voucher_id), "percent": 200}]


async def test_a_card_is_used_as_often_as_its_template_allows(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Uses by awards are counted as those at tills are, and the checker finds them in the entries."""
    vouchers = VoucherDesk(bank=bank)
    limits = Limits(total=2)
    await vouchers.live("double", gives=Multiplier(percent=200), money_asset=None, uses=9, use_limits=limits)
    await vouchers.issue(member, "double")
    await desk.run("base", phases=always(rule(replace(TENTH_POINTS, cards=("double",)))))

    bought = [await desk.buy(member, 100) for _ in range(3)]

    assert [amounts(each) for each in bought] == [[20], [20], [10]]
    assert await bank.count("book.voucher_counts WHERE purpose = 'use' AND total = 2 AND in_day = 2") == 1


async def test_a_rule_credits_a_ladder_beside_what_it_awards(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """The credit counts at once and goes with a refund; the campaign's award is another rule's."""
    tiers = TierDesk(bank=bank)
    await tiers.ladder()
    credit = TierCredit(ladder="spend", field="amount", rate=9)
    await desk.run("boost", phases=always(rule(credit, "boost"), rule(TENTH_POINTS)))
    sale = desk.reporting(member, amount=100)

    bought = (await desk.report(sale)).unwrap()
    reached = (await tiers.level(member), (await tiers.tier(member)).progress.counted)
    await desk.report(desk.refunding(sale, 50))

    told = [(award.kind, award.target, award.amount) for award in bought.awards]
    assert told == [("TIER_CREDIT", "spend", 900), ("POINTS", None, 10)]
    assert reached == ("silver", 1000)
    assert (await tiers.tier(member)).progress.counted == 500


async def test_a_credit_that_no_ladder_took_is_none(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """A ladder of snapshots takes no credit: the receipt says so, no award is kept, and the other rules go on."""
    metric = Metric(kind=MetricKind.SNAPSHOT, activities=("assets_snapshot",), field="amount")
    await TierDesk(bank=bank).ladder("assets", metric=metric)
    await desk.run("boost", phases=always(rule(TierCredit(ladder="assets", amount=5), "boost"), rule(TENTH_POINTS)))

    bought = await desk.buy(member, 100)

    assert [(award.kind, award.amount) for award in bought.awards] == [("POINTS", 10)]
    assert [(skip.rule, skip.reason) for skip in bought.skipped] == [("boost", "NOT_CREDITED")]
    assert await bank.count("book.awards WHERE kind = 'TIER_CREDIT'") == 0


async def test_what_a_rule_names_must_be_there(desk: CampaignDesk, member: UUID) -> None:
    """Each breach is named by its field, or by what is missing."""
    day = (ProgressCounter(code="n", period=Period.DAY),)
    award, step = PointsAward(asset="POINTS", amount=1), ProgressStep(counter="n", amount=1)
    gift = Donation(asset="POINTS", merchant=member, amount=1)

    assert [
        await _refusal(desk, rule(VoucherAward(template="none"))),
        await _refusal(desk, rule(replace(award, cards=("none",)))),
        await _refusal(desk, rule(gift), budgets=("POINTS",)),
        await _refusal(desk, rule(gift)),
        await _refusal(desk, rule(step)),
        await _refusal(desk, rule(TierCredit(ladder="none", amount=1))),
        await _refusal(desk, rule(award, streak=Streak(counter="n", length=1)), counters=day),
        await _refusal(desk, rule(step, streak=Streak(counter="n", length=2)), counters=day),
        await _refusal(desk, rule(award, combination=Combination(counters=("n",), days=2)), counters=day),
        await _refusal(desk, rule(award, when="progress.m > 0"), counters=day),
        await _refusal(desk, rule(award), counters=(ProgressCounter(code="no name", period=Period.DAY),)),
    ] == [
        "TEMPLATE_NOT_FOUND",
        "TEMPLATE_NOT_FOUND",
        "MERCHANT_NOT_FOUND",
        "phases.0.rules.0.action.asset",
        "phases.0.rules.0.action.counter",
        "phases.0.rules.0.action.ladder",
        "phases.0.rules.0.streak.length",
        "phases.0.rules.0.streak",
        "phases.0.rules.0.combination.counters",
        "phases.0.rules.0.when:1:9: undeclared reference to 'progress.m'",
        "counters.0.code",
    ]


async def _refusal(desk: CampaignDesk, faulty: Rule, **more: Any) -> str:
    with pytest.raises(Refusal) as refused:
        await desk.create("never", phases=always(faulty), **more)
    return fault_in(refused.value.facts) or str(refused.value.code)
