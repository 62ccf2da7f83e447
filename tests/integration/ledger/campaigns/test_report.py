"""Reporting an activity: one step with all its awards, replayed for ever, explained as it was decided."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import orjson

from ledger.book.refusal import RefusalCode
from ledger.campaigns.activity import activity_key
from ledger.campaigns.campaign_body import (
    Cap,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    Streak,
    Variant,
)
from ledger.campaigns.explain_query import activity_by_event, explain
from ledger.campaigns.lifecycle import EndCampaign, PauseCampaign, StartCampaign
from ledger.campaigns.receipt import ActivityState, Reason
from ledger.campaigns.rows import version_id
from ledger.campaigns.simulate import Simulation, simulate
from tests.bank import Bank, code_of
from tests.campaign_desk import BASE, TENTH, TENTH_POINTS, CampaignDesk, always, amounts, reasons


async def test_a_purchase_earns_by_rate_rounded_down(desk: CampaignDesk, member: UUID) -> None:
    """A point for every ten: 199 earn 19, 9 earn none and say so."""
    await desk.run("base")

    earned = await desk.buy(member, 199)
    nothing = await desk.buy(member, 9)

    assert (amounts(earned), reasons(earned)) == ([19], [])
    assert (amounts(nothing), reasons(nothing), nothing.entry_id) == ([], [Reason.ROUNDED_TO_NOTHING], None)
    assert await desk.balance(member) == 19


async def test_a_second_report_of_the_event_is_a_replay(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Same event, same awards, posted once; other fields under the event's id are refused."""
    await desk.run("base")
    command = desk.reporting(member, amount=100)

    first = await desk.report(command)
    again = await desk.report(replace(command))
    other = await desk.report(replace(command, payload='{"amount": 101}'))

    assert (again.replayed, again.unwrap()) == (True, first.unwrap())
    assert code_of(other) == RefusalCode.IDEMPOTENCY_CONFLICT
    assert await desk.balance(member) == 10
    assert await bank.count("book.activities") == 1


async def test_awards_stay_within_the_budget(desk: CampaignDesk, member: UUID) -> None:
    """Whole awards in input order: what the rest does not cover is not cut, a smaller one still fits."""
    await desk.run("base", budget=25)

    outcomes = [await desk.buy(member, amount) for amount in (150, 150, 100, 10)]

    assert [amounts(outcome) for outcome in outcomes] == [[15], [], [10], []]
    assert reasons(outcomes[1]) == reasons(outcomes[3]) == [Reason.BUDGET_EXHAUSTED]
    assert (await desk.left("base"), await desk.balance(member)) == (0, 25)


async def test_the_kill_switch_is_exact_and_can_be_undone(desk: CampaignDesk, member: UUID) -> None:
    """Paused: nothing for what occurs or is reported then; resumed: as before; ended: nobody looks any more."""
    await desk.run("base", budget=100)
    before = desk.reporting(member, amount=100)

    (await desk.move(PauseCampaign, "base")).unwrap()
    late = (await desk.report(before)).unwrap()
    paused = await desk.buy(member, 100)
    (await desk.move(StartCampaign, "base")).unwrap()
    resumed = await desk.buy(member, 100)
    (await desk.move(EndCampaign, "base")).unwrap()
    ended = await desk.buy(member, 100)

    assert (reasons(late), reasons(paused)) == ([Reason.PAUSED], [Reason.PAUSED])
    assert amounts(resumed) == [10]
    assert (amounts(ended), reasons(ended)) == ([], [])


async def test_the_end_of_a_paused_campaign_lets_nothing_through(desk: CampaignDesk, member: UUID) -> None:
    """Without a budget too: what occurred before a pause and comes after the end is not looked at any more."""
    await desk.run("stopped")
    await desk.run("ended")
    before = datetime.now(UTC)
    (await desk.move(PauseCampaign, "stopped")).unwrap()
    for code in ("stopped", "ended"):
        (await desk.move(EndCampaign, code)).unwrap()

    late = await desk.buy(member, 100, at=before)

    assert [award.campaign_id for award in late.awards] == [desk.campaign_id("ended")]
    assert [(line.campaign, line.reason) for line in late.skipped] == [("stopped", Reason.PAUSED)]


async def test_the_first_rule_that_holds_awards_and_explains_itself(
    desk: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """The award keeps what its condition saw, what it wanted, and what its caps leave."""
    big = replace(TENTH, code="big", when="activity.amount >= 1000 && awards.day < 1")
    big = replace(big, action=replace(TENTH_POINTS, multiplier=250))
    cap = Cap(counter="POINTS", period=Period.MONTH, limit=300)
    await desk.run("base", phases=always(big, TENTH), caps=(cap,))

    first = await desk.buy(member, 1000)
    second = await desk.buy(member, 1000)

    told = [await explain(bank.application.reader, bank.programme_id, r.activity_id) for r in (first, second)]
    awards = [found.awards[0] for found in told if found is not None]
    assert [(a.rule, a.base, a.multiplier, a.wanted, a.amount) for a in awards] == [
        ("big", 1000, 250, 250, 250),
        ("tenth", 1000, 100, 100, 50),
    ]
    assert orjson.loads(awards[0].inputs) == {"activity.amount": 1000, "awards.day": 0}
    assert [orjson.loads(a.headroom)[0]["left"] for a in awards] == [50, 0]


async def test_a_merchant_is_known_by_its_code(desk: CampaignDesk, bank: Bank, member: UUID) -> None:
    """As operators know it: reported under its id, it is its code to conditions, and in a simulation too."""
    await desk.run("corner", phases=always(replace(TENTH, when="activity.merchant == '001'")))
    command = desk.reporting(member, amount=100)

    there = (await desk.report(replace(command, event_id="1", merchant_id=bank.merchant_id))).unwrap()
    nowhere = (await desk.report(replace(command, event_id="2"))).unwrap()
    tried = await simulate(bank.application.reader, bank.programme_id, Simulation(campaign="corner"))

    assert (amounts(there), reasons(nowhere)) == ([10], [Reason.CONDITION_FALSE])
    assert (tried.activities, tried.awards) == (2, 1)


async def test_a_late_activity_meets_the_version_of_its_time(desk: CampaignDesk, member: UUID) -> None:
    """The version that held when it occurred decides, and the award names it."""
    await desk.run("base")
    then = datetime.now(UTC)
    double = replace(TENTH, action=replace(TENTH_POINTS, multiplier=200))
    await desk.change("base", replace(BASE, phases=always(double)))

    late = await desk.buy(member, 100, at=then)
    now = await desk.buy(member, 100)
    before_it_ran = await desk.buy(member, 100, at=then - timedelta(days=1))

    assert (amounts(late), amounts(now)) == ([10], [20])
    id_ = desk.campaign_id("base")
    assert [line.version_id for line in (*late.awards, *now.awards)] == [version_id(id_, 1), version_id(id_, 2)]
    assert (amounts(before_it_ran), before_it_ran.state) == ([], ActivityState.ACCEPTED)


async def test_too_late_is_recorded_only(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """72 hours after it occurred nobody looks at it any more."""
    await desk.run("base")
    then = datetime.now(UTC)
    await bank.advance(timedelta(hours=72, seconds=5))

    receipt = await desk.buy(member, 100, at=then)

    assert (receipt.state, reasons(receipt)) == (ActivityState.TOO_LATE, [Reason.TOO_LATE])


async def test_a_malformed_payload_burns_no_event(desk: CampaignDesk, member: UUID) -> None:
    """Wrong by its schema, unknown type, not yet occurred: corrected under the same event id it is accepted."""
    await desk.run("base")
    command = desk.reporting(member, amount=100)

    refused = [
        await desk.report(replace(command, payload='{"amount": 0}')),
        await desk.report(replace(command, payload='{"amount": 5.0}')),
        await desk.report(replace(command, type="no-such")),
        await desk.report(replace(command, occurred_at=datetime.now(UTC) + timedelta(hours=1))),
    ]

    assert [code_of(outcome) for outcome in refused] == [
        RefusalCode.INVALID_INPUT,
        RefusalCode.INVALID_INPUT,
        RefusalCode.ACTIVITY_TYPE_NOT_FOUND,
        RefusalCode.ACTIVITY_IN_FUTURE,
    ]
    assert amounts((await desk.report(command)).unwrap()) == [10]


async def test_what_no_calendar_reaches_spoils_nothing_else(desk: CampaignDesk, member: UUID) -> None:
    """Times at the ends of the calendar, though a streak looks back from there; types and texts that cannot be kept."""
    step = Rule(code="step", activity="purchase", action=ProgressStep(counter="days", amount=1))
    streak = replace(TENTH, streak=Streak(counter="days", length=31))
    phase = Phase(code="all", from_on=date.min, until_on=date.max, rules=(step, streak))
    await desk.run("streak", phases=(phase,), counters=(ProgressCounter(code="days", period=Period.DAY),))
    day = timedelta(days=1)
    plain = desk.reporting(member, amount=100)
    wrong = {
        "occurredAt": replace(plain, event_id="1", occurred_at=datetime.min.replace(tzinfo=UTC) + day),
        "occurredAt ": replace(plain, event_id="2", occurred_at=datetime.max.replace(tzinfo=UTC)),
        "type": replace(plain, event_id="3", type="x" * 65),
        "payload.category": replace(plain, event_id="4", payload='{"amount": 1, "category": "a\\u0000"}'),
    }

    outcomes = await desk.bank.application.engine.execute_list([*wrong.values(), plain])

    assert [outcome.refusal and outcome.refusal.facts["field"] for outcome in outcomes[:-1]] == [
        field.strip() for field in wrong
    ]
    assert amounts(outcomes[-1].unwrap()) == [1]


async def test_several_assets_are_awarded_in_one_entry(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Points and stars of two campaigns, one entry, a lot each."""
    star = Rule(code="star", activity="purchase", action=PointsAward(asset="STARS", amount=1))
    await desk.run("points")
    await desk.run("stars", phases=always(star))

    receipt = await desk.buy(member, 100)

    assert amounts(receipt) == [10, 1]
    assert (await desk.balance(member), await desk.balance(member, "STARS")) == (10, 1)
    assert await bank.count("book.lots") == 2


async def test_a_list_is_decided_in_input_order(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Each item under its own event; a refused one stops nobody, a second report inside the list is a replay."""
    await desk.run("base", budget=25)
    first, wrong, last = (desk.reporting(member, amount=amount) for amount in (150, 0, 100))

    outcomes = await bank.application.engine.execute_list([first, wrong, last, first])

    assert [code_of(outcome) for outcome in outcomes] == ["", RefusalCode.INVALID_INPUT, "", ""]
    assert [amounts(outcomes[place].unwrap()) for place in (0, 2, 3)] == [[15], [10], [15]]
    assert (outcomes[3].replayed, await desk.left("base")) == (True, 0)


async def test_an_award_is_kept_with_its_phase_and_variant(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """For figures: which phase, which arm; a member falls to the same arm for ever."""
    arms = (Variant(code="a", weight=1), Variant(code="b", weight=1))
    await desk.run("base", variants=arms)

    receipts = [await desk.buy(member, 100) for _ in range(3)]

    found = [await explain(bank.application.reader, bank.programme_id, each.activity_id) for each in receipts]
    kept = {(told.awards[0].phase, told.awards[0].variant) for told in found if told is not None}
    assert len(kept) == 1
    assert kept < {("all", "a"), ("all", "b")}


async def test_an_event_is_explained_by_its_own_name(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """Awards and reasons as the receipt told them; another client's event of that name is unknown."""
    await desk.run("base")
    await desk.run("app", channels=("app",))
    command = desk.reporting(member, amount=100)
    receipt = (await desk.report(command)).unwrap()
    reader, key = bank.application.reader, activity_key("core", command.event_id)

    found = await activity_by_event(reader, bank.programme_id, bank.actor().client, key)
    others = await activity_by_event(reader, bank.programme_id, "service:other", key)

    assert found is not None
    told = await explain(reader, bank.programme_id, found.id)
    assert told is not None
    assert [award.id for award in told.awards] == [line.award_id for line in receipt.awards]
    assert (told.skipped, others) == (receipt.skipped, None)
