"""Looking up what files and command lines name: a programme; a chunk's members and merchants, in one query each."""

from collections.abc import Collection, Mapping
from uuid import UUID

from graphql_api.caller import is_subject, name_in
from graphql_api.processes.importing.faults import UnusableFile
from ledger.engine.command import Actor
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.programme.queries import programmes
from ledger.programme.rows import Programme

_MEMBERS = SqlQuery(
    "SELECT external_id AS name, id FROM {book}.members"
    " WHERE programme_id = :programme_id AND external_id = ANY(CAST(:names AS text[]))"
)
_MERCHANTS = SqlQuery(
    "SELECT code AS name, id FROM registry.merchants"
    " WHERE programme_id = :programme_id AND code = ANY(CAST(:names AS text[]))"
)


async def find_programme(reader: Reader, code: str | None) -> UUID:
    """The programme of that code, or the only one; UnusableFile names those that there are."""
    return (await _programme(reader, code)).id


async def find_source(reader: Reader, code: str | None, name: str) -> Actor:
    """Who reports a file to that programme: the client that the API makes of a token of that name, so unique over
    programmes, as its idempotency keys are. UnusableFile where there is no such programme, or
    no token could carry that name.
    """
    require_source(name)
    programme = await _programme(reader, code)
    return Actor(kind="service", id=name_in(programme.code, name), programme_id=programme.id)


def require_source(name: str) -> None:
    """UnusableFile where no token could carry that name."""
    if not is_subject(name):
        raise UnusableFile(f"{name[:40]!r} names no source: 1 to 255 bytes that can be printed do.")


async def _programme(reader: Reader, code: str | None) -> Programme:
    found = await programmes(reader)
    if code is None and len(found) == 1:
        return found[0]
    for programme in found:
        if programme.code == code:
            return programme
    if not found:
        raise UnusableFile("this database has no programme yet; `scrip programme create` makes one.")
    known = ", ".join(programme.code for programme in found)
    complaint = "name the programme with --programme" if code is None else f"there is no programme {code!r}"
    raise UnusableFile(f"{complaint}; this database has: {known}.")


async def find_members(reader: Reader, programme_id: UUID, external_ids: Collection[str]) -> Mapping[str, UUID]:
    """The members among those external ids."""
    return await _find(reader, _MEMBERS, programme_id, external_ids)


async def find_merchants(reader: Reader, programme_id: UUID, codes: Collection[str]) -> Mapping[str, UUID]:
    """The merchants among those codes, closed ones too."""
    return await _find(reader, _MERCHANTS, programme_id, codes)


async def _find(reader: Reader, query: SqlQuery, programme_id: UUID, names: Collection[str]) -> Mapping[str, UUID]:
    # Nobody is called by what cannot be printed, and PostgreSQL takes no NUL.
    asked = [name for name in names if name.isprintable()]
    if not asked:
        return {}
    rows = await reader.rows(query, {"programme_id": programme_id, "names": asked})
    return {row["name"]: row["id"] for row in rows}
