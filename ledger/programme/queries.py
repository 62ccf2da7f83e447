"""Reading a programme: itself, its assets, their rates and the limits of adjustments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, or_, select

from ledger.engine.reader import Query, Reader
from ledger.programme.rows import AdjustmentLimit, Asset, AssetKind, Programme, Rate, asset_id
from ledger.programme.tables import ADJUSTMENT_LIMITS, ASSETS, PROGRAMMES, RATES

LIST_MAX = 500
_PROGRAMME_COLUMNS = [PROGRAMMES.c[name] for name in Programme._fields]
_ASSET_COLUMNS = [ASSETS.c[name] for name in Asset._fields]
_BY_ID = Query(select(*_PROGRAMME_COLUMNS).where(PROGRAMMES.c.id == bindparam("id")))
_BY_CODE = Query(select(*_PROGRAMME_COLUMNS).where(PROGRAMMES.c.code == bindparam("code")))
_ALL = Query(select(*_PROGRAMME_COLUMNS).order_by(PROGRAMMES.c.code).limit(bindparam("limit")))
_ASSET = Query(select(*_ASSET_COLUMNS).where(ASSETS.c.id == bindparam("id")))
_CODES_OF_ASSETS = Query(
    select(ASSETS.c.id, ASSETS.c.code).where(
        ASSETS.c.id == any_(bindparam("asked", type_=ARRAY(Uuid))), ASSETS.c.programme_id == bindparam("programme_id")
    )
)
_IS_SHOWN = or_(ASSETS.c.kind == AssetKind.POINTS, ASSETS.c.kind == AssetKind.MONEY)
_ASSETS = Query(
    select(*_ASSET_COLUMNS)
    .where(ASSETS.c.programme_id == bindparam("programme_id"), _IS_SHOWN)
    .order_by(ASSETS.c.code)
    .limit(bindparam("limit"))
)
_RATES = Query(
    select(*(RATES.c[name] for name in Rate._fields))
    .where(RATES.c.asset_id == bindparam("asset_id"))
    .order_by(RATES.c.valid_from.desc(), RATES.c.id)
    .limit(bindparam("limit"))
)
_LIMITS = Query(
    select(*(ADJUSTMENT_LIMITS.c[name] for name in AdjustmentLimit._fields))
    .where(ADJUSTMENT_LIMITS.c.asset_id == bindparam("asset_id"))
    .order_by(ADJUSTMENT_LIMITS.c.actor_kind)
    .limit(bindparam("limit"))
)


async def programme_by_id(reader: Reader, programme_id: UUID) -> Programme | None:
    """The programme with that id."""
    row = await reader.row(_BY_ID, {"id": programme_id})
    return None if row is None else Programme(*row)


async def programme_by_code(reader: Reader, code: str) -> Programme | None:
    """The programme with that code."""
    row = await reader.row(_BY_CODE, {"code": code})
    return None if row is None else Programme(*row)


async def programme_named(reader: Reader, named: str | None) -> Programme | None:
    """The programme that a credential names, by id or code; the deployment's only one where it names none."""
    if named is None:
        found = await programmes(reader)
        return found[0] if len(found) == 1 else None
    try:
        return await programme_by_id(reader, UUID(named))
    except ValueError:
        return await programme_by_code(reader, named)


async def programmes(reader: Reader) -> Sequence[Programme]:
    """The deployment's programmes by code, 500 at most."""
    return [Programme(*row) for row in await reader.rows(_ALL, {"limit": LIST_MAX})]


async def asset_by_code(reader: Reader, programme_id: UUID, code: str) -> Asset | None:
    """The programme's asset with that code."""
    row = await reader.row(_ASSET, {"id": asset_id(programme_id, code)})
    return None if row is None else Asset(*row)


async def code_of_asset(reader: Reader, programme_id: UUID, id_: UUID) -> str | None:
    """The code of the programme's asset with that id, of whatever kind: those of templates and budgets too."""
    row = await reader.look_up(_CODES_OF_ASSETS, id_, programme_id=programme_id)
    return None if row is None else str(row["code"])


async def assets(reader: Reader, programme_id: UUID) -> Sequence[Asset]:
    """The programme's points and money by code, 500 at most; those of voucher templates and budgets are not shown."""
    found = {"programme_id": programme_id, "limit": LIST_MAX}
    return [Asset(*row) for row in await reader.rows(_ASSETS, found)]


async def rates(reader: Reader, programme_id: UUID, asset: str) -> Sequence[Rate]:
    """The newest 500 versions of an asset's rates, latest validity first."""
    found = {"asset_id": asset_id(programme_id, asset), "limit": LIST_MAX}
    return [Rate(*row) for row in await reader.rows(_RATES, found)]


async def adjustment_limits(reader: Reader, programme_id: UUID, asset: str) -> Sequence[AdjustmentLimit]:
    """The limits of an asset by kind of actor."""
    found = {"asset_id": asset_id(programme_id, asset), "limit": LIST_MAX}
    return [AdjustmentLimit(*row) for row in await reader.rows(_LIMITS, found)]
