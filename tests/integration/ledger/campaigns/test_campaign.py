"""A campaign from draft to end: what is saved is checked, and nobody lets their own version hold."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.campaign import change_campaign, create_campaign
from ledger.campaigns.campaign_body import (
    Cap,
    Donation,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    VoucherAward,
)
from ledger.campaigns.lifecycle import EndCampaign, PauseCampaign, StartCampaign
from ledger.campaigns.member_list import extend_list
from ledger.campaigns.receipt import Reason
from ledger.campaigns.submit import SubmitCampaign
from ledger.control.decide_request import ApproveRequest
from ledger.engine.command import Actor
from ledger.programme.register_activity_type import register_type
from tests.bank import Bank, code_of
from tests.campaign_desk import BASE, TENTH, TENTH_POINTS, CampaignDesk, always, amounts, reasons
from tests.faults_told import fault_in

STRANGER = UUID(int=7)
SCHEMA = """{"type": "object", "additionalProperties": false, "required": ["steps"],
    "properties": {"steps": {"type": "integer", "minimum": 0}, "device": {"type": "string", "maxLength": 8}}}"""


async def refusal(desk: CampaignDesk, **changed: Any) -> Refusal:
    """What a draft with these changes is refused with."""
    with pytest.raises(Refusal) as raised:
        await desk.create("faulty", BASE, **changed)
    return raised.value


async def test_a_draft_awards_nothing_until_it_is_approved_and_started(desk: CampaignDesk, member: UUID) -> None:
    """Draft, reviewed, approved: nobody looks; running: it awards."""
    await desk.create("base")
    draft = await desk.buy(member, 100)
    not_yet = await desk.move(StartCampaign, "base")
    await desk.approve("base")
    approved = await desk.buy(member, 100)
    started = (await desk.move(StartCampaign, "base")).unwrap()

    assert (amounts(draft), reasons(draft), amounts(approved)) == ([], [], [])
    assert (code_of(not_yet), started.state) == (RefusalCode.CAMPAIGN_STATE, "running")
    assert amounts(await desk.buy(member, 100)) == [10]


async def test_nobody_approves_their_own_campaign(desk: CampaignDesk, bank: Bank) -> None:
    """And neither is a version that is no longer the newest one, nor one that holds already."""
    await desk.create("base")
    first = (await desk.move(SubmitCampaign, "base")).unwrap()
    assert first.approval_id is not None
    operator = bank.actor("operator", "olga")
    command = ApproveRequest(
        actor=operator, key=bank.key(), approval_id=first.approval_id, approvables=bank.application.approvables
    )
    own = await bank.application.engine.execute(command)
    await change_campaign(bank.application.units, operator, code="base", body=replace(BASE, priority=1))
    other = replace(command, actor=bank.actor("approver", "anna"), key=bank.key())
    outdated = await bank.application.engine.execute(other)

    assert [code_of(own), code_of(outdated)] == [RefusalCode.APPROVAL_OWN, RefusalCode.CAMPAIGN_STATE]
    again = (await desk.move(SubmitCampaign, "base")).unwrap()
    assert again.approval_id is not None
    await desk.approve("base")
    held = await bank.application.engine.execute(replace(other, key=bank.key(), approval_id=again.approval_id))
    assert code_of(held) == RefusalCode.CAMPAIGN_STATE
    assert code_of(await desk.move(SubmitCampaign, "base")) == RefusalCode.CAMPAIGN_STATE


async def test_moves_that_do_not_fit_the_state_are_refused(desk: CampaignDesk, bank: Bank) -> None:
    """Nothing pauses what does not run, nothing follows the end, nothing moves what is not there."""
    await desk.run("base")

    twice = await desk.move(StartCampaign, "base")
    await desk.move(EndCampaign, "base")
    paused = await desk.move(PauseCampaign, "base")
    unknown = await desk.move(EndCampaign, "no-such")

    assert [code_of(o) for o in (twice, paused)] == [RefusalCode.CAMPAIGN_STATE] * 2
    assert code_of(unknown) == RefusalCode.CAMPAIGN_NOT_FOUND
    with pytest.raises(Refusal, match=RefusalCode.CAMPAIGN_STATE):
        await change_campaign(bank.application.units, bank.actor("operator", "olga"), code="base", body=BASE)


async def test_a_budget_of_a_paused_campaign_opens_with_it(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """A version that adds a budget meanwhile finds it frozen, and resuming opens it."""
    await desk.run("base")
    (await desk.move(PauseCampaign, "base")).unwrap()
    await desk.change("base", replace(BASE, budgets=("POINTS",)))
    (await desk.top_up("base", 15)).unwrap()
    (await desk.move(StartCampaign, "base")).unwrap()

    assert amounts(await desk.buy(member, 100)) == [10]
    assert reasons(await desk.buy(member, 100)) == [Reason.BUDGET_EXHAUSTED]


async def test_what_is_saved_is_checked(desk: CampaignDesk) -> None:
    """Each breach names its field, a condition's with the position; an asset must be the programme's."""
    day = date(2026, 1, 1)
    phase = Phase(code="p", from_on=day, until_on=day, rules=(TENTH,))
    found = [
        await refusal(desk, phases=()),
        await refusal(desk, phases=(phase, replace(phase, code="q"))),
        await refusal(desk, phases=always(replace(TENTH, activity="no-such"))),
        await refusal(desk, phases=always(replace(TENTH, when="activity.amount > 'x'"))),
        await refusal(desk, phases=always(replace(TENTH, action=PointsAward(asset="POINTS")))),
        await refusal(desk, phases=always(replace(TENTH, action=replace(TENTH_POINTS, per=0)))),
        await refusal(desk, phases=always(replace(TENTH, variants=("a",)))),
        await refusal(desk, segment="activity.amount > 1"),
        await refusal(desk, budgets=("STARS",)),
        await refusal(desk, caps=(Cap(counter="STARS", period=Period.DAY, limit=1),)),
    ]

    assert all(each.code == RefusalCode.INVALID_INPUT for each in found)
    assert [fault_in(each.facts).partition(": ")[0] for each in found] == [
        "phases",
        "phases.1.fromOn",
        "phases.0.rules.0.activity",
        "phases.0.rules.0.when:1:17",
        "phases.0.rules.0.action.amount",
        "phases.0.rules.0.action.per",
        "phases.0.rules.0.variants",
        "segment:1:9",
        "budgets",
        "caps.0.counter",
    ]


async def test_of_what_is_missing_the_first_in_the_table_is_told(desk: CampaignDesk) -> None:
    """Whichever rule names it, and in whatever order the rules stand."""
    rules = [
        Rule(code=action.kind.lower(), activity="login", action=action)
        for action in (
            VoucherAward(template="NONE"),
            PointsAward(asset="GOLD", amount=1),
            Donation(asset="STARS", merchant=STRANGER, amount=1),
        )
    ]

    codes = [
        (await refusal(desk, phases=always(*rules[:count]), budgets=("STARS",) if count == 3 else ())).code
        for count in (1, 2, 3)
    ]

    assert codes == [RefusalCode.TEMPLATE_NOT_FOUND, RefusalCode.ASSET_NOT_FOUND, RefusalCode.MERCHANT_NOT_FOUND]


async def test_nothing_is_made_in_a_programme_that_is_not_there(desk: CampaignDesk) -> None:
    """PROGRAMME_NOT_FOUND, of a campaign, a list of members and a type of activities."""
    units, actor = desk.bank.application.units, Actor(kind="operator", id="olga", programme_id=STRANGER)
    counting = Rule(code="r", activity="login", action=ProgressStep(counter="n", amount=1))
    body = replace(BASE, phases=always(counting), counters=(ProgressCounter(code="n", period=Period.DAY),))

    for making in (
        create_campaign(units, actor, code="c", body=body),
        extend_list(units, actor, code="vip", members=[]),
        register_type(units, actor, code="walk", schema=SCHEMA),
    ):
        with pytest.raises(Refusal, match=RefusalCode.PROGRAMME_NOT_FOUND):
            await making


async def test_a_programme_has_types_of_its_own(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """A rule sees its fields; a shipped type's name is taken, an open schema is none."""
    units, operator = bank.application.units, bank.actor("operator", "olga")
    await register_type(units, operator, code="walk", schema=SCHEMA)
    for code, schema, expected in (
        ("login", SCHEMA, RefusalCode.CODE_TAKEN),
        ("walk2", '{"type": "object"}', RefusalCode.INVALID_INPUT),
        ("walk3", '{"type": 7}', RefusalCode.INVALID_INPUT),
        ("walk4", "no", RefusalCode.INVALID_INPUT),
    ):
        with pytest.raises(Refusal, match=expected):
            await register_type(units, operator, code=code, schema=schema)
    steps = PointsAward(asset="POINTS", field="steps", per=1000)
    await desk.run("walk", phases=always(Rule(code="r", activity="walk", action=steps, when="activity.steps > 2000")))

    walked = (await desk.report(desk.reporting(member, "walk", steps=5999, device="watch"))).unwrap()
    wrong = await desk.report(desk.reporting(member, "walk", steps=5999, device="a long name"))

    assert amounts(walked) == [5]
    assert (code_of(wrong), wrong.refusal and wrong.refusal.facts) == ("INVALID_INPUT", {"field": "payload.device"})


async def test_codes_of_campaigns_are_taken_once(desk: CampaignDesk, bank: Bank) -> None:
    """A second campaign of the code is refused."""
    await desk.create("base")

    with pytest.raises(Refusal, match=RefusalCode.CODE_TAKEN):
        await create_campaign(bank.application.units, bank.actor("operator", "olga"), code="base", body=BASE, terms="")
