"""Progress: what a member has, what it needs to reach the next level, and what to stay (semantics 6.6). Pure."""

from datetime import date, timedelta
from typing import NamedTuple

from ledger.tiers.evaluation import Terms, at_end, best_of, buckets_of
from ledger.tiers.ladder_body import Demotion, LadderBody, Promotion, WindowKind
from ledger.tiers.rows import Standing
from ledger.tiers.window import DAY, Buckets, counted, first_below, next_period, starts_on


class Keep(NamedTuple):
    """What it takes to keep the level that was earned.

    by:       the last local day on which it may be brought
    missing:  how much it takes if it is brought on that day; 0 where nothing is missing
    falls_on: the local day on which the level falls otherwise, at the earliest
    """

    by: date
    missing: int
    falls_on: date


class Progress(NamedTuple):
    """Where a member stands on a local day.

    counted:    of the metric, in the window from `counted_from` on
    next_level: None on the highest level
    missing:    how much more it takes today; with promotion at the period's end, beside what will count then
    keep:       None where the level never falls
    """

    counted: int
    counted_from: date
    next_level: str | None
    missing: int
    keep: Keep | None


def progress_of(standing: Standing, terms: Terms, today: date) -> Progress:
    """The progress of a standing for which nothing is due."""
    body, buckets, held = terms.body, buckets_of(standing), terms.body.index_of(standing.level)
    have = counted(body.window, buckets, today)
    deciding = have if body.promotion == Promotion.NOW else at_end(body, buckets, today)
    following = body.levels[held + 1] if held + 1 < len(body.levels) else None
    return Progress(
        counted=have,
        counted_from=starts_on(body.window, today),
        next_level=None if following is None else following.code,
        missing=0 if following is None else max(0, following.threshold - deciding),
        keep=_keep(standing, body, buckets, today),
    )


def _keep(standing: Standing, body: LadderBody, buckets: Buckets, today: date) -> Keep | None:
    place = body.index_of(standing.earned)
    if place == 0 or body.demotion == Demotion.NONE:
        return None
    threshold = body.levels[place].threshold
    if standing.falls_on is not None:
        missing = threshold - counted(body.window, buckets, standing.falls_on - DAY)
        # Terms that were changed since may ask for less than what counts anyway.
        is_reached = best_of(body, buckets, standing.falls_on) >= threshold
        return Keep(standing.falls_on - DAY, 0 if is_reached else max(1, missing), standing.falls_on)
    if body.window.kind != WindowKind.ROLLING:
        end = next_period(body.window, today)
        missing = threshold - counted(body.window, buckets, end - DAY)
        return Keep(end - DAY, max(0, missing), end + timedelta(days=body.grace_days))
    after = today if standing.safe_until is None else max(today, standing.safe_until - DAY)
    below = first_below(body.window, buckets, threshold, after)
    if below is None:
        return None
    falls_on = below + timedelta(days=body.grace_days)
    by = falls_on - DAY
    # Within a grace it is enough to reach the level for a day; without one the midnight itself must find it reached.
    missing = threshold - counted(body.window, buckets, by if body.grace_days else falls_on)
    return Keep(by, max(0, missing), falls_on)
