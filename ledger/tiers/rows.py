"""Ladders, standings, credits, grants and packs as rows of the write path.

A member's standings, with all that belongs to them, have no lock of their own: whoever changes one locks the member's
holder. Ladders are standing rows of the engine's.
"""

from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import ProgrammeId, computed_id
from ledger.engine.shelf import Shelf
from ledger.tiers import tables


class Ladder(NamedTuple):
    """A row of `tier_ladders`."""

    id: UUID
    programme_id: ProgrammeId
    code: str
    latest_number: int = 1
    version: int = 1


class LadderVersion(NamedTuple):
    """A row of `tier_ladder_versions`: holds from `created_at` on, the first one for what was before it too; `body` is
    the canonical JSON of a `LadderBody`.
    """

    id: UUID
    ladder_id: UUID
    programme_id: ProgrammeId
    number: int
    body: str
    created_at: datetime


class Standing(NamedTuple):
    """A row of `tier_standings`: where a member stands on a ladder. Whoever has none stands on the first level.

    level, since:  the level that is held, and since when; the higher one of `earned` and `granted`
    granted_until: the last local day of the grant
    falls_on:      the local day on which `earned` falls, unless it is reached again before
    safe_until:    the local day before which it does not fall once more
    buckets:       JSON: what counts, by the first local day of each bucket (`window.py`)
    snapshots:     JSON: when the value of a SNAPSHOT metric was taken, by bucket
    credited_at:   when anything was last credited or taken back; None where nothing ever was
    next_due_at:   when something changes by time alone
    steps:         how often `level` has changed · version: how often anything was credited, granted or due
    """

    id: UUID
    programme_id: ProgrammeId
    member_id: UUID
    ladder_id: UUID
    level: str
    since: datetime
    earned: str
    granted: str | None
    granted_until: date | None
    falls_on: date | None
    safe_until: date | None
    buckets: str
    snapshots: str
    credited_at: datetime | None
    next_due_at: datetime
    steps: int
    version: int


class Cause(StrEnum):
    """Why a level changed."""

    REACHED = "REACHED"
    FELL = "FELL"
    GRANTED = "GRANTED"
    GRANT_ENDED = "GRANT_ENDED"


class Step(NamedTuple):
    """A row of `tier_steps`: the level that is held from `since` to the next step."""

    id: UUID
    programme_id: ProgrammeId
    member_id: UUID
    standing_id: UUID
    number: int
    level: str
    cause: str
    since: datetime
    posted_at: datetime


class CreditSource(StrEnum):
    """What credited: the ladder's own metric, or a rule of a campaign."""

    METRIC = "METRIC"
    RULE = "RULE"


class TierCredit(NamedTuple):
    """A row of `tier_credits`: what an activity brought on a ladder, below zero where a refund took it back.

    version:   the standing's, once it was credited
    local_day: where it counts; of a refund, that of the original
    amount:    in units of the metric; of a SNAPSHOT, the value itself
    """

    id: UUID
    programme_id: ProgrammeId
    member_id: UUID
    standing_id: UUID
    version: int
    activity_id: UUID
    source: str
    local_day: date
    occurred_at: datetime
    posted_at: datetime
    amount: int
    original_credit_id: UUID | None = None


class Grant(NamedTuple):
    """A row of `tier_grants`: a level by hand, good through the local day `until_on`."""

    id: UUID
    programme_id: ProgrammeId
    member_id: UUID
    standing_id: UUID
    version: int
    level: str
    until_on: date
    reason_code: str
    approval_id: UUID
    granted_at: datetime


class PackState(StrEnum):
    """DUE until a sweep gives it; REFUSED once nobody tries any more."""

    DUE = "DUE"
    GIVEN = "GIVEN"
    REFUSED = "REFUSED"


class Pack(NamedTuple):
    """A row of `tier_packs`: a voucher of `template` for a promotion to `level`, once in the period from `starts_on`.

    refused:     the refusal's code, where the voucher could not be given so far, or for good
    due_at:      when the promotion was posted
    next_try_at: when a sweep tries next; None once it is settled
    """

    id: UUID
    programme_id: ProgrammeId
    member_id: UUID
    standing_id: UUID
    level: str
    starts_on: date
    template: str
    state: str
    refused: str | None
    voucher_id: UUID | None
    due_at: datetime
    next_try_at: datetime | None
    settled_at: datetime | None


LADDERS = Shelf(tables.TIER_LADDERS, Ladder, by="programme_id", standing=True)
LADDER_VERSIONS = Shelf(tables.TIER_LADDER_VERSIONS, LadderVersion, by="ladder_id", standing=True)
STANDINGS = Shelf(
    tables.TIER_STANDINGS,
    Standing,
    by="member_id",
    updates=(
        "level",
        "since",
        "earned",
        "granted",
        "granted_until",
        "falls_on",
        "safe_until",
        "buckets",
        "snapshots",
        "credited_at",
        "next_due_at",
        "steps",
        "version",
    ),
)
STEPS = Shelf(tables.TIER_STEPS, Step, by="standing_id")
CREDITS = Shelf(tables.TIER_CREDITS, TierCredit, by="activity_id")
CREDITS_OF_STANDING = Shelf(tables.TIER_CREDITS, TierCredit, by="standing_id")
"""Read only for what occurred before the last credit of a standing was posted."""
GRANTS = Shelf(tables.TIER_GRANTS, Grant)
PACKS = Shelf(tables.TIER_PACKS, Pack, by="id", updates=("state", "refused", "voucher_id", "next_try_at", "settled_at"))


@lru_cache(maxsize=4096)
def ladder_id(programme_id: UUID, code: str) -> UUID:
    """The id of the programme's ladder of that code."""
    return computed_id(b"tier-ladder", programme_id.bytes + code.encode())


def ladder_version_id(ladder: UUID, number: int) -> UUID:
    """The id of a ladder's version."""
    return computed_id(b"ladder-version", ladder.bytes + number.to_bytes(4))


def standing_id(member_id: UUID, ladder: UUID) -> UUID:
    """The id of a member's standing on a ladder."""
    return computed_id(b"tier-standing", member_id.bytes + ladder.bytes)


def step_id(standing: UUID, number: int) -> UUID:
    """The id of a standing's step."""
    return computed_id(b"tier-step", standing.bytes + number.to_bytes(4))


def pack_id(standing: UUID, level: str, starts_on: date, template: str) -> UUID:
    """The id of one voucher of a level's pack in a period: so there is one of it only."""
    return computed_id(b"tier-pack", standing.bytes + f"{level}/{starts_on}/{template}".encode())
