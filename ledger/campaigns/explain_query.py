"""Explain: activities and awards as they were decided; nothing is computed anew (semantics 6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Uuid, any_, bindparam, or_, select

from ledger.campaigns import tables
from ledger.campaigns.receipt import ActivityReceipt, SkippedLine
from ledger.campaigns.rows import Activity, Award
from ledger.engine.outcome import thaw
from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader
from ledger.engine.request import request_id
from ledger.engine.tables import REQUESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The activity, its awards in the order in which they were taken, and why the other campaigns awarded nothing."""

    activity: Activity
    awards: tuple[Award, ...]
    skipped: Sequence[SkippedLine]


_ACTIVITIES = select(*(tables.ACTIVITIES.c[name] for name in Activity._fields)).where(
    tables.ACTIVITIES.c.programme_id == bindparam("programme_id")
)
_AWARDS = select(*(tables.AWARDS.c[name] for name in Award._fields)).where(
    tables.AWARDS.c.programme_id == bindparam("programme_id")
)
_BEFORE = bindparam("before", type_=Uuid)
_BY_ID = Query(_ACTIVITIES.where(tables.ACTIVITIES.c.id == bindparam("id")))
_BY_REQUEST = Query(_ACTIVITIES.where(tables.ACTIVITIES.c.request_id == bindparam("request_id")))
_OF_MEMBER = Query(
    _ACTIVITIES.where(
        tables.ACTIVITIES.c.member_id == bindparam("member_id"),
        or_(_BEFORE.is_(None), tables.ACTIVITIES.c.id < _BEFORE),
    )
    .order_by(tables.ACTIVITIES.c.id.desc())
    .limit(bindparam("limit"))
)
_AWARD = Query(_AWARDS.where(tables.AWARDS.c.id == bindparam("id")))
_AWARDED = Query(
    select(tables.AWARDS.c.activity_id.label("asked"), *(tables.AWARDS.c[name] for name in Award._fields))
    .where(
        tables.AWARDS.c.activity_id == any_(bindparam("asked", type_=ARRAY(Uuid))),
        tables.AWARDS.c.programme_id == bindparam("programme_id"),
    )
    .order_by(tables.AWARDS.c.id)
)
_OUTCOMES = Query(
    select(REQUESTS.c.id, REQUESTS.c.outcome).where(REQUESTS.c.id == any_(bindparam("asked", type_=ARRAY(LargeBinary))))
)


async def activity_by_id(reader: Reader, programme_id: UUID, activity_id: UUID) -> Activity | None:
    """The programme's activity of that id."""
    row = await reader.row(_BY_ID, {"id": activity_id, "programme_id": programme_id})
    return None if row is None else Activity(*row)


async def activity_by_event(reader: Reader, programme_id: UUID, client: str, key: str) -> Activity | None:
    """The activity that the client reported under the key (`activity.activity_key`)."""
    asked = {"request_id": request_id(client, key), "programme_id": programme_id}
    row = await reader.row(_BY_REQUEST, asked)
    return None if row is None else Activity(*row)


async def activities_page(
    reader: Reader, programme_id: UUID, member_id: UUID, *, limit: int, before: UUID | None = None
) -> Sequence[Activity]:
    """At most `limit` (≤ 101) activities of a member, the latest report first."""
    asked = {
        "programme_id": programme_id,
        "member_id": member_id,
        "before": before,
        "limit": min(limit, PAGE_ROWS_MAX),
    }
    return [Activity(*row) for row in await reader.rows(_OF_MEMBER, asked)]


async def award_by_id(reader: Reader, programme_id: UUID, award_id: UUID) -> Award | None:
    """The programme's award of that id."""
    row = await reader.row(_AWARD, {"id": award_id, "programme_id": programme_id})
    return None if row is None else Award(*row)


async def awards_of(reader: Reader, activity: Activity) -> Sequence[Award]:
    """What the activity was awarded, counted and credited, or a refund took back, in the order in which it was taken."""
    rows = await reader.look_up_rows(_AWARDED, activity.id, programme_id=activity.programme_id)
    return [Award(*row[1:]) for row in rows]


async def skipped_of(reader: Reader, activity: Activity) -> Sequence[SkippedLine]:
    """Why the other campaigns that looked at it awarded nothing."""
    kept = await reader.look_up(_OUTCOMES, activity.request_id)
    receipt = None if kept is None else thaw(kept["outcome"], ActivityReceipt).unwrap()
    return () if receipt is None else receipt.skipped


async def explain(reader: Reader, programme_id: UUID, activity_id: UUID) -> Explained | None:
    """The programme's activity of that id with all that came of it; None where there is none."""
    activity = await activity_by_id(reader, programme_id, activity_id)
    if activity is None:
        return None
    awards, skipped = await awards_of(reader, activity), await skipped_of(reader, activity)
    return Explained(activity=activity, awards=tuple(awards), skipped=skipped)
