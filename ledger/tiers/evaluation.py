"""What becomes of a standing: by a credit, by a grant, and by time alone. Pure.

Time is looked at on local midnights: grants end, periods end, graces end. `next_due_at` names the next one on which
anything would change if nothing more came; up to it a standing is what it says.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import orjson

from ledger.book.units import NEVER, ProgrammeId
from ledger.programme.calendar import first_instant, local_date
from ledger.tiers.ladder_body import Demotion, LadderBody, Level, MetricKind, Promotion, WindowKind
from ledger.tiers.rows import Cause, Standing, standing_id
from ledger.tiers.window import (
    DAY,
    Buckets,
    bucket_of,
    counted,
    counted_before,
    first_below,
    kept_from,
    length_days,
    next_period,
    starts_on,
)


class Terms(NamedTuple):
    """A ladder's terms, and the zone of its programme."""

    body: LadderBody
    time_zone: str


class Brought(NamedTuple):
    """What counts: so much, where `day` counts; `occurred_at` decides which snapshot is the last one."""

    day: date
    occurred_at: datetime
    amount: int


class Change(NamedTuple):
    """The standing afterwards, and why its level changed, if it did."""

    standing: Standing
    cause: Cause | None


def new_standing(programme_id: ProgrammeId, member_id: UUID, ladder_id: UUID, first: str, now: datetime) -> Standing:
    """A member on the first level, for whom nothing counts yet."""
    return Standing(
        id=standing_id(member_id, ladder_id),
        programme_id=programme_id,
        member_id=member_id,
        ladder_id=ladder_id,
        level=first,
        since=now,
        earned=first,
        granted=None,
        granted_until=None,
        falls_on=None,
        safe_until=None,
        buckets="{}",
        snapshots="{}",
        credited_at=None,
        next_due_at=NEVER,
        steps=0,
        version=0,
    )


def buckets_of(standing: Standing) -> Buckets:
    """What counts, by the first day of each bucket."""
    return _read_buckets(standing.buckets)


@lru_cache(maxsize=256)
def _read_buckets(text: str) -> Buckets:
    """A credit asks four times, and a rolling window has a bucket a day."""
    read: dict[str, int] = orjson.loads(text)
    return read


def level_of(standing: Standing, body: LadderBody) -> Level:
    """The level that is held."""
    return body.levels[body.index_of(standing.level)]


# -- by a credit or a grant --------------------------------------------------------------------------------------------


def credit(standing: Standing, terms: Terms, brought: Brought, now: datetime) -> Change:
    """What counts is added, or is the new value; whoever reaches a level with it rises at once, by the ladder's terms.

    Nothing may be due: `due` comes first.
    """
    body, today = terms.body, local_date(now, terms.time_zone)
    counting = _count(standing, body, brought, today)._replace(credited_at=now)
    buckets = buckets_of(counting)
    best = best_of(body, buckets, today)
    # A period that has ended lets those rise at once whom a late activity lifts over its threshold.
    reached = body.reached_by(best if body.promotion == Promotion.NOW else counted_before(body.window, buckets, today))
    if reached > body.index_of(standing.earned):
        counting = _rise(counting, body, reached)
    elif best >= body.levels[body.index_of(standing.earned)].threshold:
        counting = counting._replace(falls_on=None)
    return _changed(standing, counting, terms, now, today, Cause.REACHED)


def grant(standing: Standing, terms: Terms, level: str, until_on: date, now: datetime) -> Change:
    """The level is held through that local day whatever is earned; an earlier grant ends. Nothing may be due."""
    granted = standing._replace(granted=level, granted_until=until_on)
    return _changed(standing, granted, terms, now, local_date(now, terms.time_zone), Cause.GRANTED)


def _count(standing: Standing, body: LadderBody, brought: Brought, today: date) -> Standing:
    kept = kept_from(body.window, today).isoformat()
    bucket = bucket_of(body.window, brought.day).isoformat()
    buckets = {day: amount for day, amount in buckets_of(standing).items() if day >= kept}
    if body.metric.kind != MetricKind.SNAPSHOT:
        if bucket >= kept:
            buckets[bucket] = buckets.get(bucket, 0) + brought.amount
        return _with_buckets(standing, buckets)
    return _snap(standing, body, brought, buckets, bucket)


def _snap(standing: Standing, body: LadderBody, brought: Brought, buckets: dict[str, int], bucket: str) -> Standing:
    """The last value that was taken in a calendar period is that period's; a rolling window has the last of all."""
    is_rolling = body.window.kind == WindowKind.ROLLING
    taken: dict[str, str] = orjson.loads(standing.snapshots)
    before = [at for day, at in taken.items() if is_rolling or day == bucket]
    if any(brought.occurred_at < datetime.fromisoformat(at) for at in before):
        return standing
    others = {} if is_rolling else buckets
    kept = {day: at for day, at in taken.items() if day in others}
    at = brought.occurred_at.astimezone(UTC).isoformat()
    return _with_buckets(standing, {**others, bucket: brought.amount})._replace(snapshots=_json({**kept, bucket: at}))


def _with_buckets(standing: Standing, buckets: Buckets) -> Standing:
    return standing._replace(buckets=_json(buckets))


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def best_of(body: LadderBody, buckets: Buckets, today: date) -> int:
    """What speaks for the member: its window, or the calendar period before, whichever is more."""
    return max(counted(body.window, buckets, today), counted_before(body.window, buckets, today))


# -- by time -----------------------------------------------------------------------------------------------------------


def due(standing: Standing, terms: Terms) -> Change:
    """What the local midnight at `next_due_at` brings."""
    instant = standing.next_due_at
    day = local_date(instant, terms.time_zone)
    after = standing
    if after.granted_until is not None and after.granted_until < day:
        after = after._replace(granted=None, granted_until=None)
    after = _review(after, terms.body, day)
    cause = Cause.GRANT_ENDED if after.earned == standing.earned else Cause.FELL
    return _changed(standing, after, terms, instant, day, cause)


def _review(standing: Standing, body: LadderBody, day: date) -> Standing:
    buckets = buckets_of(standing)
    best, place = best_of(body, buckets, day), body.index_of(standing.earned)
    is_end = starts_on(body.window, day) == day or body.window.kind == WindowKind.ROLLING
    if is_end and body.reached_by(best) > place:
        return _rise(standing, body, body.reached_by(best))
    if best >= body.levels[place].threshold or body.demotion == Demotion.NONE:
        return standing._replace(falls_on=None)
    if standing.falls_on is not None:
        return _fall(standing, body, best, day) if standing.falls_on <= day else standing
    if not is_end or (standing.safe_until is not None and day < standing.safe_until):
        return standing
    if body.grace_days:
        return standing._replace(falls_on=day + timedelta(days=body.grace_days))
    return _fall(standing, body, best, day)


def _rise(standing: Standing, body: LadderBody, place: int) -> Standing:
    return standing._replace(earned=body.levels[place].code, falls_on=None, safe_until=None)


def _fall(standing: Standing, body: LadderBody, best: int, day: date) -> Standing:
    if body.demotion == Demotion.FULL:
        return standing._replace(earned=body.levels[body.reached_by(best)].code, falls_on=None, safe_until=None)
    below = body.levels[body.index_of(standing.earned) - 1].code
    is_rolling = body.window.kind == WindowKind.ROLLING
    safe_until = day + timedelta(days=length_days(body.window)) if is_rolling else None
    return standing._replace(earned=below, falls_on=None, safe_until=safe_until)


# -- both --------------------------------------------------------------------------------------------------------------


def _changed(before: Standing, after: Standing, terms: Terms, at: datetime, today: date, cause: Cause) -> Change:
    """With the level that is held, the next due instant and the next version; `cause` is why it fell, or was given."""
    body = terms.body
    places = [body.index_of(code) for code in (after.earned, after.granted) if code is not None]
    level = body.levels[max(places)].code
    day = _next_due_on(after, body, today)
    after = after._replace(
        next_due_at=NEVER if day is None else first_instant(day, terms.time_zone), version=before.version + 1
    )
    if level == before.level:
        return Change(after, None)
    if cause != Cause.GRANTED and body.index_of(level) > body.index_of(before.level):
        cause = Cause.REACHED
    return Change(after._replace(level=level, since=at, steps=before.steps + 1), cause)


def _next_due_on(standing: Standing, body: LadderBody, today: date) -> date | None:
    days = [standing.falls_on, None if standing.granted_until is None else standing.granted_until + DAY]
    buckets, place = buckets_of(standing), body.index_of(standing.earned)
    following = next_period(body.window, today)
    if body.promotion == Promotion.AT_PERIOD_END and body.reached_by(at_end(body, buckets, today)) > place:
        days.append(following)
    if place > 0 and body.demotion != Demotion.NONE and standing.falls_on is None:
        days.append(_first_review(standing, body, buckets, today))
    return min((day for day in days if day is not None), default=None)


def at_end(body: LadderBody, buckets: Buckets, today: date) -> int:
    """What the period's end will find if nothing more comes."""
    is_rolling = body.window.kind == WindowKind.ROLLING
    return counted(body.window, buckets, today + DAY if is_rolling else today)


def _first_review(standing: Standing, body: LadderBody, buckets: Buckets, today: date) -> date | None:
    """The first day on which the level may turn out not to be reached any more."""
    if body.window.kind != WindowKind.ROLLING:
        return next_period(body.window, today)
    after = today if standing.safe_until is None else max(today, standing.safe_until - DAY)
    return first_below(body.window, buckets, body.levels[body.index_of(standing.earned)].threshold, after)
