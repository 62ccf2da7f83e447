"""Turns: passing over campaigns whose conditions are false comes to what looking at each of them does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ledger.book.units import ProgrammeId
from ledger.campaigns.campaign_body import (
    CampaignBody,
    Period,
    Phase,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
    Variant,
)
from ledger.campaigns.campaign_terms import terms_of
from ledger.campaigns.campaign_text import body_text
from ledger.campaigns.considered import Considered, name_of
from ledger.campaigns.counts import Counter
from ledger.campaigns.facts import Facts, payload_vocabulary
from ledger.campaigns.look import look_at, take_turns
from ledger.campaigns.offer import Seen
from ledger.campaigns.rehearsed_taking import Taking
from ledger.campaigns.rows import CAMPAIGN_COUNTS, Campaign, CampaignVersion, campaign_id, version_id
from ledger.campaigns.turns import turns_of
from ledger.engine.ids import IdSource
from ledger.engine.state import State
from ledger.programme.activity_type import SHIPPED
from ledger.programme.rows import Programme

NOW: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
TODAY: Final = NOW.date()
PROGRAMME: Final = Programme(ProgrammeId(UUID(int=1)), "p", "P", "UTC", datetime(2020, 1, 1, tzinfo=UTC), 1)
MEMBER: Final = UUID(int=2)
CONDITIONS: Final = ("", "activity.amount > 5", "activity.amount < 5", "1 / activity.amount > 0", "awards.total == 0")
ACTIONS: Final = (PointsAward(asset="POINTS", amount=1), ProgressStep(counter="n", amount=1))

rules = st.builds(
    Rule,
    code=st.just(""),
    activity=st.sampled_from(["purchase", "login"]),
    action=st.sampled_from(ACTIONS),
    when=st.sampled_from(CONDITIONS),
)
bodies = st.builds(
    CampaignBody,
    phases=st.tuples(
        st.builds(
            Phase,
            code=st.just("all"),
            from_on=st.sampled_from([date(2026, 1, 1), date(2026, 4, 1)]),
            until_on=st.just(date(2026, 12, 31)),
            rules=st.lists(rules, min_size=1, max_size=3).map(
                lambda found: tuple(replace(rule, code=f"r:{number}") for number, rule in enumerate(found))
            ),
        )
    ),
    counters=st.just((ProgressCounter(code="n", period=Period.TOTAL),)),
    channels=st.sampled_from([(), (), ("app",)]),
    variants=st.sampled_from([(), (), (Variant(code="a", weight=1), Variant(code="b", weight=1))]),
    group=st.sampled_from([None, "g", "h"]),
    late_hours=st.sampled_from([1, 72]),
)


def considered(number: int, body: CampaignBody, *, is_paused: bool) -> Considered:
    """A running campaign of that body."""
    id_ = campaign_id(PROGRAMME.id, f"c-{number}")
    version = CampaignVersion(version_id(id_, 1), id_, PROGRAMME.id, 1, body_text(body), "", NOW)
    campaign = Campaign(id_, PROGRAMME.id, f"c-{number}", "running", version.id, 1, NOW)
    terms = terms_of(version.body)
    return Considered(campaign, version, terms, name_of(campaign, version), is_paused)


def taking(looking: list[Considered], amount: int, age: timedelta, conditions: tuple[str, ...]) -> Taking:
    """A member's purchase of that age, of which nothing was counted before."""
    values = {"activity.amount": amount}
    facts = Facts(payload_vocabulary(SHIPPED["purchase"].fields), values, conditions)
    seen = Seen(MEMBER, "purchase", NOW - age, TODAY, None, None, facts)
    state = State(IdSource(1))
    for of in looking:
        for name, period, _ in of.terms.counters:
            counter = Counter.on(MEMBER, of.campaign.id, name, period, TODAY)
            state.load(CAMPAIGN_COUNTS, [counter.id], [])
    return Taking(state, PROGRAMME, seen, NOW, {})


@given(
    st.lists(st.tuples(bodies, st.sampled_from([False, False, True])), max_size=6),
    st.sampled_from([0, 4, 5, 6]),
    st.sampled_from([timedelta(0), timedelta(hours=2), timedelta(days=4)]),
)
def test_passing_over_is_as_good_as_looking(
    asked: list[tuple[CampaignBody, bool]], amount: int, age: timedelta
) -> None:
    """The same awards in the same order, and the same reasons of all others."""
    made = [considered(number, body, is_paused=paused) for number, (body, paused) in enumerate(asked)]
    looking = [of for of in made if "purchase" in of.terms.activities]
    turns = turns_of(looking, "purchase", TODAY)
    every = tuple({when for of in looking for when in of.terms.whens["purchase"] if of.terms.is_plain})
    one_by_one, in_turn = taking(looking, amount, age, every), taking(looking, amount, age, turns.conditions)

    expected = [skip for of in looking for skip in look_at(one_by_one, of)]

    assert take_turns(in_turn, turns) == expected
    assert in_turn.taken == one_by_one.taken
