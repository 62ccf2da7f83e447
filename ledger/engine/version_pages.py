"""Versions page by page: of whatever keeps its numbered versions as rows of a table, such as templates or ladders."""

from typing import Final, Generic
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader
from ledger.engine.shelf import R

_BEYOND: Final = 2**31 - 1
"""No version has this number: the column is an integer of four bytes."""


class VersionPages(Generic[R]):
    """The versions in `table`, which says in the column `owner` what each is a version of.

    row: a NamedTuple whose fields are columns of `table`, among them `programme_id` and `number`
    """

    def __init__(self, table: Table, row: type[R], owner: str) -> None:
        names: tuple[str, ...] = row._fields  # type: ignore[attr-defined]
        self._row = row
        self._query = Query(
            select(*(table.c[name] for name in names))
            .where(
                table.c[owner] == bindparam("owner_id"),
                table.c.programme_id == bindparam("programme_id"),
                table.c.number < bindparam("before"),
            )
            .order_by(table.c.number.desc())
            .limit(bindparam("limit"))
        )

    async def read(
        self, reader: Reader, programme_id: UUID, owner_id: UUID, *, limit: int, before: int | None = None
    ) -> list[R]:
        """At most `limit` (≤ 101) versions, the latest first, older than the number `before`."""
        asked = {
            "owner_id": owner_id,
            "programme_id": programme_id,
            "before": _BEYOND if before is None else min(before, _BEYOND),
            "limit": min(limit, PAGE_ROWS_MAX),
        }
        return [self._row(*row) for row in await reader.rows(self._query, asked)]
