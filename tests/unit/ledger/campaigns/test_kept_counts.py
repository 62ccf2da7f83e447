"""Counts of a rehearsal: kept while an activity can still ask for them, forgotten afterwards."""

from datetime import date
from uuid import UUID

from ledger.campaigns.campaign_body import CampaignBody, Cap, Period, Phase, PointsAward, ProgressCounter, Rule, Streak
from ledger.campaigns.campaign_terms import progress_name, terms_of
from ledger.campaigns.campaign_text import body_text
from ledger.campaigns.counts import Counter
from ledger.campaigns.kept_counts import KeptCounts
from ledger.campaigns.rows import CampaignCount

MEMBER, CAMPAIGN = UUID(int=1), UUID(int=2)
STREAK = Rule(
    code="r",
    activity="purchase",
    action=PointsAward(asset="POINTS", amount=1),
    streak=Streak(counter="weeks", length=3),
)
BODY = CampaignBody(
    phases=(Phase(code="p", from_on=date(2026, 1, 1), until_on=date(2026, 12, 31), rules=(STREAK,)),),
    caps=(Cap(counter="POINTS", period=Period.DAY, limit=5), Cap(counter="POINTS", period=Period.TOTAL, limit=9)),
    counters=(ProgressCounter(code="weeks", period=Period.WEEK),),
)


def counter(name: str, period: Period, first: date) -> Counter:
    """One of the member's."""
    return Counter(MEMBER, CAMPAIGN, name, period, first)


def test_what_nobody_looks_back_on_is_forgotten() -> None:
    """Yesterday's cap goes, the total stays, and a streak of three weeks keeps the week before the last."""
    day = counter("POINTS", Period.DAY, date(2026, 3, 4))
    total = counter("POINTS", Period.TOTAL, date(2000, 1, 1))
    weeks = [counter(progress_name("weeks"), Period.WEEK, date(2026, 2, first)) for first in (2, 9, 16)]
    counts = KeptCounts(terms_of(body_text(BODY)))
    for amount, each in enumerate((day, total, *weeks), start=1):
        counts.keep(CampaignCount(each.id, *each, amount))

    counts.forget_before(date(2026, 3, 4))
    same_day = [row.amount for row in counts.rows((day, total, *weeks))]
    counts.forget_before(date(2026, 3, 5))

    assert same_day == [1, 2, 5]
    assert [row.amount for row in counts.rows((day, total, *weeks))] == [2, 5]


def test_what_is_kept_last_counts() -> None:
    """A later amount replaces the earlier one; what was never counted has no row."""
    day = counter("POINTS", Period.DAY, date(2026, 3, 4))
    counts = KeptCounts(terms_of(body_text(BODY)))

    for amount in (1, 3):
        counts.keep(CampaignCount(day.id, *day, amount))

    assert counts.rows([day, day._replace(counter="awards")]) == [CampaignCount(day.id, *day, 3)]
