"""Line-ups: who looks at an activity is who ran when it occurred, and is worked out once between two steps."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from ledger.book.units import ProgrammeId
from ledger.campaigns.campaign_body import CampaignBody, Phase, PointsAward, Rule
from ledger.campaigns.campaign_text import body_text
from ledger.campaigns.line_up import find_line_up
from ledger.campaigns.rows import (
    CAMPAIGN_STEPS,
    CAMPAIGN_VERSIONS,
    CAMPAIGNS,
    Campaign,
    CampaignStep,
    CampaignVersion,
    campaign_id,
    step_id,
    version_id,
)
from ledger.engine.ids import IdSource
from ledger.engine.state import State

PROGRAMME: Final = ProgrammeId(UUID(int=1))
CAMPAIGN: Final = campaign_id(PROGRAMME, "base")
NOON: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
RULE: Final = Rule(code="r", activity="purchase", action=PointsAward(asset="POINTS", amount=1))
BODY: Final = CampaignBody(
    phases=(Phase(code="all", from_on=date(2026, 1, 1), until_on=date(2026, 12, 31), rules=(RULE,)),)
)
STEPS: Final = (("draft", None), ("running", 1), ("paused", 1), ("running", 2), ("ended", 2))
"""The state and the version from each full hour on."""


def standing() -> State:
    """A campaign that took these steps, one an hour."""
    found = [
        CampaignStep(
            step_id(CAMPAIGN, number + 1),
            CAMPAIGN,
            PROGRAMME,
            number + 1,
            state,
            None if version is None else version_id(CAMPAIGN, version),
            NOON + number * HOUR,
        )
        for number, (state, version) in enumerate(STEPS)
    ]
    last = found[-1]
    versions = [version_id(CAMPAIGN, number) for number in (1, 2)]
    state = State(IdSource(1))
    state.standing = {
        (CAMPAIGNS, PROGRAMME): [
            Campaign(CAMPAIGN, PROGRAMME, "base", last.state, last.version_id, 2, last.since, last.number)
        ],
        (CAMPAIGN_STEPS, CAMPAIGN): list(found),
        **{
            (CAMPAIGN_VERSIONS, id_): [CampaignVersion(id_, CAMPAIGN, PROGRAMME, number, body_text(BODY), "", NOON)]
            for number, id_ in enumerate(versions, start=1)
        },
    }
    return state


def test_each_step_has_its_line_up_from_its_instant_on() -> None:
    """Up to the microsecond before the next one; before the first and after the last nobody looks."""
    state, told = standing(), []
    for minute in range(-30, 300, 30):
        line_up = find_line_up(state, PROGRAMME, "purchase", NOON + timedelta(minutes=minute))
        told.append([(of.version.number, of.is_paused) for of in line_up.looking])

    running, paused, later = [(1, False)], [(1, True)], [(2, False)]
    assert told == [[], [], [], running, running, paused, paused, later, later, [], []]


def test_between_two_steps_it_is_one() -> None:
    """What is worked out for days and conditions serves whatever occurred in between."""
    state, first = standing(), NOON + HOUR

    found = [find_line_up(state, PROGRAMME, "purchase", first + part) for part in (0 * HOUR, HOUR / 2, HOUR)]

    assert found[0] is found[1]
    assert found[1] is not found[2]
