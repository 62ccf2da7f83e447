"""Where members stand on ladders, how far it is to the next level, and how they came there."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.connection import (
    PAGE_MAX,
    Connection,
    connect,
    number_after,
    number_cursor,
    page_size,
    rows_for,
)
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, object_type
from graphql_api.schema.kinds import VOUCHER, maybe_id
from graphql_api.schema.tier_enums import Cause, PackState
from graphql_api.schema.tier_terms import TierLevel, level_of
from ledger.book.refusal import RefusalCode
from ledger.book.units import Points
from ledger.tiers.progress import Keep, Progress
from ledger.tiers.rows import Pack, Step
from ledger.tiers.tier_query import NUMBER_END, TierView, packs_of, steps_page, tiers_of_member


@object_type
class TierKeep:
    """What it takes to keep the level that was earned.

    by:       the last local day on which it can be done
    missing:  how much more of the metric it takes if it comes on that day; 0 where nothing is missing
    falls_on: the local day on which the level falls otherwise, at the earliest
    """

    by: date
    missing: Points
    falls_on: date


@object_type
class TierProgress:
    """How far a member has come, in units of the ladder's metric.

    counted:      what counts in the window of today
    counted_from: the first local day of that window
    next_level:   the code of the level above the one that is held; null on the highest
    missing:      how much more reaches it
    keep:         what it takes to stay; null where the level never falls
    """

    counted: Points
    counted_from: date
    next_level: str | None
    missing: Points
    keep: TierKeep | None


@object_type
class TierStep:
    """A change of the level that a member holds.

    level: the code of the level from then on
    cause: why
    since: when the step was made
    """

    level: str
    cause: Cause
    since: datetime


@object_type
class TierPack:
    """A voucher that a promotion brings.

    level:       the code of the level that was reached
    template:    the code of the voucher's template
    state:       what became of it
    voucher_id:  the voucher, once it was given
    refusal:     why it could not be given, so far or for good
    due_at:      when it fell due
    next_try_at: when it is tried next; null once it was given or refused
    """

    level: str
    template: str
    state: PackState
    voucher_id: strawberry.ID | None
    refusal: RefusalCode | None
    due_at: datetime
    next_try_at: datetime | None


@object_type
class MemberTier:
    """Where a member stands on a ladder, this instant.

    ladder:        the ladder's code
    level:         the level that is held
    since:         when the member came to the level; null where it never moved
    earned_level:  the code of the level that the member earned, where a higher one was given by hand
    granted_until: the last local day of a level that was given by hand
    progress:      how far the member has come
    read_at:       the instant of which all this is true
    """

    ladder: str
    level: TierLevel
    since: datetime | None
    earned_level: str
    granted_until: date | None
    progress: TierProgress
    read_at: datetime
    view: strawberry.Private[TierView]

    @field(requires(Scope.TIER_READ, Scope.TIER_READ_ANY, cost=5, page_max=PAGE_MAX))
    async def steps(self, info: Info, first: int = 20, after: str | None = None) -> Connection[TierStep]:
        """How the member came here, the latest change first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        size = page_size(first)
        rows = await info.context.read(
            steps_page, self.view, limit=rows_for(size), before=NUMBER_END if after is None else number_after(after)
        )
        return connect(rows, size, node=_step, cursor=lambda row: number_cursor(row.number), is_first=after is None)

    @field(requires(Scope.TIER_READ, Scope.TIER_READ_ANY, cost=10))
    async def packs(self, info: Info) -> list[TierPack]:
        """The vouchers that the member's promotions brought, the latest first; 100 at most."""
        if self.view.standing_id is None:
            return []
        rows = await info.context.read(packs_of, self.view.standing_id)
        return [_pack(row) for row in rows]


async def read_tiers(context: Context, member_id: UUID) -> list[MemberTier]:
    """Where a member stands on every ladder."""
    views = await context.read(tiers_of_member, member_id)
    return [_tier(view) for view in views]


def _tier(view: TierView) -> MemberTier:
    return MemberTier(
        ladder=view.ladder,
        level=level_of(view.level),
        since=view.since,
        earned_level=view.earned,
        granted_until=view.granted_until,
        progress=_progress(view.progress),
        read_at=view.read_at,
        view=view,
    )


def _progress(progress: Progress) -> TierProgress:
    return TierProgress(
        counted=Points(progress.counted),
        counted_from=progress.counted_from,
        next_level=progress.next_level,
        missing=Points(progress.missing),
        keep=None if progress.keep is None else _keep(progress.keep),
    )


def _keep(keep: Keep) -> TierKeep:
    return TierKeep(by=keep.by, missing=Points(keep.missing), falls_on=keep.falls_on)


def _step(row: Step) -> TierStep:
    return TierStep(level=row.level, cause=Cause(row.cause), since=row.since)


def _pack(row: Pack) -> TierPack:
    return TierPack(
        level=row.level,
        template=row.template,
        state=PackState(row.state),
        voucher_id=maybe_id(VOUCHER, row.voucher_id),
        refusal=None if row.refused is None else RefusalCode(row.refused),
        due_at=row.due_at,
        next_try_at=row.next_try_at,
    )
