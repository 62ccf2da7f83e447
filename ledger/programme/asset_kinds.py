"""Which assets registry changes may name: those of the actor's programme that are of the kind that is meant."""

from sqlalchemy import bindparam, select

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AssetId
from ledger.engine.reader import Query
from ledger.programme.registry_change import Change
from ledger.programme.rows import AssetKind, asset_id
from ledger.programme.tables import ASSETS

_KIND = Query(select(ASSETS.c.kind).where(ASSETS.c.id == bindparam("asset_id")))


async def require_asset(change: Change, code: str, *kinds: AssetKind) -> AssetId:
    """The id of the programme's asset of that code. ASSET_NOT_FOUND, also where it is of none of the kinds."""
    id_ = asset_id(change.actor.programme_id, code)
    row = await change.row(_KIND, {"asset_id": id_})
    if row is None or row["kind"] not in kinds:
        raise Refusal(RefusalCode.ASSET_NOT_FOUND)
    return id_
