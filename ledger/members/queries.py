"""Reading members: one by id or by the bank's external id, and the list of a programme."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, or_, select

from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader
from ledger.engine.sql_query import SqlQuery
from ledger.engine.tables import HOLDERS
from ledger.members.tables import MEMBERS

KNOWN_MAX = 100_000


class MemberView(NamedTuple):
    """A member as the outside sees it; `state` is open, frozen or closed."""

    id: UUID
    programme_id: UUID
    external_id: str
    enrolled_at: datetime
    state: str


_MEMBERS = (
    select(MEMBERS.c.id, MEMBERS.c.programme_id, MEMBERS.c.external_id, MEMBERS.c.enrolled_at, HOLDERS.c.state)
    .join(HOLDERS, HOLDERS.c.id == MEMBERS.c.id)
    .where(MEMBERS.c.programme_id == bindparam("programme_id"))
)
_AFTER = bindparam("after", type_=Uuid)
_BY_ID = Query(_MEMBERS.where(MEMBERS.c.id == bindparam("id")))
_BY_EXTERNAL_ID = Query(_MEMBERS.where(MEMBERS.c.external_id == bindparam("external_id")))
_PAGE = Query(
    _MEMBERS.where(or_(_AFTER.is_(None), MEMBERS.c.id > _AFTER)).order_by(MEMBERS.c.id).limit(bindparam("limit"))
)
_ID = Query(
    select(MEMBERS.c.id).where(
        MEMBERS.c.external_id == bindparam("external_id"), MEMBERS.c.programme_id == bindparam("programme_id")
    )
)
_EXTERNAL_IDS = Query(
    select(MEMBERS.c.id, MEMBERS.c.external_id).where(
        MEMBERS.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), MEMBERS.c.programme_id == bindparam("programme_id")
    )
)
_IDS = Query(
    select(MEMBERS.c.id, MEMBERS.c.external_id).where(
        MEMBERS.c.external_id == any_(bindparam("external_ids", type_=ARRAY(Text))),
        MEMBERS.c.programme_id == bindparam("programme_id"),
    )
)
# The partial index of erased members says so too.
_ERASED = SqlQuery(
    """
    SELECT m.id FROM {book}.members m LEFT JOIN audit.erasures e ON e.id = m.id
    WHERE m.external_id LIKE 'erased:%' AND e.id IS NULL ORDER BY m.id LIMIT :limit
    """
)


async def member_by_id(reader: Reader, programme_id: UUID, member_id: UUID) -> MemberView | None:
    """The programme's member with that id, closed or not."""
    row = await reader.row(_BY_ID, {"programme_id": programme_id, "id": member_id})
    return None if row is None else MemberView(*row)


async def member_by_external_id(reader: Reader, programme_id: UUID, external_id: str) -> MemberView | None:
    """The programme's member whom the bank calls so, closed or not."""
    row = await reader.row(_BY_EXTERNAL_ID, {"programme_id": programme_id, "external_id": external_id})
    return None if row is None else MemberView(*row)


async def members_page(
    reader: Reader, programme_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[MemberView]:
    """At most `limit` (≤ 101) members in the order of enrolment."""
    found = {"programme_id": programme_id, "after": after, "limit": min(limit, PAGE_ROWS_MAX)}
    return [MemberView(*row) for row in await reader.rows(_PAGE, found)]


async def external_ids(reader: Reader, programme_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What the bank calls those of them that are the programme's."""
    rows = await reader.rows(_EXTERNAL_IDS, {"programme_id": programme_id, "ids": list(ids)})
    return {row["id"]: row["external_id"] for row in rows}


async def erased_members(reader: Reader, *, limit: int) -> Sequence[UUID]:
    """Members that were erased and whose keys the audit log has not settled yet."""
    return [row["id"] for row in await reader.rows(_ERASED, {"limit": limit})]


class MemberIds:
    """Ids of members by external id. A member keeps both until it is erased, so what was found once needs no second look.

    Only found ones are kept, 100,000 at most; the oldest go first.
    """

    def __init__(self, reader: Reader, *, known_max: int = KNOWN_MAX) -> None:
        self._reader = reader
        self._known_max = known_max
        self._known: dict[tuple[UUID, str], UUID] = {}

    async def find(self, programme_id: UUID, external_id: str) -> UUID | None:
        """The id of the programme's member whom the bank calls so."""
        if not external_id.isprintable():
            return None  # nobody is called so, and PostgreSQL takes no NUL
        asked = (programme_id, external_id)
        known = self._known.get(asked)
        if known is not None:
            return known
        row = await self._reader.row(_ID, {"programme_id": programme_id, "external_id": external_id})
        if row is None:
            return None
        self._keep(asked, row["id"])
        return self._known[asked]

    async def learn(self, programme_id: UUID, external_ids: Collection[str]) -> Collection[str]:
        """Finds many at once, so that `find` knows those that there are; the names that nobody has."""
        unknown = {name for name in external_ids if (programme_id, name) not in self._known}
        asked = [name for name in unknown if name.isprintable()]
        if asked:
            for row in await self._reader.rows(_IDS, {"programme_id": programme_id, "external_ids": asked}):
                self._keep((programme_id, row["external_id"]), row["id"])
                unknown.remove(row["external_id"])
        return unknown

    def _keep(self, name: tuple[UUID, str], id_: UUID) -> None:
        while len(self._known) >= self._known_max:
            del self._known[next(iter(self._known))]
        self._known[name] = id_

    def forget(self) -> None:
        """Lets go of all: somebody was erased, here or in another process."""
        self._known.clear()
