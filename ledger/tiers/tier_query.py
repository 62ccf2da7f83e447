"""Where a member stands, true at the instant of the read: what time has brought since the last write is worked out by the
write's own functions, in memory (semantics 2.2).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.book.units import ProgrammeId
from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader, Record
from ledger.engine.sql_query import SqlQuery
from ledger.programme.calendar import local_date
from ledger.tiers import tables
from ledger.tiers.evaluation import level_of, new_standing
from ledger.tiers.ladder import read_versions
from ledger.tiers.ladder_body import Level
from ledger.tiers.move import changes_by, step_to, terms_at
from ledger.tiers.progress import Progress, progress_of
from ledger.tiers.rows import Pack, Standing, Step

PACKS_MAX: Final = 100
NUMBER_END: Final = 2**31 - 1
"""Before which every step's number lies."""


class TierView(NamedTuple):
    """Where a member stands on a ladder at `read_at`.

    since:         None where it never moved
    earned:        the code of the level without what was given by hand
    granted_until: the last local day of a level by hand
    brought:       the steps that time alone has brought and that nobody has posted yet, the latest first
    """

    ladder: str
    standing_id: UUID | None
    level: Level
    since: datetime | None
    earned: str
    granted_until: date | None
    progress: Progress
    read_at: datetime
    brought: Sequence[Step]


_TIERS = SqlQuery(
    """
    SELECT l.id AS on_ladder, l.code, p.time_zone, i.now,
           (SELECT json_agg(json_build_array(v.number, v.body, v.created_at) ORDER BY v.number)::text
            FROM registry.tier_ladder_versions v WHERE v.ladder_id = l.id) AS versions, s.*
    FROM (SELECT now FROM {now} instant) i
    CROSS JOIN registry.tier_ladders l
    JOIN registry.programmes p ON p.id = l.programme_id
    LEFT JOIN {book}.tier_standings s ON s.ladder_id = l.id AND s.member_id = CAST(:member_id AS uuid)
        AND s.programme_id = l.programme_id
    WHERE l.programme_id = CAST(:programme_id AS uuid)
    ORDER BY l.code LIMIT 20
    """
)


async def tiers_of_member(reader: Reader, programme_id: UUID, member_id: UUID) -> list[TierView]:
    """Where the member stands on each of the programme's ladders, in the order of their codes."""
    rows = await reader.rows(_TIERS, {"programme_id": programme_id, "member_id": member_id})
    return [_view(row, ProgrammeId(programme_id), member_id) for row in rows]


def _view(row: Record, programme_id: ProgrammeId, member_id: UUID) -> TierView:
    now: datetime = row["now"]
    versions = read_versions(row["versions"], row["on_ladder"], programme_id)
    terms = terms_at(versions, row["time_zone"], now)
    stored = None if row["id"] is None else Standing(*(row[name] for name in Standing._fields))
    first = terms.body.levels[0].code
    standing = stored or new_standing(programme_id, member_id, row["on_ladder"], first, now)
    changes = list(changes_by(standing, versions, row["time_zone"], now))
    standing = changes[-1].standing if changes else standing
    brought = [step_to(after, cause, now) for after, cause in reversed(changes) if cause is not None]
    return TierView(
        ladder=row["code"],
        standing_id=None if stored is None else stored.id,
        level=level_of(standing, terms.body),
        since=standing.since if standing.steps else None,
        earned=standing.earned,
        granted_until=standing.granted_until,
        progress=progress_of(standing, terms, local_date(now, terms.time_zone)),
        read_at=now,
        brought=brought,
    )


_STEPS = Query(
    select(*(tables.TIER_STEPS.c[name] for name in Step._fields))
    .where(
        tables.TIER_STEPS.c.standing_id == bindparam("standing"),
        tables.TIER_STEPS.c.programme_id == bindparam("programme"),
        tables.TIER_STEPS.c.number < bindparam("before"),
    )
    .order_by(tables.TIER_STEPS.c.number.desc())
    .limit(bindparam("limit"))
)
_PACKS = Query(
    select(*(tables.TIER_PACKS.c[name] for name in Pack._fields))
    .where(
        tables.TIER_PACKS.c.standing_id == bindparam("standing"),
        tables.TIER_PACKS.c.programme_id == bindparam("programme"),
    )
    .order_by(tables.TIER_PACKS.c.due_at.desc(), tables.TIER_PACKS.c.id)
    .limit(PACKS_MAX)
)


async def steps_page(
    reader: Reader, programme_id: UUID, view: TierView, *, limit: int, before: int = NUMBER_END
) -> list[Step]:
    """At most `limit` (≤ 101) changes of the level, the latest first, from before that number on: those that time has
    brought, then those that the book has.
    """
    if view.standing_id is None:
        return []
    before, limit = min(before, NUMBER_END), min(limit, PAGE_ROWS_MAX)
    asked = {"standing": view.standing_id, "programme": programme_id, "before": before, "limit": limit}
    posted = [Step(*row) for row in await reader.rows(_STEPS, asked)]
    # What was posted since the view was read stands in the book.
    last = posted[0].number if posted else 0
    return [*(step for step in view.brought if last < step.number < before), *posted][:limit]


async def packs_of(reader: Reader, programme_id: UUID, standing: UUID) -> list[Pack]:
    """The vouchers that promotions brought, the latest first, 100 at most."""
    rows = await reader.rows(_PACKS, {"standing": standing, "programme": programme_id})
    return [Pack(*row) for row in rows]
