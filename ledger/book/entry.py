"""Journal entries with their postings, statement lines and draws: the append-only rows of the book.

What every command makes is made by `tuple.__new__`, with all fields in their order: a call of the class takes three times
as long.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypedDict
from uuid import UUID

from ledger.book.units import AccountId, AssetId, EntryId, LotId


class Entry(NamedTuple):
    """A row of `journal_entries`: one atomic business event. `amount` is its headline in `asset_id`'s units."""

    id: EntryId
    kind: str
    effective_at: datetime
    posted_at: datetime
    actor: str
    asset_id: AssetId | None = None
    amount: int = 0
    member_id: UUID | None = None
    merchant_id: UUID | None = None
    request_id: bytes | None = None
    reference: str | None = None
    original_entry_id: UUID | None = None
    reason_code: str | None = None
    sale_minor: int | None = None
    money_minor: int | None = None
    rate_id: UUID | None = None


class EntryParts(TypedDict, total=False):
    """What an entry may say beside its headline and who made it."""

    merchant_id: UUID | None
    original_entry_id: UUID | None
    reason_code: str | None
    sale_minor: int | None
    money_minor: int | None
    rate_id: UUID | None


class Posting(NamedTuple):
    """A row of `postings`: `amount` of one asset moves from source to destination; debit and credit in one row."""

    entry_id: EntryId
    line: int
    source_id: AccountId
    destination_id: AccountId
    asset_id: AssetId
    amount: int


class StatementLine(NamedTuple):
    """A row of `statement_lines`: what an entry did to one guarded account; versions run 1, 2, 3 … without gaps."""

    account_id: AccountId
    version: int
    entry_id: EntryId
    posted_after: int
    held_after: int


class DrawKind(StrEnum):
    """What a draw did to its lot: TAKE and GIVE_BACK move `remaining`, SET_ASIDE and RELEASE move `held`."""

    TAKE = "take"
    GIVE_BACK = "give_back"
    SET_ASIDE = "set_aside"
    RELEASE = "release"


class Draw(NamedTuple):
    """A row of `draws`: the part of a lot that an entry took, gave back, set aside or released."""

    entry_id: EntryId
    line: int
    lot_id: LotId
    account_id: AccountId
    kind: str
    amount: int
