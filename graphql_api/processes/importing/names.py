"""Looking up a chunk's members and merchants by the names that a file uses, in one query each."""

from collections.abc import Collection, Mapping
from uuid import UUID

from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery

_MEMBERS = SqlQuery(
    "SELECT external_id AS name, id FROM {book}.members"
    " WHERE programme_id = :programme_id AND external_id = ANY(CAST(:names AS text[]))"
)
_MERCHANTS = SqlQuery(
    "SELECT code AS name, id FROM registry.merchants"
    " WHERE programme_id = :programme_id AND code = ANY(CAST(:names AS text[]))"
)


async def find_members(reader: Reader, programme_id: UUID, external_ids: Collection[str]) -> Mapping[str, UUID]:
    """The members among those external ids."""
    return await _find(reader, _MEMBERS, programme_id, external_ids)


async def find_merchants(reader: Reader, programme_id: UUID, codes: Collection[str]) -> Mapping[str, UUID]:
    """The merchants among those codes, closed ones too."""
    return await _find(reader, _MERCHANTS, programme_id, codes)


async def _find(reader: Reader, query: SqlQuery, programme_id: UUID, names: Collection[str]) -> Mapping[str, UUID]:
    if not names:
        return {}
    rows = await reader.rows(query, {"programme_id": programme_id, "names": list(names)})
    return {row["name"]: row["id"] for row in rows}
