"""Explain: an activity with what came of it, as it was decided; nothing is computed anew (semantics 6.4)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.campaigns import tables
from ledger.campaigns.receipt import ActivityReceipt, SkippedLine
from ledger.campaigns.rows import Activity, Award
from ledger.engine.outcome import thaw
from ledger.engine.reader import Query, Reader
from ledger.engine.request import request_id
from ledger.engine.tables import REQUESTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The activity, its awards in the order of the campaigns, and why the others awarded nothing."""

    activity: Activity
    awards: tuple[Award, ...]
    skipped: tuple[SkippedLine, ...]


_COLUMNS = [tables.ACTIVITIES.c[name] for name in Activity._fields]
_OURS = tables.ACTIVITIES.c.programme_id == bindparam("programme_id")
_BY_ID = Query(select(*_COLUMNS).where(tables.ACTIVITIES.c.id == bindparam("id"), _OURS))
_BY_REQUEST = Query(select(*_COLUMNS).where(tables.ACTIVITIES.c.request_id == bindparam("id"), _OURS))
_OUTCOME = Query(select(REQUESTS.c.outcome).where(REQUESTS.c.id == bindparam("request_id")))
_AWARDS = Query(
    select(*(tables.AWARDS.c[name] for name in Award._fields))
    .where(tables.AWARDS.c.activity_id == bindparam("activity_id"))
    .order_by(tables.AWARDS.c.id)
)


async def explain(reader: Reader, programme_id: UUID, activity_id: UUID) -> Explained | None:
    """The programme's activity of that id; None where there is none."""
    return await _explain(reader, _BY_ID, programme_id, activity_id)


async def explain_event(reader: Reader, programme_id: UUID, client: str, key: str) -> Explained | None:
    """The activity that the client reported under the key (`report.activity_key`); None where there is none."""
    return await _explain(reader, _BY_REQUEST, programme_id, request_id(client, key))


async def _explain(reader: Reader, query: Query, programme_id: UUID, id_: UUID | bytes) -> Explained | None:
    row = await reader.row(query, {"id": id_, "programme_id": programme_id})
    if row is None:
        return None
    activity = Activity(*row)
    awards = await reader.rows(_AWARDS, {"activity_id": activity.id})
    kept = await reader.row(_OUTCOME, {"request_id": activity.request_id})
    receipt = None if kept is None else thaw(kept["outcome"], ActivityReceipt).unwrap()
    skipped = () if receipt is None else receipt.skipped
    return Explained(activity=activity, awards=tuple(Award(*award) for award in awards), skipped=skipped)
