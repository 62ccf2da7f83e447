"""Reading ladders and their versions."""

from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.engine.reader import Query, Reader, Record
from ledger.engine.version_pages import VersionPages
from ledger.tiers.ladder import LADDERS_MAX, LadderRecord
from ledger.tiers.rows import Ladder, LadderVersion, ladder_id
from ledger.tiers.tables import TIER_LADDER_VERSIONS, TIER_LADDERS

_RECORDS = (
    select(
        *(TIER_LADDERS.c[name] for name in Ladder._fields),
        *(TIER_LADDER_VERSIONS.c[name].label(f"latest_{name}") for name in LadderVersion._fields),
    )
    .join(
        TIER_LADDER_VERSIONS,
        (TIER_LADDER_VERSIONS.c.ladder_id == TIER_LADDERS.c.id)
        & (TIER_LADDER_VERSIONS.c.number == TIER_LADDERS.c.latest_number),
    )
    .where(TIER_LADDERS.c.programme_id == bindparam("programme"))
)
_ALL = Query(_RECORDS.order_by(TIER_LADDERS.c.code).limit(LADDERS_MAX))
_ONE = Query(_RECORDS.where(TIER_LADDERS.c.id == bindparam("ladder")))
VERSION_PAGES = VersionPages(TIER_LADDER_VERSIONS, LadderVersion, owner="ladder_id")


async def ladders_of(reader: Reader, programme_id: UUID) -> list[LadderRecord]:
    """The programme's ladders with their newest versions, in the order of their codes."""
    return [_record(row) for row in await reader.rows(_ALL, {"programme": programme_id})]


async def ladder_by_code(reader: Reader, programme_id: UUID, code: str) -> LadderRecord | None:
    """The programme's ladder of that code."""
    row = await reader.row(_ONE, {"programme": programme_id, "ladder": ladder_id(programme_id, code)})
    return None if row is None else _record(row)


def _record(row: Record) -> LadderRecord:
    ladder, latest = row[: len(Ladder._fields)], row[len(Ladder._fields) :]
    return LadderRecord(Ladder(*ladder), LadderVersion(*latest))
