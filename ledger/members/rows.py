"""Members as rows of the write path."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import EntryId, HolderId, ProgrammeId, computed_id
from ledger.engine.shelf import Shelf
from ledger.members import tables


class Member(NamedTuple):
    """A row of `members`, which never changes but by erasure; whether the member is frozen or closed stands in `holders`."""

    id: HolderId
    programme_id: ProgrammeId
    external_id: str
    enrolled_at: datetime
    entry_id: EntryId


class MemberFacts(NamedTuple):
    """A row of `member_facts`: the tiers that the member holds and the segments it belongs to. Facts only: nothing
    here decides anything.

    attributes: JSON: the values of the programme's attributes by their codes
    """

    id: HolderId
    programme_id: ProgrammeId
    tiers: Sequence[str]
    segments: Sequence[str]
    version: int
    attributes: str = "{}"


class AttributeType(StrEnum):
    """What an attribute's values are: texts, whole numbers or truth values."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"


class MemberAttribute(NamedTuple):
    """A row of `member_attributes`: something that the bank may say of members."""

    id: UUID
    programme_id: ProgrammeId
    code: str
    type: str
    version: int = 1


MEMBER_ATTRIBUTES = Shelf(tables.MEMBER_ATTRIBUTES, MemberAttribute, by="programme_id", standing=True)
MEMBER_FACTS = Shelf(tables.MEMBER_FACTS, MemberFacts, by="id", updates=("tiers", "segments", "version", "attributes"))
MEMBERS = Shelf(tables.MEMBERS, Member, by="external_id")
"""Asked for by external id, over all programmes: who decides looks at the programme."""


MEMBERS_BY_ID = Shelf(tables.MEMBERS, Member, by="id", updates=("external_id",))
"""Under the holder's lock."""


def member_of(rows: list[Member], programme_id: UUID) -> Member | None:
    """The programme's member among those of one external id."""
    return next((row for row in rows if row.programme_id == programme_id), None)


def attribute_id(programme_id: UUID, code: str) -> UUID:
    """The id of the programme's attribute of that code."""
    return computed_id(b"member-attribute", programme_id.bytes + code.encode())
