"""Reading partners, merchants, terminals and keys. Lists are keyset pages in the order of ids, which is the order of creation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Table, Uuid, any_, bindparam, or_, select

from ledger.engine.reader import PAGE_ROWS_MAX, Query, Reader
from ledger.partners.api_key import IS_LIVE
from ledger.partners.rows import ApiKey, Merchant, MerchantState, Network, Partner, Terminal
from ledger.partners.tables import API_KEYS, MERCHANTS, PARTNERS, TERMINALS


def _by(table: Table, fields: tuple[str, ...], column: str) -> Query:
    conditions = (table.c[column] == bindparam("asked"), table.c.programme_id == bindparam("programme_id"))
    return Query(select(*(table.c[name] for name in fields)).where(*conditions))


def _page(table: Table, fields: tuple[str, ...], *conditions: ColumnElement[bool]) -> Query:
    after = bindparam("after", type_=Uuid)
    statement = (
        select(*(table.c[name] for name in fields))
        .where(table.c.programme_id == bindparam("programme_id"), or_(after.is_(None), table.c.id > after), *conditions)
        .order_by(table.c.id)
        .limit(bindparam("limit"))
    )
    return Query(statement)


_PARTNER_BY_ID = _by(PARTNERS, Partner._fields, "id")
_MERCHANT_BY_ID = _by(MERCHANTS, Merchant._fields, "id")
_MERCHANT_BY_CODE = _by(MERCHANTS, Merchant._fields, "code")
_PARTNERS = _page(PARTNERS, Partner._fields)
_MERCHANTS = _page(MERCHANTS, Merchant._fields)
_MERCHANTS_OF = _page(MERCHANTS, Merchant._fields, MERCHANTS.c.partner_id == bindparam("partner_id"))
_KEYS_OF = _page(API_KEYS, ApiKey._fields, API_KEYS.c.merchant_id == bindparam("merchant_id"))
_TERMINALS_OF = _page(TERMINALS, Terminal._fields, TERMINALS.c.merchant_id == bindparam("merchant_id"))
_ADMITTED = Query(
    select(MERCHANTS.c.networks).where(
        MERCHANTS.c.id == bindparam("merchant_id"), MERCHANTS.c.state == MerchantState.OPEN
    )
)
_LIVE_KEYS = Query(
    select(*(API_KEYS.c[name] for name in ApiKey._fields)).where(
        API_KEYS.c.id == any_(bindparam("asked", type_=ARRAY(Uuid))), IS_LIVE
    )
)


async def live_key(reader: Reader, key_id: UUID) -> ApiKey | None:
    """The key of any programme, neither revoked nor expired by real time: for authentication only. Whoever floods us with
    keys that are none shares statements.
    """
    row = await reader.look_up(_LIVE_KEYS, key_id)
    return None if row is None else ApiKey(*row)


async def networks_of_open(reader: Reader, merchant_id: UUID) -> Sequence[Network] | None:
    """Where an open merchant's credentials work, none = anywhere; None for a closed one. For authentication only."""
    row = await reader.row(_ADMITTED, {"merchant_id": merchant_id})
    return None if row is None else tuple(row["networks"])


async def terminals_page(
    reader: Reader, programme_id: UUID, merchant_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[Terminal]:
    """At most `limit` (≤ 101) tills of a merchant, closed ones too; their ids are computed, so in no order of time."""
    found = {**_bounds(programme_id, limit, after), "merchant_id": merchant_id}
    return [Terminal(*row) for row in await reader.rows(_TERMINALS_OF, found)]


async def keys_page(
    reader: Reader, programme_id: UUID, merchant_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[ApiKey]:
    """At most `limit` (≤ 101) keys of a merchant, oldest first, dead ones too."""
    found = {**_bounds(programme_id, limit, after), "merchant_id": merchant_id}
    return [ApiKey(*row) for row in await reader.rows(_KEYS_OF, found)]


async def partner_by_id(reader: Reader, programme_id: UUID, partner_id: UUID) -> Partner | None:
    """The programme's partner with that id."""
    row = await reader.row(_PARTNER_BY_ID, {"asked": partner_id, "programme_id": programme_id})
    return None if row is None else Partner(*row)


async def partners_page(
    reader: Reader, programme_id: UUID, *, limit: int, after: UUID | None = None
) -> Sequence[Partner]:
    """At most `limit` (≤ 101) partners."""
    return [Partner(*row) for row in await reader.rows(_PARTNERS, _bounds(programme_id, limit, after))]


async def merchant_by_id(reader: Reader, programme_id: UUID, merchant_id: UUID) -> Merchant | None:
    """The programme's merchant with that id, closed or not."""
    row = await reader.row(_MERCHANT_BY_ID, {"asked": merchant_id, "programme_id": programme_id})
    return None if row is None else Merchant(*row)


async def merchant_by_code(reader: Reader, programme_id: UUID, code: str) -> Merchant | None:
    """The programme's merchant with that code, closed or not."""
    if not code.isprintable():
        return None  # no code is, and PostgreSQL takes no NUL
    row = await reader.row(_MERCHANT_BY_CODE, {"asked": code, "programme_id": programme_id})
    return None if row is None else Merchant(*row)


async def merchants_page(
    reader: Reader, programme_id: UUID, *, limit: int, after: UUID | None = None, partner_id: UUID | None = None
) -> Sequence[Merchant]:
    """At most `limit` (≤ 101) merchants, of one partner or of all."""
    bounds = _bounds(programme_id, limit, after)
    if partner_id is None:
        return [Merchant(*row) for row in await reader.rows(_MERCHANTS, bounds)]
    return [Merchant(*row) for row in await reader.rows(_MERCHANTS_OF, {**bounds, "partner_id": partner_id})]


def _bounds(programme_id: UUID, limit: int, after: UUID | None) -> dict[str, object]:
    return {"programme_id": programme_id, "limit": min(limit, PAGE_ROWS_MAX), "after": after}
