"""Unlocked look-ups before queueing: whose wallet an entry, a hold or a payment code belongs to.

None of these decides anything: what they find is read again under the wallet's lock.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.engine.reader import Query, Reader
from ledger.engine.tables import ACCOUNTS, ENTRIES, HOLDS
from ledger.points.tables import PAYMENT_CODES
from ledger.programme.tables import ASSETS


class Owner(NamedTuple):
    """The member whose wallet is concerned, and the asset's code."""

    member_id: UUID
    asset: str


_ENTRY_OWNER = Query(
    select(ENTRIES.c.member_id, ASSETS.c.code)
    .join(ASSETS, ASSETS.c.id == ENTRIES.c.asset_id)
    .where(ENTRIES.c.id == bindparam("id"), ASSETS.c.programme_id == bindparam("programme_id"))
)
_HOLD_OWNER = Query(
    select(ACCOUNTS.c.holder_id, ASSETS.c.code)
    .select_from(HOLDS)
    .join(ACCOUNTS, ACCOUNTS.c.id == HOLDS.c.account_id)
    .join(ASSETS, ASSETS.c.id == ACCOUNTS.c.asset_id)
    .where(HOLDS.c.id == bindparam("id"), ACCOUNTS.c.programme_id == bindparam("programme_id"))
)
_CODE_OWNER = Query(
    select(PAYMENT_CODES.c.member_id, ASSETS.c.code)
    .join(ASSETS, ASSETS.c.id == PAYMENT_CODES.c.asset_id)
    .where(PAYMENT_CODES.c.id == bindparam("id"), ASSETS.c.programme_id == bindparam("programme_id"))
)


async def owner_of_entry(reader: Reader, entry_id: UUID, programme_id: UUID) -> Owner | None:
    """Whose entry it is; None where the programme has no such entry of a member."""
    return await _owner(reader, _ENTRY_OWNER, entry_id, programme_id)


async def owner_of_hold(reader: Reader, hold_id: UUID, programme_id: UUID) -> Owner | None:
    """Whose hold it is."""
    return await _owner(reader, _HOLD_OWNER, hold_id, programme_id)


async def owner_of_code(reader: Reader, code_id: UUID, programme_id: UUID) -> Owner | None:
    """Whose payment code it is."""
    return await _owner(reader, _CODE_OWNER, code_id, programme_id)


async def _owner(reader: Reader, query: Query, id_: UUID, programme_id: UUID) -> Owner | None:
    row = await reader.row(query, {"id": id_, "programme_id": programme_id})
    return None if row is None or row[0] is None else Owner(row[0], row[1])
