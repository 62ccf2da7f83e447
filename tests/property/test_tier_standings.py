"""Standings against a model that looks at every local midnight, and whatever path leads to them."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.book.units import NEVER, ProgrammeId
from ledger.programme.calendar import first_instant, local_date
from ledger.tiers.evaluation import Brought, Terms, buckets_of, credit, due, grant, new_standing
from ledger.tiers.ladder_body import (
    Demotion,
    LadderBody,
    Level,
    Metric,
    MetricKind,
    Promotion,
    Window,
    WindowKind,
)
from ledger.tiers.ladder_text import body_text
from ledger.tiers.progress import progress_of
from ledger.tiers.replay import Happened, replay
from ledger.tiers.rows import LadderVersion, Standing
from ledger.tiers.window import counted, next_period, period_start

NAME = UUID(int=1)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Santiago")
START = datetime(2024, 8, 20, 12, tzinfo=UTC)
LEVELS = (Level(code="a", threshold=0), Level(code="b", threshold=10), Level(code="c", threshold=25))


class Event(NamedTuple):
    """Something that happens `hours` after what was before it; `late_days` ago it occurred. until: of a grant of "b"."""

    hours: int
    amount: int
    late_days: int
    until_days: int | None


bodies = st.builds(
    LadderBody,
    metric=st.just(Metric(kind=MetricKind.AMOUNT, activities=("purchase",))),
    window=st.sampled_from(
        [
            Window(kind=WindowKind.ROLLING, days=2),
            Window(kind=WindowKind.ROLLING, days=9),
            Window(kind=WindowKind.MONTH),
            Window(kind=WindowKind.QUARTER),
        ]
    ),
    levels=st.just(LEVELS),
    promotion=st.sampled_from(Promotion),
    demotion=st.sampled_from(Demotion),
    grace_days=st.sampled_from([0, 0, 1]),
)
events = st.lists(
    st.builds(
        Event,
        hours=st.integers(0, 24 * 20),
        amount=st.integers(1, 20),
        late_days=st.sampled_from([0, 0, 0, 1, 3]),
        until_days=st.sampled_from([None, None, None, None, 0, 5, 40]),
    ),
    max_size=12,
)


def happen(standing: Standing, terms: Terms, event: Event, now: datetime) -> Standing:
    """The event at its instant."""
    if event.until_days is not None:
        until = local_date(now, terms.time_zone) + timedelta(days=event.until_days)
        return grant(standing, terms, "b", until, now).standing
    occurred = now - timedelta(days=event.late_days)
    brought = Brought(local_date(occurred, terms.time_zone), occurred, event.amount)
    return credit(standing, terms, brought, now).standing


def settled(standing: Standing, terms: Terms, now: datetime) -> Standing:
    """What time alone has brought by then."""
    while standing.next_due_at <= now:
        standing = due(standing, terms).standing
    return standing


def began() -> Standing:
    """A member on the first level."""
    return new_standing(ProgrammeId(NAME), NAME, NAME, "a", START)


@settings(max_examples=80, deadline=None)
@given(bodies, st.sampled_from(ZONES), events, st.data())
def test_nothing_changes_but_at_the_instant_that_is_named(
    body: LadderBody, zone: str, happened: list[Event], data: st.DataObject
) -> None:
    """Reviewing a standing on any local midnight before `next_due_at` leaves it as it is; and who never falls stays."""
    terms, now, standing = Terms(body, zone), START, began()
    for event in happened:
        now += timedelta(hours=event.hours)
        standing = happen(settled(standing, terms, now), terms, event, now)

        today = local_date(now, zone)
        probe = today + timedelta(days=data.draw(st.integers(1, 40)))
        midnight = first_instant(probe, zone)
        if midnight < standing.next_due_at:
            reviewed = due(standing._replace(next_due_at=midnight), terms)
            after = reviewed.standing
            assert (reviewed.cause, after.level, after.earned) == (None, standing.level, standing.earned)
            assert after.falls_on in {standing.falls_on, None}
        if body.demotion == Demotion.NONE:
            assert standing.falls_on is None


@settings(max_examples=60, deadline=None)
@given(bodies, st.sampled_from(ZONES), events, st.lists(st.integers(0, 24 * 60), max_size=8))
def test_it_does_not_matter_who_settles_when(
    body: LadderBody, zone: str, happened: list[Event], sweeps: list[int]
) -> None:
    """Sweeps in between leave the same standing as none, and the checker's replay comes to it."""
    terms, now, swept, unswept = Terms(body, zone), START, began(), began()
    pending = sorted(START + timedelta(hours=hours) for hours in sweeps)
    history: list[Happened] = []
    for event in happened:
        now += timedelta(hours=event.hours)
        while pending and pending[0] <= now:
            swept = settled(swept, terms, pending.pop(0))
        swept = happen(settled(swept, terms, now), terms, event, now)
        unswept = happen(settled(unswept, terms, now), terms, event, now)
        history.append(_told(event, swept.version, now, zone))

    assert swept == unswept
    if history:
        versions = [LadderVersion(NAME, NAME, ProgrammeId(NAME), 1, body_text(body), NEVER)]
        end = settled(swept, terms, now + timedelta(days=400))
        replayed = replay(end, versions, zone, history)
        assert replayed is not None
        # The replay begins with the first event, as the ledger does; the test began before it.
        assert replayed.standing == (end if end.steps else end._replace(since=replayed.standing.since))
        assert len(replayed.steps) == end.steps


@settings(max_examples=60, deadline=None)
@given(bodies, st.sampled_from(ZONES), events)
def test_progress_promises_what_comes_true(body: LadderBody, zone: str, happened: list[Event]) -> None:
    """Bringing what is missing reaches the next level; bringing what it takes to stay on the last day keeps the level,
    bringing one less does not, unless the member rises meanwhile.
    """
    terms, now, standing = Terms(body, zone), START, began()
    for event in (each for each in happened if each.until_days is None):
        now += timedelta(hours=event.hours)
        standing = happen(settled(standing, terms, now), terms, event, now)
    today = local_date(now, zone)
    progress = progress_of(standing, terms, today)

    if progress.next_level is not None and progress.missing:
        reached = credit(standing, terms, Brought(today, now, progress.missing), now).standing
        if body.promotion == Promotion.AT_PERIOD_END:
            reached = settled(reached, terms, first_instant(next_period(body.window, today), zone))
        assert reached.level == progress.next_level
    if progress.keep is not None and body.promotion == Promotion.NOW:
        level_before = standing.level
        last = first_instant(progress.keep.by + timedelta(days=1), zone) - timedelta(seconds=1)
        falls_at = first_instant(progress.keep.falls_on, zone)
        for missing, stays in ((progress.keep.missing, True), (progress.keep.missing - 1, False)):
            if missing < 0 or last < now:
                continue
            kept = settled(standing, terms, last)
            if missing:
                kept = credit(kept, terms, Brought(progress.keep.by, last, missing), last).standing
            if kept.level != level_before:
                continue
            kept = settled(kept, terms, falls_at)
            assert (kept.level == level_before) == stays


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from([1, 3, 12]))
def test_a_period_begins_on_its_first_day(day: date, months: int) -> None:
    """The start is the first of a month of the block, and every day of the block has the same one."""
    start = period_start(day, months)

    assert start <= day
    assert (start.day, (start.month - 1) % months) == (1, 0)
    assert period_start(start, months) == start
    assert period_start(start - timedelta(days=1), months) < start


def _told(event: Event, version: int, now: datetime, zone: str) -> Happened:
    if event.until_days is not None:
        return Happened(version, now, local_date(now, zone) + timedelta(days=event.until_days), now, 0, "b")
    occurred = now - timedelta(days=event.late_days)
    return Happened(version, now, local_date(occurred, zone), occurred, event.amount)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=12))
def test_a_window_holds_its_last_days(brought: list[tuple[int, int]]) -> None:
    """What counts in a rolling window is the sum of its days, recomputed from all that was ever brought."""
    body = LadderBody(
        metric=Metric(kind=MetricKind.AMOUNT), window=Window(kind=WindowKind.ROLLING, days=9), levels=LEVELS
    )
    terms, standing, now, all_days = Terms(body, "UTC"), began(), START, dict[date, int]()
    for gap, amount in brought:
        now += timedelta(days=gap)
        standing = credit(standing, terms, Brought(now.date(), now, amount), now).standing
        all_days[now.date()] = all_days.get(now.date(), 0) + amount

    today = now.date()
    expected = sum(amount for day, amount in all_days.items() if today - timedelta(days=9) < day <= today)
    assert counted(body.window, buckets_of(standing), today) == expected
