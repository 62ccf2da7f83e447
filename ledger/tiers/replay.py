"""Replaying a standing from its credits and grants, as the checker does: by the very functions that made it. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from ledger.book.units import NEVER
from ledger.tiers.evaluation import Brought, Change, credit, due, grant, new_standing
from ledger.tiers.move import terms_at
from ledger.tiers.rows import LadderVersion, Standing

DUE_MAX = 10_000


class Happened(NamedTuple):
    """A credit, or a grant where `level` is given; `version` is the standing's afterwards."""

    version: int
    posted_at: datetime
    day: date
    occurred_at: datetime
    amount: int
    level: str | None = None


class StepTaken(NamedTuple):
    """A change of the level that is held."""

    number: int
    level: str
    cause: str
    since: datetime


class Replayed(NamedTuple):
    """A standing as its history makes it, with every step to it."""

    standing: Standing
    steps: Sequence[StepTaken]


def replay(
    stored: Standing, versions: Sequence[LadderVersion], time_zone: str, history: Sequence[Happened]
) -> Replayed | None:
    """What the history comes to at the stored standing's version; None where it never comes to that version."""
    if not history:
        return None
    first = terms_at(versions, time_zone, history[0].posted_at).body.levels[0].code
    began_at = history[0].posted_at
    standing = new_standing(stored.programme_id, stored.member_id, stored.ladder_id, first, began_at)
    steps: list[StepTaken] = []
    for happened in history:
        standing = _settle(standing, versions, time_zone, happened.version - 1, steps)
        if standing.next_due_at <= happened.posted_at:
            return None
        change = _happen(standing, versions, time_zone, happened)
        standing = _take(change, steps)
        if standing.version != happened.version:
            return None
    standing = _settle(standing, versions, time_zone, stored.version, steps)
    return Replayed(standing, steps)


def _happen(standing: Standing, versions: Sequence[LadderVersion], time_zone: str, happened: Happened) -> Change:
    terms = terms_at(versions, time_zone, happened.posted_at)
    if happened.level is not None:
        return grant(standing, terms, happened.level, happened.day, happened.posted_at)
    return credit(standing, terms, Brought(happened.day, happened.occurred_at, happened.amount), happened.posted_at)


def _settle(
    standing: Standing, versions: Sequence[LadderVersion], time_zone: str, version: int, steps: list[StepTaken]
) -> Standing:
    """What time alone brought until the standing had that version."""
    for _ in range(DUE_MAX):
        if standing.version >= version or standing.next_due_at == NEVER:
            break
        terms = terms_at(versions, time_zone, standing.next_due_at)
        standing = _take(due(standing, terms), steps)
    return standing


def _take(change: Change, steps: list[StepTaken]) -> Standing:
    after, cause = change
    if cause is not None:
        steps.append(StepTaken(after.steps, after.level, cause, after.since))
    return after
