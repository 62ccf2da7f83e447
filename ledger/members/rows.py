"""Members as rows of the write path."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import EntryId, HolderId, ProgrammeId
from ledger.engine.shelf import Shelf
from ledger.members import tables


class Member(NamedTuple):
    """A row of `members`, which never changes but by erasure; whether the member is frozen or closed stands in `holders`."""

    id: HolderId
    programme_id: ProgrammeId
    external_id: str
    enrolled_at: datetime
    entry_id: EntryId


MEMBERS = Shelf(tables.MEMBERS, Member, by="external_id")
"""Asked for by external id, over all programmes: who decides looks at the programme."""


MEMBERS_BY_ID = Shelf(tables.MEMBERS, Member, by="id", updates=("external_id",))
"""Under the holder's lock."""


def member_of(rows: list[Member], programme_id: UUID) -> Member | None:
    """The programme's member among those of one external id."""
    return next((row for row in rows if row.programme_id == programme_id), None)
